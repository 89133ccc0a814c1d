/** Decisions, latest first, or along the life of one entity. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { useLiveOutline } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { useMe } from '../../api/queries';
import { useShortcuts } from '../../app/shortcuts';
import { serverNow } from '../../clock/ticker';
import { maskAccount } from '../../format/mask';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { isFiltered, queryOf, type DecisionSearch } from './decision-search';
import { DecisionTable } from './decision-table';
import { EntityTimeline } from './entity-timeline';
import { SearchForm } from './search-form';

/** The pages of a search. */
function useDecisions(search: DecisionSearch, value: string) {
  const { mayPost } = useMe();
  const query = useMemo(() => queryOf(search, serverNow()), [search]);
  const { field } = search;
  return useInfiniteQuery({
    queryKey: ['decisions', query, field ?? '', value],
    queryFn: ({ pageParam }) => {
      if (!field) return policyApi.decisions(query, pageParam);
      const ask = mayPost ? policyApi.timeline : policyApi.timelineByAddress;
      return ask(field, value, query, pageParam);
    },
    enabled: !field || value !== '',
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function DecisionsScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const search = useSearch({ from: '/frame/decisions' });
  const value = useRouterState({ select: (state) => state.location.state.entityValue ?? '' });
  const outline = useLiveOutline();
  const query = useDecisions(search, value);
  const [selected, setSelected] = useState(0);
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const current = items[Math.min(selected, items.length - 1)];
  const move = (to: number) => {
    const next = Math.max(0, Math.min(to, items.length - 1));
    setSelected(next);
    const id = items[next]?.event_id;
    if (id) document.querySelector(`[data-event="${CSS.escape(id)}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const open = () => {
    if (current) void navigate({ to: '/decisions/$eventId', params: { eventId: current.event_id } });
  };
  useShortcuts({ j: () => move(selected + 1), k: () => move(selected - 1), o: open, Enter: open });
  const isForgotten = search.field !== undefined && value === '';
  const title = search.field && value ? t.decisions.timeline(search.field, maskAccount(value)) : null;
  const empty = query.hasNextPage
    ? t.decisions.emptySoFar
    : isFiltered(search)
      ? t.decisions.emptyFilter
      : t.decisions.empty;
  return (
    <>
      <div className="page-head">
        <h1>{t.decisions.title}</h1>
      </div>
      <SearchForm
        key={JSON.stringify([search, value])}
        search={search}
        value={value}
        outline={outline}
        onSearch={(next, entityValue) => {
          setSelected(0);
          void navigate({ to: '/decisions', search: next, state: entityValue ? { entityValue } : {} });
        }}
      />
      <section className="panel" aria-label={title ?? t.decisions.title}>
        {title && (
          <header>
            <h2>{title}</h2>
            <span className="small quiet">{t.decisions.timelineHint}</span>
          </header>
        )}
        {isForgotten && <Blank text={t.decisions.forgotten} />}
        {!isForgotten && query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && items.length === 0 && <Blank text={empty} />}
        {items.length > 0 &&
          (title ? (
            <EntityTimeline items={items} selected={current?.event_id ?? null} />
          ) : (
            <DecisionTable items={items} selected={current?.event_id ?? null} />
          ))}
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
