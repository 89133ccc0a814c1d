/** One measure: what it is and why, what the one it hits was told, what partners did, appeals, and its end. */

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { measureQuery } from '../../api/fairness-queries';
import { useInstitutionName, usePersonName } from '../../api/queries';
import type { MeasureDetail, MeasureEffect, MeasureNotice } from '../../api/types';
import { formatScore } from '../../format/score';
import { useSpeech } from '../../i18n/language';
import { useActorText } from '../../parts/actor';
import { Blank, Failure } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { AppealStateMark, MeasureStateMark, SubjectName } from '../../parts/measure-words';
import { MeasureSteps } from './measure-steps';
import { WrittenAppealPart } from './written-appeal-form';

function Why({ measure }: { measure: MeasureDetail }) {
  const { t, money, moment } = useSpeech();
  const { wish } = measure;
  const { ground, detector } = wish;
  return (
    <section className="panel" aria-label={t.measures.facts}>
      <header>
        <h2>{t.measures.facts}</h2>
      </header>
      <div className="panel-body stack">
        <p>{wish.facts}</p>
        <Facts
          facts={[
            [
              t.measures.ground,
              `${t.groundBasis[ground.basis]} · ${ground.reference} — ${ground.explanation}`,
            ],
            [t.measures.scope, wish.scope],
            [t.measures.automation, t.automation[wish.automation]],
            [
              t.measures.detector,
              detector
                ? `${detector.name} ${detector.version}${detector.score == null ? '' : ` · ${formatScore(detector.score)}`}`
                : null,
            ],
            [t.measures.heldMoney, wish.money_held ? money(wish.money_held) : null],
          ]}
        />
        <h3>
          {t.measures.signals} <span className="quiet num">{wish.signals.length}</span>
        </h3>
        <ul className="plain-list">
          {wish.signals.map((signal) => (
            <li key={`${signal.kind}${signal.seen_at}${signal.detail}`}>
              <span className="word">{t.signalKind[signal.kind]}</span> {signal.detail}{' '}
              <span className="quiet small num">{moment(signal.seen_at)}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Notice({ notice }: { notice: MeasureNotice }) {
  const { t, language, moment } = useSpeech();
  const text = notice[language];
  const statement = Object.entries(notice.statement).filter(([, value]) => value !== null && value !== '');
  return (
    <section className="panel" aria-label={t.measures.notice}>
      <header>
        <h2>{t.measures.notice}</h2>
        <span className="small quiet num">{moment(notice.made_at)}</span>
      </header>
      <div className="panel-body stack">
        <p className="small quiet">{t.measures.noticeHint}</p>
        <h3>{text.title}</h3>
        <p>{text.reason}</p>
        <p>{text.remedy}</p>
        <Facts
          facts={[
            [t.measures.appealUntil, moment(notice.appeal_until)],
            [t.measures.materials, text.materials.length > 0 ? text.materials.join('；') : null],
          ]}
        />
        <details>
          <summary>{t.measures.statement}</summary>
          <Facts
            facts={statement.map(([name, value]) => [
              name,
              <span key={name} className="mono">
                {Array.isArray(value) ? value.join(', ') : String(value)}
              </span>,
            ])}
          />
        </details>
      </div>
    </section>
  );
}

function EffectState({ effect }: { effect: MeasureEffect }) {
  const { t, moment } = useSpeech();
  switch (effect.state) {
    case 'delivered':
      return (
        <span>
          <span className="word green">{t.measures.receipt}</span>{' '}
          <span className="mono">{effect.receipt}</span>{' '}
          <span className="quiet small num">{moment(effect.at)}</span>
        </span>
      );
    case 'pending':
      return (
        <span>
          <span className="word amber">{t.measures.waiting}</span>{' '}
          <span className="quiet small">{t.measures.attempts(effect.attempts)}</span>
          {effect.last_error !== null && (
            <span className="small red">
              {' '}
              {t.measures.lastError}: {effect.last_error}
            </span>
          )}
        </span>
      );
    case 'superseded':
      return <span className="quiet">{t.measures.superseded}</span>;
  }
}

function Effects({ effects }: { effects: readonly MeasureEffect[] }) {
  const { t, moment } = useSpeech();
  const institution = useInstitutionName();
  return (
    <section className="panel" aria-label={t.measures.effects}>
      <header>
        <h2>{t.measures.effects}</h2>
      </header>
      <table className="grid cards">
        <thead>
          <tr>
            <th scope="col">{t.measures.partner}</th>
            <th scope="col">{t.measures.verb}</th>
            <th scope="col">{t.measures.due}</th>
            <th scope="col">{t.measures.receipt}</th>
          </tr>
        </thead>
        <tbody>
          {effects.map((effect) => (
            <tr key={effect.id} data-effect={effect.state}>
              <td className="lead">{institution(effect.partner)}</td>
              <td data-label={t.measures.verb}>{t.effectVerb[effect.verb]}</td>
              <td data-label={t.measures.due} className="num small">
                {moment(effect.due_by)}
              </td>
              <td data-label={t.measures.receipt}>
                <EffectState effect={effect} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Appeals({ measure }: { measure: MeasureDetail }) {
  const { t, moment } = useSpeech();
  return (
    <section className="panel" aria-label={t.measures.appeals}>
      <header>
        <h2>{t.measures.appeals}</h2>
      </header>
      {measure.appeals.length === 0 && <Blank text={t.measures.noAppeals} />}
      <ul className="panel-list">
        {measure.appeals.map((appeal) => (
          <li key={appeal.id} className="row">
            <Link to="/appeals/$appealId" params={{ appealId: appeal.id }} className="num">
              {moment(appeal.filed_at)}
            </Link>
            <AppealStateMark appeal={appeal} />
            {appeal.livelihood && <span className="word amber">{t.livelihood[appeal.livelihood]}</span>}
          </li>
        ))}
      </ul>
      <WrittenAppealPart measure={measure} />
    </section>
  );
}

/** How a measure ended, in words. */
function Ending({ measure }: { measure: MeasureDetail }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const { state } = measure;
  if (state.state !== 'lifted') return null;
  const { cause } = state;
  const who = 'by' in cause ? ` · ${person(cause.by)}` : '';
  const why = 'reason' in cause ? ` — ${cause.reason}` : '';
  return (
    <p className="alert green">
      {t.measureState.lifted} {moment(state.at)}: {t.measures.causes[cause.cause]}
      {who}
      {why}
    </p>
  );
}

export function MeasureScreen() {
  const { measureId } = useParams({ from: '/frame/measures/$measureId' });
  const { t, moment } = useSpeech();
  const actorText = useActorText();
  const query = useQuery(measureQuery(measureId));
  const [closed, setClosed] = useState(0);
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const measure = query.data;
  return (
    <div className="stack" data-measure={measure.id}>
      <div className="page-head">
        <h1>
          {t.measureKind[measure.wish.kind]} · <SubjectName subject={measure.wish.subject} />
        </h1>
        <MeasureStateMark state={measure.state} />
      </div>
      <Ending measure={measure} />
      <MeasureSteps key={closed} measure={measure} onDone={() => setClosed(closed + 1)} />
      <div className="order-columns">
        <div className="stack">
          <Why measure={measure} />
          <section className="panel">
            <div className="panel-body">
              <Facts
                facts={[
                  [t.measures.decidedBy, `${actorText(measure.decided_by)} · ${moment(measure.decided_at)}`],
                  [t.measures.expires, moment(measure.expires_at)],
                  [
                    t.measures.batch,
                    measure.batch_id ? (
                      <Link key="batch" to="/batches/$batchId" params={{ batchId: measure.batch_id }}>
                        …{measure.batch_id.slice(-6)}
                      </Link>
                    ) : null,
                  ],
                  [
                    t.measures.case,
                    measure.wish.case_id ? (
                      <Link key="case" to="/cases/$caseId" params={{ caseId: measure.wish.case_id }}>
                        …{measure.wish.case_id.slice(-6)}
                      </Link>
                    ) : null,
                  ],
                  [
                    t.measures.operation,
                    measure.wish.operation_id ? (
                      <Link
                        key="operation"
                        to="/duty/operations/$operationId"
                        params={{ operationId: measure.wish.operation_id }}
                      >
                        …{measure.wish.operation_id.slice(-6)}
                      </Link>
                    ) : null,
                  ],
                ]}
              />
            </div>
          </section>
          <Effects effects={measure.effects} />
        </div>
        <div className="stack">
          <Notice notice={measure.notice} />
          <Appeals measure={measure} />
        </div>
      </div>
    </div>
  );
}
