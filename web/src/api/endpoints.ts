/** The calls the console makes, typed by the API's own description. */

import createClient, { type Middleware } from 'openapi-fetch';
import { noteServerDate } from '../clock/ticker';
import { ApiError, problemOf } from './problem';
import type { paths } from './schema';
import type {
  InstitutionForm,
  NewOrder,
  OrderStateWord,
  PlanSubmission,
  Session,
  TraceMethod,
} from './types';

/** Most items of a page that the API gives. */
const PAGE_MAX = 200;

let csrfToken = '';

const courtesy: Middleware = {
  onRequest: ({ request }) => {
    if (request.method !== 'GET') request.headers.set('x-csrf-token', csrfToken);
    return request;
  },
  onResponse: ({ response }) => noteServerDate(response.headers.get('date')),
};

const client = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin' });
client.use(courtesy);

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** The answer's body, or its problem thrown. */
async function need<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ApiError(problemOf(response.status, error));
  return data as T;
}

function keepCsrf(session: Session): Session {
  csrfToken = session.csrf_token;
  return session;
}

const at = (id: string) => ({ params: { path: { id } } });

export const api = {
  session: () => need(client.GET('/v1/session')).then(keepCsrf),
  signIn: (login: string, password: string) =>
    need(client.POST('/v1/session', { body: { login, password } })).then(keepCsrf),
  signOut: () => need(client.DELETE('/v1/session')),
  users: () => need(client.GET('/v1/users')),
  cases: () => need(client.GET('/v1/cases', { params: { query: { limit: PAGE_MAX } } })),
  case: (id: string) => need(client.GET('/v1/cases/{id}', at(id))),
  assign: (id: string) => need(client.POST('/v1/cases/{id}/assign', { ...at(id), body: {} })),
  trace: (id: string, method: TraceMethod) =>
    need(client.GET('/v1/cases/{id}/trace', { params: { path: { id }, query: { method } } })),
  planCase: (id: string) => need(client.POST('/v1/cases/{id}/plan', at(id))),
  submitPlan: (id: string, body: PlanSubmission) =>
    need(client.POST('/v1/plans/{id}/submit', { ...at(id), body })),
  approvePlan: (id: string) => need(client.POST('/v1/plans/{id}/approve', at(id))),
  declinePlan: (id: string, reason: string) =>
    need(client.POST('/v1/plans/{id}/decline', { ...at(id), body: { reason } })),
  orders: (filter: {
    caseId?: string | undefined;
    state?: OrderStateWord | undefined;
    cursor?: string | undefined;
  }) =>
    need(
      client.GET('/v1/orders', {
        params: {
          query: {
            limit: PAGE_MAX,
            ...(filter.caseId ? { case_id: filter.caseId } : {}),
            ...(filter.state ? { state: filter.state } : {}),
            ...(filter.cursor ? { cursor: filter.cursor } : {}),
          },
        },
      }),
    ),
  order: (id: string) => need(client.GET('/v1/orders/{id}', at(id))),
  draftOrder: (body: NewOrder) => need(client.POST('/v1/orders', { body })),
  approveOrder: (id: string) => need(client.POST('/v1/orders/{id}/approve', at(id))),
  withdrawOrder: (id: string, reason: string) =>
    need(client.POST('/v1/orders/{id}/withdraw', { ...at(id), body: { reason } })),
  institutions: () => need(client.GET('/v1/institutions')),
  setInstitution: (code: string, body: InstitutionForm) =>
    need(client.PUT('/v1/institutions/{code}', { params: { path: { code } }, body })),
  keys: () => need(client.GET('/v1/keys')),
  auditEntries: (subject: string) =>
    need(client.GET('/v1/audit/entries', { params: { query: { subject, limit: PAGE_MAX } } })),
  auditProof: (seq: number) =>
    need(client.GET('/v1/audit/entries/{seq}/proof', { params: { path: { seq } } })),
};
