/** Calls about what is kept and counted: evidence, numbers. */

import { client, need } from './client';
import type { CollectionForm } from './types';

const at = (id: string) => ({ params: { path: { id } } });

/** A time, as instants; either end may be left to the server. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

export const recordApi = {
  evidence: (caseId: string) => need(client.GET('/v1/cases/{id}/evidence', at(caseId))),
  /** Takes a file into custody; its bytes go as they are, under the media type that its ending says. */
  collect: (caseId: string, query: CollectionForm, file: Blob, mediaType: string) =>
    need(
      client.POST('/v1/cases/{id}/evidence', {
        params: { path: { id: caseId }, query },
        body: file as never,
        bodySerializer: (body: unknown) => body as Blob,
        headers: { 'content-type': mediaType },
      }),
    ),
  handOver: (id: string, to: string, reason: string) =>
    need(client.POST('/v1/evidence/{id}/hand-over', { ...at(id), body: { to, reason } })),
  /** The item's bytes; the chain of custody says what for. */
  view: async (id: string, purpose: string) =>
    await need(
      client.GET('/v1/evidence/{id}/content', {
        params: { path: { id }, query: { purpose } },
        parseAs: 'blob',
      }),
    ),
  /** The signed package; each item's chain gets a link. */
  exportPackage: async (caseId: string) =>
    await need(client.GET('/v1/cases/{id}/evidence/package', { ...at(caseId), parseAs: 'blob' })),
  numbers: (query: Period) => need(client.GET('/v1/numbers', { params: { query } })),
  funnel: (query: Period) =>
    need(client.GET('/v1/leads/funnel', { params: { query: { ...query, by: 'month' } } })),
};
