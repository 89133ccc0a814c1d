import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sayError } from '../../api/problem';
import { traceQuery } from '../../api/queries';
import type { CaseTrace, TraceMethod } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { FlowView } from '../../flow/flow-view';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { ChoiceRow } from '../../parts/choice-row';

function FlowTotals({ trace }: { trace: CaseTrace }) {
  const { t, money, moment } = useSpeech();
  const facts: [string, CaseTrace['totals']['loss'], string][] = [
    [t.flow.lossTotal, trace.totals.loss, ''],
    [t.flow.stillThere, trace.totals.still_there, trace.totals.still_there.minor > 0 ? 'amber' : ''],
    [t.flow.fundUnits, trace.totals.fund_units, ''],
    [t.flow.cashOut, trace.totals.cash_out, ''],
  ];
  return (
    <dl className="inline-facts">
      {facts.map(([label, amount, tone]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className={`num ${tone}`}>{money(amount)}</dd>
        </div>
      ))}
      <div>
        <dt>{t.flow.asOf}</dt>
        <dd className="num">{moment(trace.as_of)}</dd>
      </div>
    </dl>
  );
}

function Legend() {
  const { t } = useSpeech();
  return (
    <ul className="legend small quiet">
      <li>
        <i className="present" aria-hidden="true" /> {t.flow.legendPresent}
      </li>
      <li>
        <i className="held" aria-hidden="true" /> {t.flow.legendHeld}
      </li>
      <li>
        <i className="gone" aria-hidden="true" /> {t.flow.legendGone}
      </li>
      <li>
        <i className="exit" aria-hidden="true" /> {t.flow.legendExit}
      </li>
    </ul>
  );
}

/** The money flow as a picture or as the equal table, by either method. */
export function FlowPanel({ caseId }: { caseId: string }) {
  const { t } = useSpeech();
  const [method, setMethod] = useState<TraceMethod>('fifo');
  const [form, setForm] = useState<'graph' | 'table'>('graph');
  const query = useQuery(traceQuery(caseId, method));
  useShortcuts({ t: () => setForm(form === 'graph' ? 'table' : 'graph') });
  const trace = query.data;
  return (
    <section className="panel flow-panel" aria-label={t.case.flow}>
      <header>
        <h2>{t.case.flow}</h2>
        <ChoiceRow
          look="bar"
          label={t.flow.method}
          value={method}
          onChange={setMethod}
          choices={(['fifo', 'pro_rata'] as const).map((word) => [word, t.flow[word]] as const)}
        />
        <ChoiceRow
          look="bar"
          label={t.flow.view}
          value={form}
          onChange={setForm}
          choices={(['graph', 'table'] as const).map((word) => [word, t.flow[word]] as const)}
        />
      </header>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {trace && trace.edges.length === 0 && <Blank text={t.flow.empty} />}
      {trace && trace.edges.length > 0 && (
        <>
          <div className="flow-head">
            <FlowTotals trace={trace} />
            {form === 'graph' && <Legend />}
          </div>
          <FlowView trace={trace} form={form} name={`flow-${caseId.slice(-6)}-${method}`} />
        </>
      )}
    </section>
  );
}
