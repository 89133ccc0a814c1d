/** Every order, newest first, by state. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import type { OrderStateWord } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { OrderTable } from './order-table';

export function OrdersScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { state } = useSearch({ from: '/frame/orders' });
  const [selected, setSelected] = useState(0);
  const query = useInfiniteQuery({
    queryKey: ['orders', 'all', state ?? 'any'],
    queryFn: ({ pageParam }) => api.orders({ state, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const orders = query.data?.pages.flatMap((page) => page.items) ?? [];
  const current = orders[Math.min(selected, orders.length - 1)];
  const open = () => {
    if (current) void navigate({ to: '/orders/$orderId', params: { orderId: current.id } });
  };
  useShortcuts({
    j: () => setSelected(Math.min(selected + 1, orders.length - 1)),
    k: () => setSelected(Math.max(selected - 1, 0)),
    o: open,
    Enter: open,
  });
  const states = Object.keys(t.orderState) as OrderStateWord[];
  return (
    <>
      <div className="page-head">
        <h1>{t.orders.title}</h1>
        <label className="row">
          <span className="quiet small">{t.orders.state}</span>
          <select
            className="select"
            value={state ?? ''}
            onChange={(event) => {
              const chosen = states.find((word) => word === event.target.value);
              setSelected(0);
              void navigate({ to: '/orders', search: chosen ? { state: chosen } : {} });
            }}
          >
            <option value="">{t.orders.all}</option>
            {states.map((word) => (
              <option key={word} value={word}>
                {t.orderState[word]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <section className="panel" aria-label={t.orders.title}>
        {query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && orders.length === 0 && <Blank text={t.orders.empty} />}
        {orders.length > 0 && <OrderTable orders={orders} withCase selected={current?.id ?? null} />}
        {query.hasNextPage && (
          <div className="more-row">
            <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t.app.more}
            </Button>
          </div>
        )}
      </section>
    </>
  );
}
