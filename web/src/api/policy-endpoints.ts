/** Calls about decisions and policies. */

import { PAGE_MAX, client, need } from './client';
import type {
  DecisionQuery,
  NewBacktest,
  NewLabel,
  NewPolicyChange,
  PolicyDraftBody,
  ScannedText,
} from './types';

/** Events asked about at once. */
const PICKS_MAX = 100;
/** Decisions on a page. */
const DECISIONS_PAGE = 50;

const of = (hash: string) => ({ params: { path: { hash } } });

/** The members that are there. */
function given<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

export const policyApi = {
  decisions: (query: DecisionQuery, cursor: string | undefined) =>
    need(
      client.GET('/v1/decisions', { params: { query: given({ ...query, cursor, limit: DECISIONS_PAGE }) } }),
    ),
  decision: (eventId: string) =>
    need(client.GET('/v1/decisions/{event_id}', { params: { path: { event_id: eventId } } })),
  /** The value goes in the body, so that it stays out of logs; auditors may only read and ask by address. */
  timeline: (field: string, value: string, query: DecisionQuery, cursor: string | undefined) =>
    need(
      client.POST('/v1/entities/timeline', {
        body: given({ field, value, ...query, cursor, limit: DECISIONS_PAGE }),
      }),
    ),
  timelineByAddress: (field: string, value: string, query: DecisionQuery, cursor: string | undefined) =>
    need(
      client.GET('/v1/entities/{field}/{value}/timeline', {
        params: { path: { field, value }, query: given({ ...query, cursor, limit: DECISIONS_PAGE }) },
      }),
    ),
  policies: () => need(client.GET('/v1/policies', { params: { query: { limit: PAGE_MAX } } })),
  policy: (hash: string) => need(client.GET('/v1/policies/{hash}', of(hash))),
  outline: (hash: string) => need(client.GET('/v1/policies/{hash}/outline', of(hash))),
  difference: (hash: string, from: string) =>
    need(client.GET('/v1/policies/{hash}/diff', { params: { path: { hash }, query: { from } } })),
  deployment: () => need(client.GET('/v1/policies/deployment')),
  language: () => need(client.GET('/v1/policies/language')),
  changes: () => need(client.GET('/v1/policy-changes', { params: { query: { limit: PAGE_MAX } } })),
  requestChange: (body: NewPolicyChange) => need(client.POST('/v1/policy-changes', { body })),
  approveChange: (id: string) =>
    need(client.POST('/v1/policy-changes/{id}/approve', { params: { path: { id } } })),
  declineChange: (id: string, reason: string) =>
    need(client.POST('/v1/policy-changes/{id}/decline', { params: { path: { id } }, body: { reason } })),
  rollBack: (reason: string) => need(client.POST('/v1/policies/rollback', { body: { reason } })),
  check: (body: PolicyDraftBody, signal: AbortSignal) =>
    need(client.POST('/v1/policies/check', { body, signal })),
  format: (text: string) => need(client.POST('/v1/policies/format', { body: { text } })),
  test: (body: PolicyDraftBody) => need(client.POST('/v1/policies/test', { body })),
  push: (body: PolicyDraftBody, note: string) =>
    need(client.POST('/v1/policies', { body: { ...body, note } })),
  /** One text; many go as NDJSON and not from here. */
  scan: (text: string) => need(client.POST('/v1/scan', { body: { text } })) as Promise<ScannedText>,
  picks: () => need(client.GET('/v1/labels/picks', { params: { query: { limit: PICKS_MAX } } })),
  labels: (eventId: string) => need(client.GET('/v1/labels', { params: { query: { event_id: eventId } } })),
  giveLabel: (body: NewLabel) => need(client.POST('/v1/labels', { body })),
  models: () => need(client.GET('/v1/models')),
  backtests: () => need(client.GET('/v1/backtests', { params: { query: { limit: PAGE_MAX } } })),
  backtest: (id: string) => need(client.GET('/v1/backtests/{id}', { params: { path: { id } } })),
  requestBacktest: (body: NewBacktest) => need(client.POST('/v1/backtests', { body })),
  cancelBacktest: (id: string) =>
    need(client.POST('/v1/backtests/{id}/cancel', { params: { path: { id } } })),
};
