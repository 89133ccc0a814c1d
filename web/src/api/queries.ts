/** What the screens read, cached by TanStack Query; the live feed makes entries stale. */

import { QueryCache, QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { api } from './endpoints';
import { ApiError } from './problem';
import type { PersonRef, Role, TraceMethod } from './types';

const RETRIES_MAX = 2;

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended elsewhere sends its reader to the sign-in screen.
    onError: (error) => {
      if (error instanceof ApiError && error.problem.status === 401)
        queryClient.setQueryData(['session'], null);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) =>
        !(error instanceof ApiError && error.problem.status < 500) && count < RETRIES_MAX,
    },
  },
});

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async () => {
    try {
      return await api.session();
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 401) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});
export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: api.signInMethods,
  staleTime: Infinity,
});
export const casesQuery = queryOptions({ queryKey: ['cases'], queryFn: api.cases });
export const caseQuery = (id: string) =>
  queryOptions({ queryKey: ['case', id], queryFn: () => api.case(id) });
export const traceQuery = (id: string, method: TraceMethod) =>
  queryOptions({
    queryKey: ['trace', id, method],
    queryFn: () => api.trace(id, method),
    placeholderData: (old) => old,
  });
export const ordersQuery = (filter: { caseId: string }) =>
  queryOptions({ queryKey: ['orders', filter], queryFn: () => api.orders(filter) });
export const orderQuery = (id: string) =>
  queryOptions({ queryKey: ['order', id], queryFn: () => api.order(id) });
export const institutionsQuery = queryOptions({
  queryKey: ['institutions'],
  queryFn: api.institutions,
  staleTime: 60_000,
});
export const keysQuery = queryOptions({ queryKey: ['keys'], queryFn: api.keys, staleTime: 60_000 });
export const auditQuery = (subject: string) =>
  queryOptions({
    queryKey: ['audit', subject],
    queryFn: () => api.auditEntries(subject),
    enabled: subject !== '',
  });
export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: api.users,
  staleTime: 60_000,
  retry: false,
});

/** The signed-in person. Only below a signed-in frame. */
export function useMe() {
  const { data } = useQuery(sessionQuery);
  const roles: readonly Role[] = data?.user.roles ?? [];
  const has = (role: Role) => roles.includes(role);
  const any = (...wanted: Role[]) => wanted.some(has);
  return {
    user: data?.user ?? null,
    /** Where the public reaches this installation. */
    publicUrl: data?.public_url ?? window.location.origin,
    has,
    /** Cases and their audit record. */
    readsCases: any('analyst', 'approver', 'auditor'),
    /** Writes reports down, and works on them. */
    takesReports: has('analyst'),
    /** Makes keys of programs, and ends the sessions of others. */
    keepsKeys: has('admin'),
    /** Sees keys: all, or those of the own account. */
    seesKeys: roles.some((role) => role !== 'source'),
    /** Orders, institutions, and the feed that tells of them. */
    readsOrders: any('analyst', 'approver', 'auditor', 'liaison'),
    /** Decisions, and the policies they follow from. */
    readsDecisions: any('analyst', 'approver', 'auditor', 'risk_engineer'),
    /** Measures, and appeals against them. */
    readsMeasures: any('analyst', 'approver', 'auditor', 'liaison', 'reviewer'),
    /** Works on what personal data is in, and says what for. */
    seesPersonalData: any('analyst', 'approver', 'liaison', 'risk_engineer', 'reviewer'),
    /** Searches the record. */
    maySearch: any('analyst', 'approver', 'liaison', 'reviewer'),
    /** Whether questions may be asked whose answer depends on a body. */
    mayPost: any('analyst', 'approver', 'risk_engineer'),
    /** Asks what a text says, and says what events turned out to be. */
    mayScan: any('analyst', 'risk_engineer'),
    /** Writes policies and asks for them to be put to work. */
    writesPolicies: has('risk_engineer'),
    /** May agree, as the second person, to what somebody else asked for. */
    approvesPolicies: any('approver', 'risk_engineer'),
  };
}

/** Names of institutions by code; the code itself until known. */
export function useInstitutionName(): (code: string) => string {
  // Others, such as reviewers, are not let in: they read the code.
  const { readsOrders } = useMe();
  const { data } = useQuery({ ...institutionsQuery, enabled: readsOrders });
  const names = new Map(data?.items.map((item) => [item.code, item.name]));
  return (code) => names.get(code) ?? code;
}

/** Names of colleagues by id, for records that carry only the id. */
export function usePersonName(): (id: string | null | undefined) => string {
  const { data } = useQuery(usersQuery);
  const names = new Map<string, string>(data?.items.map((user: PersonRef) => [user.id, user.name]));
  return (id) => (id ? (names.get(id) ?? `…${id.slice(-6)}`) : '—');
}
