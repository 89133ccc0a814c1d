/** The queue: open cases, P0 first, with running clocks. */

import { useQuery } from '@tanstack/react-query';
import { Navigate, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { sayError } from '../../api/problem';
import { casesQuery, useMe } from '../../api/queries';
import type { CaseSummary, Priority } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { sumMinor } from '../../format/money';
import { useSpeech } from '../../i18n/language';
import { PRIORITIES } from '../../parts/priorities';
import { Blank } from '../../parts/blank';
import { ChoiceRow } from '../../parts/choice-row';
import { CaseRow } from './case-row';

const FINISHED = new Set(['closed', 'withdrawn', 'solved']);

function byUrgency(a: CaseSummary, b: CaseSummary): number {
  return a.priority.localeCompare(b.priority) || a.opened_at.localeCompare(b.opened_at);
}

function Totals({ cases }: { cases: CaseSummary[] }) {
  const { t, money } = useSpeech();
  const currency = cases[0]?.loss.currency ?? 'CNY';
  const running = cases.filter((item) => !item.clock.executed_at).length;
  const waiting = cases.filter((item) => item.plan_state === 'submitted').length;
  const held = sumMinor(cases.map((item) => item.held));
  const facts: [string, string, string][] = [
    [t.desk.running, `${running}`, running > 0 ? 'amber' : ''],
    [t.desk.waitingApproval, `${waiting}`, waiting > 0 ? 'amber' : ''],
    [t.desk.lossTotal, money({ minor: sumMinor(cases.map((item) => item.loss)), currency }), ''],
    [t.desk.heldTotal, money({ minor: held, currency }), held > 0n ? 'green' : ''],
  ];
  return (
    <dl className="totals">
      {facts.map(([label, value, tone]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className={`num ${tone}`}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The queue, or for those who work on no cases what they keep: orders, or decisions. */
export function DeskScreen() {
  const { readsCases, readsOrders, readsDecisions, readsMeasures } = useMe();
  if (readsCases) return <Desk />;
  // Reviewers see measures and appeals, and nothing else; administrators look after access.
  const home = readsOrders
    ? '/orders'
    : readsDecisions
      ? '/decisions'
      : readsMeasures
        ? '/appeals'
        : '/access';
  return <Navigate to={home} replace />;
}

function Desk() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const query = useQuery(casesQuery);
  const [priority, setPriority] = useState<Priority | 'all'>('all');
  const [selected, setSelected] = useState<string | null>(null);
  const table = useRef<HTMLTableElement>(null);

  const open = useMemo(
    () => (query.data?.items ?? []).filter((item) => !FINISHED.has(item.state.state)).sort(byUrgency),
    [query.data],
  );
  const shown = priority === 'all' ? open : open.filter((item) => item.priority === priority);
  const at = Math.max(
    0,
    shown.findIndex((item) => item.id === selected),
  );
  const current = shown[at];
  const move = (step: number) => {
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + step))];
    if (next) setSelected(next.id);
  };
  const show = (item: CaseSummary | undefined) => {
    if (item) void navigate({ to: '/cases/$caseId', params: { caseId: item.id } });
  };
  useShortcuts({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    o: () => show(current),
    Enter: () => show(current),
  });
  useEffect(() => {
    if (selected) table.current?.querySelector('tr.selected')?.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  const count = (word: Priority) => open.filter((item) => item.priority === word).length;
  return (
    <>
      <div className="page-head">
        <h1>{t.desk.title}</h1>
        <ChoiceRow<'all' | Priority>
          look="bar"
          label={t.desk.priority}
          value={priority}
          onChange={setPriority}
          choices={[
            ['all', `${t.desk.all} ${open.length}`],
            ...PRIORITIES.map((word) => [word, `${t.priority[word]} ${count(word)}`] as const),
          ]}
        />
      </div>
      {open.length > 0 && <Totals cases={open} />}
      <section className="panel" aria-label={t.desk.open}>
        {query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && shown.length === 0 && <Blank text={t.desk.empty} />}
        {shown.length > 0 && (
          <table className="grid cards queue" ref={table}>
            <caption className="visually-hidden">{t.desk.open}</caption>
            <thead>
              <tr>
                <th scope="col">{t.desk.number}</th>
                <th scope="col">{t.desk.clock}</th>
                <th scope="col" className="end">
                  {t.desk.loss}
                </th>
                <th scope="col" className="end">
                  {t.desk.held}
                </th>
                <th scope="col">{t.desk.victim}</th>
                <th scope="col">{t.desk.plan}</th>
                <th scope="col">{t.desk.orders}</th>
                <th scope="col">{t.desk.assigned}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((item) => (
                <CaseRow key={item.id} item={item} selected={item === current} onOpen={() => show(item)} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </>
  );
}
