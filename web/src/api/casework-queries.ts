/** What the screens of leads, reports, the joint desk, evidence and numbers read. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { caseworkApi, type LeadFilter } from './casework-endpoints';
import { intakeApi, type ReportFilter } from './intake-endpoints';
import { queryClient } from './queries';
import { recordApi, type Period } from './record-endpoints';
import type { CaseSummary, Priority } from './types';

/** How often queues are read again: nothing tells of them by itself. */
const QUEUE_MS = 15_000;

const pages = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { next_cursor?: string | null }) => page.next_cursor ?? undefined,
};

export const leadsQuery = (filter: LeadFilter) =>
  infiniteQueryOptions({
    queryKey: ['leads', filter],
    queryFn: ({ pageParam }) => caseworkApi.leads(filter, pageParam),
    refetchInterval: QUEUE_MS,
    ...pages,
  });
export const leadQuery = (id: string) =>
  queryOptions({ queryKey: ['lead', id], queryFn: () => caseworkApi.lead(id) });
export const relatedQuery = (caseId: string) =>
  queryOptions({ queryKey: ['related', caseId], queryFn: () => caseworkApi.related(caseId) });
export const reportsQuery = (filter: ReportFilter) =>
  infiniteQueryOptions({
    queryKey: ['reports', filter],
    queryFn: ({ pageParam }) => intakeApi.reports(filter, pageParam),
    refetchInterval: QUEUE_MS,
    ...pages,
  });
export const reportQuery = (id: string) =>
  queryOptions({ queryKey: ['report', id], queryFn: () => caseworkApi.report(id) });

export const queueQuery = infiniteQueryOptions({
  queryKey: ['queue'],
  queryFn: ({ pageParam }) => caseworkApi.queue(pageParam),
  refetchInterval: QUEUE_MS,
  ...pages,
});
export const teamsQuery = queryOptions({ queryKey: ['teams'], queryFn: caseworkApi.teams });
export const shiftsQuery = (teamId: string) =>
  queryOptions({
    queryKey: ['shifts', teamId],
    queryFn: () => caseworkApi.shifts(teamId),
    refetchInterval: QUEUE_MS,
  });
const URGENT: readonly Priority[] = ['p0', 'p1'];
/** The cases that a hand-over of these people must name: P0 and P1, open or filed. */
export const urgentQuery = (members: readonly string[]) =>
  queryOptions({
    queryKey: ['cases', 'urgent', members],
    queryFn: async (): Promise<CaseSummary[]> => {
      const lists = await Promise.all(
        members.flatMap((person) => URGENT.map((priority) => caseworkApi.casesOf(person, priority))),
      );
      return lists
        .flatMap((list) => list.items)
        .filter(({ state }) => state.state === 'open' || state.state === 'filed')
        .sort((a, b) => a.priority.localeCompare(b.priority) || a.opened_at.localeCompare(b.opened_at));
    },
  });
export const myTasksQuery = queryOptions({
  queryKey: ['tasks', 'mine'],
  queryFn: caseworkApi.myTasks,
  refetchInterval: QUEUE_MS,
});
export const tasksQuery = (caseId: string) =>
  queryOptions({ queryKey: ['tasks', caseId], queryFn: () => caseworkApi.tasks(caseId) });
/** Read again with the audit record, which it is a part of. */
export const timelineQuery = (caseId: string) =>
  queryOptions({ queryKey: ['audit', 'case', caseId], queryFn: () => caseworkApi.timeline(caseId) });
export const seizuresQuery = (caseId: string) =>
  queryOptions({ queryKey: ['seizures', caseId], queryFn: () => caseworkApi.seizures(caseId) });
export const notesQuery = (caseId: string) =>
  infiniteQueryOptions({
    queryKey: ['notes', caseId],
    queryFn: ({ pageParam }) => caseworkApi.notes(caseId, pageParam),
    ...pages,
  });
export const mentionsQuery = queryOptions({
  queryKey: ['mentions'],
  queryFn: caseworkApi.mentions,
  refetchInterval: QUEUE_MS,
});
export const operationsQuery = queryOptions({ queryKey: ['operations'], queryFn: caseworkApi.operations });
export const operationQuery = (id: string) =>
  queryOptions({ queryKey: ['operation', id], queryFn: () => caseworkApi.operation(id) });

export const evidenceQuery = (caseId: string) =>
  queryOptions({ queryKey: ['evidence', caseId], queryFn: () => recordApi.evidence(caseId) });
export const numbersQuery = (period: Period) =>
  queryOptions({
    queryKey: ['numbers', period],
    queryFn: () => recordApi.numbers(period),
    placeholderData: (old) => old,
  });
export const funnelQuery = (period: Period) =>
  queryOptions({
    queryKey: ['funnel', period],
    queryFn: () => recordApi.funnel(period),
    placeholderData: (old) => old,
  });

const FOLLOWING = [
  'leads',
  'lead',
  'related',
  'reports',
  'report',
  'queue',
  'teams',
  'shifts',
  'tasks',
  'seizures',
  'notes',
  'mentions',
  'operations',
  'operation',
  'evidence',
  'cases',
  'case',
  'audit',
] as const;

/** After any step everything that may follow from it is read again. */
export function refreshCasework(): void {
  for (const key of FOLLOWING) void queryClient.invalidateQueries({ queryKey: [key] });
}
