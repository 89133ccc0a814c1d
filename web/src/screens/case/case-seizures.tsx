/** Goods that an authority seized for a case, and what became of them. */

import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { refreshCasework, seizuresQuery } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import { useMe, usePersonName } from '../../api/queries';
import type { Seizure } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { ReasonForm } from '../../parts/reason-form';
import { useStep } from '../../parts/use-step';
import { SeizureForm } from './seizure-form';

function SeizureEnd({ seizure }: { seizure: Seizure }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const [step, setStep] = useState<'return' | 'forfeit' | null>(null);
  if (step === null)
    return (
      <div className="row">
        <Button size="small" onClick={() => setStep('return')}>
          {t.seizures.return}
        </Button>
        <Button size="small" onClick={() => setStep('forfeit')}>
          {t.seizures.forfeit}
        </Button>
      </div>
    );
  return (
    <ReasonForm
      id={`${step}-${seizure.id}`}
      label={step === 'return' ? t.seizures.returnFacts : t.seizures.forfeitFacts}
      action={t.seizures[step]}
      needed={t.seizures.factsNeeded}
      busy={busy}
      onSend={(facts) =>
        run(
          () => caseworkApi.stepSeizure(seizure.id, { step, facts }),
          t.duty.saved,
          () => setStep(null),
        )
      }
      onClose={() => setStep(null)}
    />
  );
}

function SeizureItem({ seizure, mayEnd }: { seizure: Seizure; mayEnd: boolean }) {
  const { t, locale, moment, money } = useSpeech();
  const person = usePersonName();
  const { content, state } = seizure;
  const isHeld = state.state === 'held';
  return (
    <li className="stack" data-seizure={state.state}>
      <p className="said">{content.goods}</p>
      <div className="row small">
        <span className={isHeld ? 'word amber' : 'word'}>{t.seizures.state[state.state]}</span>
        <span className="num">{t.seizures.pieces(content.quantity.toLocaleString(locale))}</span>
        {content.worth && <span className="num">{money(content.worth)}</span>}
        <span>{content.reference}</span>
      </div>
      <p className="small quiet">
        <span className="num">{moment(content.seized_at)}</span> · {t.seizures.kept(content.keeper)}
      </p>
      {state.state !== 'held' && (
        <p className="small quiet">
          {person(state.by)} · <span className="num">{moment(state.at)}</span> · {state.facts}
        </p>
      )}
      {isHeld && mayEnd && <SeizureEnd seizure={seizure} />}
    </li>
  );
}

export function CaseSeizures({ caseId }: { caseId: string }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const query = useQuery(seizuresQuery(caseId));
  const [adding, setAdding] = useState(false);
  const mayWrite = has('analyst') || has('approver');
  const seizures = query.data?.items ?? [];
  return (
    <section className="panel" aria-label={t.seizures.title}>
      <header>
        <h2>{t.seizures.title}</h2>
        {mayWrite && !adding && (
          <Button size="small" onClick={() => setAdding(true)}>
            {t.seizures.add}
          </Button>
        )}
      </header>
      {adding && (
        <div className="panel-body">
          <SeizureForm caseId={caseId} onClose={() => setAdding(false)} />
        </div>
      )}
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && seizures.length === 0 && <Blank text={t.seizures.none} />}
      <ul className="panel-list">
        {seizures.map((seizure) => (
          <SeizureItem key={seizure.id} seizure={seizure} mayEnd={mayWrite} />
        ))}
      </ul>
    </section>
  );
}
