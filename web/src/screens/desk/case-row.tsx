import { Link } from '@tanstack/react-router';
import type { CaseSummary } from '../../api/types';
import { GoldenClockBrief } from '../../clock/golden-clock';
import { useSpeech } from '../../i18n/language';
import { Account } from '../../parts/account';
import { PlanStateLabel, PriorityWord } from '../../parts/words';

interface CaseRowProps {
  readonly item: CaseSummary;
  readonly selected: boolean;
  readonly onOpen: () => void;
}

function Orders({ orders }: Pick<CaseSummary, 'orders'>) {
  const { t } = useSpeech();
  if (orders.total === 0) return <span className="quiet">{t.desk.noOrders}</span>;
  return (
    <span className="num orders-brief">
      {t.desk.ordersBrief(orders.total, orders.awaiting, orders.active)}
      {orders.refused > 0 && <span className="red"> · {t.desk.refused(orders.refused)}</span>}
    </span>
  );
}

/** A case in the queue; a card on a narrow screen. */
export function CaseRow({ item, selected, onOpen }: CaseRowProps) {
  const { t, money, moment } = useSpeech();
  return (
    <tr
      className={selected ? 'selected' : ''}
      data-open
      onClick={onOpen}
      data-case={item.id}
      data-plan={item.plan_state ?? 'none'}
    >
      <td className="lead">
        <PriorityWord value={item.priority} />{' '}
        <Link
          to="/cases/$caseId"
          params={{ caseId: item.id }}
          className="num case-number"
          onClick={(event) => event.stopPropagation()}
        >
          {item.number}
        </Link>
        <span className="small quiet num opened-at">{moment(item.opened_at)}</span>
      </td>
      <td data-label={t.desk.clock}>
        <GoldenClockBrief clock={item.clock} />
      </td>
      <td data-label={t.desk.loss} className="end num">
        {money(item.loss)}
      </td>
      <td data-label={t.desk.held} className={`end num ${item.held.minor > 0 ? 'green' : 'quiet'}`}>
        {money(item.held)}
      </td>
      <td data-label={t.desk.victim}>{item.victim ? <Account value={item.victim.account} /> : '—'}</td>
      <td data-label={t.desk.plan}>{item.plan_state ? <PlanStateLabel state={item.plan_state} /> : '—'}</td>
      <td data-label={t.desk.orders}>
        <Orders orders={item.orders} />
      </td>
      <td data-label={t.desk.assigned}>
        {item.assigned_to ? item.assigned_to.name : <span className="quiet">{t.desk.unassigned}</span>}
      </td>
    </tr>
  );
}
