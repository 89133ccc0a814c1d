/** What the screens of measures, appeals and batches read. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { fairnessApi, type MeasureFilter } from './fairness-endpoints';
import { queryClient } from './queries';
import type { SubjectResultWord } from './types';

/** How often queues are read again: nothing tells of them by itself. */
const QUEUE_MS = 15_000;
/** How often a batch that is being carried out is read again. */
const APPLYING_MS = 2_000;

const pages = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { next_cursor?: string | null }) => page.next_cursor ?? undefined,
};

export const measuresQuery = (filter: MeasureFilter) =>
  infiniteQueryOptions({
    queryKey: ['measures', filter],
    queryFn: ({ pageParam }) => fairnessApi.measures(filter, pageParam),
    ...pages,
  });
export const measureQuery = (id: string) =>
  queryOptions({
    queryKey: ['measure', id],
    queryFn: () => fairnessApi.measure(id),
    refetchInterval: QUEUE_MS,
  });
export const appealsQuery = (all: boolean) =>
  infiniteQueryOptions({
    queryKey: ['appeals', all],
    queryFn: ({ pageParam }) => fairnessApi.appeals(all, pageParam),
    refetchInterval: QUEUE_MS,
    ...pages,
  });
export const appealQuery = (id: string) =>
  queryOptions({ queryKey: ['appeal', id], queryFn: () => fairnessApi.appeal(id) });
export const batchesQuery = infiniteQueryOptions({
  queryKey: ['batches'],
  queryFn: ({ pageParam }) => fairnessApi.batches(pageParam),
  refetchInterval: QUEUE_MS,
  ...pages,
});
export const batchQuery = (id: string) =>
  queryOptions({
    queryKey: ['batch', id],
    queryFn: () => fairnessApi.batch(id),
    refetchInterval: ({ state }) => (state.data?.state.state === 'applying' ? APPLYING_MS : false),
  });
export const subjectsQuery = (id: string, result: SubjectResultWord | undefined) =>
  infiniteQueryOptions({
    queryKey: ['batch', id, 'subjects', result ?? 'any'],
    queryFn: ({ pageParam }) => fairnessApi.subjects(id, result, pageParam),
    ...pages,
  });

/** After any step everything that may follow from it is read again. */
export function refreshFairness(): void {
  for (const key of ['measures', 'measure', 'appeals', 'appeal', 'batches', 'batch', 'audit'])
    void queryClient.invalidateQueries({ queryKey: [key] });
}
