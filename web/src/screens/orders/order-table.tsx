import { Link } from '@tanstack/react-router';
import type { OrderSummary } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Account } from '../../parts/account';
import { CaseLink } from '../../parts/case-link';
import { StateFacts } from '../../parts/outcome';
import { Scope } from '../../parts/scope';
import { OrderStateLabel, momentOf } from '../../parts/words';

interface OrderTableProps {
  readonly orders: readonly OrderSummary[];
  readonly withCase: boolean;
  readonly selected: string | null;
}

/** Orders as rows; cards on a narrow screen. */
export function OrderTable({ orders, withCase, selected }: OrderTableProps) {
  const { t, moment } = useSpeech();
  return (
    <table className="grid cards order-table">
      <thead>
        <tr>
          <th scope="col">{t.orders.kind}</th>
          <th scope="col">{t.orders.target}</th>
          <th scope="col" className="end">
            {t.orders.amount}
          </th>
          <th scope="col">{t.orders.state}</th>
          <th scope="col">{t.orders.updated}</th>
          {withCase && <th scope="col">{t.orders.case}</th>}
          {withCase && <th scope="col">{t.orders.createdBy}</th>}
        </tr>
      </thead>
      <tbody>
        {orders.map((order) => (
          <tr
            key={order.id}
            className={order.id === selected ? 'selected' : ''}
            data-order={order.id}
            data-state={order.state.state}
          >
            <td className="lead">
              <Link to="/orders/$orderId" params={{ orderId: order.id }}>
                {t.orderKind[order.kind]}
              </Link>
              {order.emergency && <span className="small quiet"> {t.orders.emergency}</span>}
            </td>
            <td data-label={t.orders.target}>
              <Account value={order.target} />
            </td>
            <td data-label={t.orders.amount} className="end">
              <Scope scope={order.scope} />
            </td>
            <td data-label={t.orders.state}>
              <span className="row" style={{ gap: 6 }}>
                <OrderStateLabel state={order.state.state} />
                <StateFacts state={order.state} />
              </span>
            </td>
            <td data-label={t.orders.updated} className="num quiet small">
              {moment(momentOf(order.state) ?? order.created_at)}
            </td>
            {withCase && (
              <td data-label={t.orders.case}>
                <CaseLink order={order} />
              </td>
            )}
            {withCase && <td data-label={t.orders.createdBy}>{order.created_by.name}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
