/** The calls the console makes. */

import { noteServerDate } from '../clock/ticker';
import { ApiError, problemOf } from './problem';
import type {
  AuditEntry,
  CaseDetail,
  CaseSummary,
  CaseTrace,
  InclusionProof,
  Institution,
  OrderDetail,
  OrderSummary,
  Page,
  Plan,
  PlanOutcome,
  PlanSubmission,
  Session,
  TraceMethod,
  User,
} from './types';

let csrfToken = '';

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET') headers['x-csrf-token'] = csrfToken;
  const response = await fetch(path, {
    method,
    headers,
    credentials: 'same-origin',
    body: body === undefined ? null : JSON.stringify(body),
  });
  noteServerDate(response.headers.get('date'));
  const text = await response.text();
  const json: unknown =
    text && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
  if (!response.ok) throw new ApiError(problemOf(response.status, json));
  return json as T;
}

const id = encodeURIComponent;

function keepCsrf(session: Session): Session {
  csrfToken = session.csrf_token;
  return session;
}

export const api = {
  session: () => request<Session>('GET', '/v1/session').then(keepCsrf),
  signIn: (login: string, password: string) =>
    request<Session>('POST', '/v1/session', { login, password }).then(keepCsrf),
  signOut: () => request<unknown>('DELETE', '/v1/session'),
  users: () => request<Page<User>>('GET', '/v1/users'),
  cases: () => request<Page<CaseSummary>>('GET', '/v1/cases?limit=100'),
  case: (caseId: string) => request<CaseDetail>('GET', `/v1/cases/${id(caseId)}`),
  assign: (caseId: string) => request<unknown>('POST', `/v1/cases/${id(caseId)}/assign`, {}),
  trace: (caseId: string, method: TraceMethod) =>
    request<CaseTrace>('GET', `/v1/cases/${id(caseId)}/trace?method=${method}`),
  replan: (caseId: string) => request<Plan>('POST', `/v1/cases/${id(caseId)}/plan`, {}),
  submitPlan: (planId: string, body: PlanSubmission) =>
    request<PlanOutcome>('POST', `/v1/plans/${id(planId)}/submit`, body),
  approvePlan: (planId: string) => request<PlanOutcome>('POST', `/v1/plans/${id(planId)}/approve`, {}),
  declinePlan: (planId: string, reason: string) =>
    request<unknown>('POST', `/v1/plans/${id(planId)}/decline`, { reason }),
  orders: (filter: {
    caseId?: string | undefined;
    state?: string | undefined;
    cursor?: string | undefined;
  }) => {
    const query = new URLSearchParams({ limit: '100' });
    if (filter.caseId) query.set('case_id', filter.caseId);
    if (filter.state) query.set('state', filter.state);
    if (filter.cursor) query.set('cursor', filter.cursor);
    return request<Page<OrderSummary>>('GET', `/v1/orders?${query.toString()}`);
  },
  order: (orderId: string) => request<OrderDetail>('GET', `/v1/orders/${id(orderId)}`),
  institutions: () => request<Page<Institution>>('GET', '/v1/institutions'),
  auditEntries: (subject: string) =>
    request<Page<AuditEntry>>('GET', `/v1/audit/entries?limit=200&subject=${id(subject)}`),
  auditProof: (seq: number) => request<InclusionProof>('GET', `/v1/audit/entries/${seq}/proof`),
};
