/** What the screens of decisions and policies read. Versions never change: they are asked for once. */

import { queryOptions, skipToken, useQuery } from '@tanstack/react-query';
import { policyApi } from './policy-endpoints';

/** How often what is at work is looked at again: there is no feed of it. */
const DEPLOYMENT_MS = 5_000;

export const deploymentQuery = queryOptions({
  queryKey: ['deployment'],
  queryFn: policyApi.deployment,
  refetchInterval: DEPLOYMENT_MS,
});
export const policiesQuery = queryOptions({ queryKey: ['policies'], queryFn: policyApi.policies });
export const changesQuery = queryOptions({
  queryKey: ['policy-changes'],
  queryFn: policyApi.changes,
  refetchInterval: DEPLOYMENT_MS,
});
export const policyQuery = (hash: string) =>
  queryOptions({ queryKey: ['policy', hash], queryFn: () => policyApi.policy(hash), staleTime: Infinity });
export const outlineQuery = (hash: string | null) =>
  queryOptions({
    queryKey: ['outline', hash],
    queryFn: hash ? () => policyApi.outline(hash) : skipToken,
    staleTime: Infinity,
  });
export const differenceQuery = (hash: string, from: string | null) =>
  queryOptions({
    queryKey: ['difference', hash, from],
    queryFn: from ? () => policyApi.difference(hash, from) : skipToken,
    staleTime: Infinity,
  });
export const languageQuery = queryOptions({
  queryKey: ['language'],
  queryFn: policyApi.language,
  staleTime: Infinity,
});
export const picksQuery = queryOptions({
  queryKey: ['picks'],
  queryFn: policyApi.picks,
  staleTime: Infinity,
});
export const labelsQuery = (eventId: string) =>
  queryOptions({ queryKey: ['labels', eventId], queryFn: () => policyApi.labels(eventId) });
export const modelsQuery = queryOptions({ queryKey: ['models'], queryFn: policyApi.models });
export const decisionQuery = (eventId: string) =>
  queryOptions({
    queryKey: ['decision', eventId],
    queryFn: () => policyApi.decision(eventId),
    staleTime: Infinity,
  });

/** What the live policy declares; undefined until known, or while none is live. */
export function useLiveOutline() {
  const { data: deployment } = useQuery(deploymentQuery);
  return useQuery(outlineQuery(deployment?.live ?? null)).data;
}

/** How often a backtest that is not over is looked at again. */
const BACKTEST_MS = 1_500;

const isOver = (state: string | undefined): boolean => state !== 'queued' && state !== 'running';

export const backtestsQuery = queryOptions({
  queryKey: ['backtests'],
  queryFn: policyApi.backtests,
  refetchInterval: (query) =>
    query.state.data?.items.some((item) => !isOver(item.state.state)) ? BACKTEST_MS : false,
});
export const backtestQuery = (id: string) =>
  queryOptions({
    queryKey: ['backtest', id],
    queryFn: () => policyApi.backtest(id),
    refetchInterval: (query) => (isOver(query.state.data?.state.state) ? false : BACKTEST_MS),
  });
