/** Backtests, newest first, and a new one. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { backtestsQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { useMe, usePersonName } from '../../api/queries';
import type { Backtest } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { VersionLink } from '../../parts/policy-words';
import { BacktestStateLine, CancelButton } from './backtest-state';
import { StartForm } from './start-form';

function BacktestTable({ items }: { items: readonly Backtest[] }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  return (
    <table className="grid cards backtest-table">
      <thead>
        <tr>
          <th scope="col">{t.backtests.requested}</th>
          <th scope="col">{t.backtests.policy}</th>
          <th scope="col">{t.backtests.against}</th>
          <th scope="col">{t.backtests.range}</th>
          <th scope="col">{t.backtests.state}</th>
          <th scope="col">{t.backtests.by}</th>
          <th scope="col">
            <span className="visually-hidden">{t.backtests.cancel}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.id} data-backtest={item.id}>
            <td className="lead num">
              <Link to="/backtests/$id" params={{ id: item.id }}>
                {moment(item.requested_at)}
              </Link>
            </td>
            <td data-label={t.backtests.policy}>
              <VersionLink hash={item.policy} />
            </td>
            <td data-label={t.backtests.against}>
              {item.against ? (
                <VersionLink hash={item.against} />
              ) : (
                <span className="quiet">{t.backtests.againstNone}</span>
              )}
            </td>
            <td data-label={t.backtests.range} className="small quiet range">
              <span>
                <span className="num">{moment(item.from)}</span> –{' '}
                <span className="num">{moment(item.to)}</span>
              </span>
            </td>
            <td data-label={t.backtests.state}>
              <BacktestStateLine backtest={item} />
            </td>
            <td data-label={t.backtests.by}>{person(item.requested_by)}</td>
            <td className="bare end">
              <CancelButton backtest={item} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function BacktestsScreen() {
  const { t } = useSpeech();
  const { writesPolicies } = useMe();
  const query = useQuery(backtestsQuery);
  const items = query.data?.items ?? [];
  return (
    <>
      <div className="page-head">
        <h1>{t.backtests.title}</h1>
      </div>
      {writesPolicies && <StartForm />}
      <section className="panel" aria-label={t.backtests.title}>
        {query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && items.length === 0 && <Blank text={t.backtests.empty} />}
        {items.length > 0 && <BacktestTable items={items} />}
      </section>
    </>
  );
}
