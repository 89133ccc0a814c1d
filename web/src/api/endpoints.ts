/** The calls the console makes, typed by the API's own description. */

import { PAGE_MAX, client, keepCsrf, need } from './client';
import type { InstitutionForm, NewOrder, OrderStateWord, PlanSubmission, TraceMethod } from './types';

const at = (id: string) => ({ params: { path: { id } } });

export const api = {
  session: () => need(client.GET('/v1/session')).then(keepCsrf),
  signIn: (login: string, password: string) =>
    need(client.POST('/v1/session', { body: { login, password } })).then(keepCsrf),
  signInMethods: () => need(client.GET('/v1/sign-in-methods')),
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
