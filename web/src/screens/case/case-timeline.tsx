import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { timelineQuery } from '../../api/casework-queries';
import { ordersQuery, usePersonName } from '../../api/queries';
import type { CaseDetail, OrderSummary, Plan } from '../../api/types';
import { MARKS } from '../../clock/golden';
import { formatClock, formatMoment, msOf } from '../../format/time';
import { useSpeech, wordOf, type Speech } from '../../i18n/language';
import { useActorText } from '../../parts/actor';
import { useAccountText } from '../../parts/account';
import { momentOf } from '../../parts/words';

interface Moment {
  readonly key: string;
  readonly at: number;
  readonly text: ReactNode;
  readonly who: string;
  readonly mark: boolean;
  /** Its entry in the audit record. */
  readonly entry: { readonly subject: string; readonly seq: number } | null;
}

/** Plans and orders have moments of their own, which lead to them. */
const TOLD_ELSEWHERE = /^(plan|order)\./;

/** The making of the plan shown, and what two people did with it. */
function planMoments(plan: Plan, t: Speech['t'], personName: (id: string) => string): Moment[] {
  const label = t.case.planMade(plan.version);
  const entry = (key: string, at: string, text: string, who: string): Moment => ({
    key: `${plan.id}-${key}`,
    at: msOf(at) ?? 0,
    text,
    who,
    mark: false,
    entry: null,
  });
  const made = entry('made', plan.created_at, label, '');
  const { state } = plan;
  return state.state === 'submitted' || state.state === 'approved'
    ? [made, entry(state.state, state.at, `${label} · ${t.planState[state.state]}`, personName(state.by))]
    : [made];
}

/** Readings of the same person that follow each other are told once, with their number. */
function gathered(
  moments: readonly Moment[],
  isReading: (moment: Moment) => boolean,
  t: Speech['t'],
): Moment[] {
  const runs: { moment: Moment; count: number }[] = [];
  for (const moment of moments) {
    const last = runs.at(-1);
    if (last && isReading(moment) && isReading(last.moment) && last.moment.who === moment.who)
      last.count += 1;
    else runs.push({ moment, count: 1 });
  }
  return runs.map(({ moment, count }) =>
    count === 1 ? moment : { ...moment, who: `${moment.who} · ${t.case.times(count)}` },
  );
}

/** What happened to the case and all that belongs to it: the audit record, the plan, the orders and the marks of the clock; newest first. */
export function CaseTimeline({ item }: { item: CaseDetail }) {
  const { t, locale } = useSpeech();
  const actorText = useActorText();
  const accountText = useAccountText();
  const personName = usePersonName();
  const audit = useQuery(timelineQuery(item.id));
  const orders = useQuery(ordersQuery({ caseId: item.id }));
  const clock = item.clock;
  const times = [clock.transfer_at, clock.report_at, clock.trace_at, clock.order_sent_at, clock.executed_at];
  const marks = MARKS.flatMap((name, index): Moment[] => {
    const at = msOf(times[index]);
    return at === null
      ? []
      : [{ key: name, at, text: `${name} ${t.clock[name]}`, who: '', mark: true, entry: null }];
  });
  const readings = new Set<string>();
  const own = (audit.data?.items ?? []).filter(({ action }) => !TOLD_ELSEWHERE.test(action));
  const entries = own.map((entry): Moment => {
    const key = `${entry.seq}`;
    if (entry.action === 'personal.read') readings.add(key);
    return {
      key,
      at: msOf(entry.at) ?? 0,
      text: wordOf(t.auditAction, entry.action),
      who: actorText(entry.actor),
      mark: false,
      entry,
    };
  });
  const orderMoment = (order: OrderSummary): Moment => ({
    key: order.id,
    at: msOf(momentOf(order.state) ?? order.created_at) ?? 0,
    text: (
      <Link to="/orders/$orderId" params={{ orderId: order.id }}>
        {t.orderKind[order.kind]} · {t.orderState[order.state.state]}
      </Link>
    ),
    who: accountText(order.target),
    mark: false,
    entry: null,
  });
  const moments = [
    ...marks,
    ...entries,
    ...(item.plan ? planMoments(item.plan, t, personName) : []),
    ...(orders.data?.items ?? []).map(orderMoment),
  ].sort((a, b) => b.at - a.at || Number(a.mark) - Number(b.mark));
  const today = new Date().toDateString();
  const time = (at: number) =>
    new Date(at).toDateString() === today ? formatClock(at, locale) : formatMoment(at, locale);
  return (
    <section className="panel" aria-label={t.case.timeline}>
      <header>
        <h2>{t.case.timeline}</h2>
      </header>
      {moments.length === 0 && <p className="blank">{t.case.noTimeline}</p>}
      <ol className="timeline" tabIndex={0} aria-label={t.case.timeline}>
        {gathered(moments, (moment) => readings.has(moment.key), t).map((moment) => (
          <li key={moment.key} className={moment.mark ? 'milestone' : ''}>
            <span className="num small quiet">{time(moment.at)}</span>
            <span>{moment.text}</span>
            {moment.entry === null ? (
              <span />
            ) : (
              <Link
                className="small num"
                to="/audit"
                search={{ subject: moment.entry.subject, seq: moment.entry.seq }}
              >
                #{moment.entry.seq}
              </Link>
            )}
            {moment.who && <span className="who small quiet">{moment.who}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
