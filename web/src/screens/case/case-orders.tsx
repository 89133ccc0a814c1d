import { useQuery } from '@tanstack/react-query';
import { sayError } from '../../api/problem';
import { ordersQuery } from '../../api/queries';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { OrderTable } from '../orders/order-table';

/** The orders of a case, with their states as they change. */
export function CaseOrders({ caseId }: { caseId: string }) {
  const { t } = useSpeech();
  const query = useQuery(ordersQuery({ caseId }));
  const orders = query.data?.items ?? [];
  return (
    <section className="panel" aria-label={t.case.orders}>
      <header>
        <h2>{t.case.orders}</h2>
        {orders.length > 0 && <span className="small quiet num">{orders.length}</span>}
      </header>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && orders.length === 0 && <Blank text={t.case.noOrders} />}
      {orders.length > 0 && <OrderTable orders={orders} withCase={false} selected={null} />}
    </section>
  );
}
