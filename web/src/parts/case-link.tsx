import { Link } from '@tanstack/react-router';
import { useMe } from '../api/queries';
import type { OrderSummary } from '../api/types';

/** The case of an order; only its number for those who may not open cases. */
export function CaseLink({ order }: { order: Pick<OrderSummary, 'case_id' | 'case_number'> }) {
  const { readsCases } = useMe();
  if (!readsCases) return <span className="num">{order.case_number}</span>;
  return (
    <Link to="/cases/$caseId" params={{ caseId: order.case_id }} className="num">
      {order.case_number}
    </Link>
  );
}
