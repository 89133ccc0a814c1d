/** Calls about reports as the desk takes them in and answers them, and about the steps of cases. */

import { PAGE_MAX, client, need } from './client';
import type { CaseStep, Priority, ReportContent, ReportStateWord, ReportStep } from './types';

const at = (id: string) => ({ params: { path: { id } } });

/** What reports are narrowed by. */
export interface ReportFilter {
  readonly state?: ReportStateWord;
  readonly priority?: Priority;
}

export const intakeApi = {
  reports: (narrowed: ReportFilter, cursor: string | undefined) =>
    need(
      client.GET('/v1/reports', {
        params: { query: { limit: PAGE_MAX, ...narrowed, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  /** `key` is the same for the same report sent again: it is taken once. */
  takeReport: (body: ReportContent, key: string) =>
    need(client.POST('/v1/reports', { body, params: { header: { 'Idempotency-Key': key } } })),
  /** A code for the reporter, shown once; the one before opens nothing any more. */
  giveClaim: (id: string) => need(client.POST('/v1/reports/{id}/claim', at(id))),
  /** `name` is percent-encoded: it goes in a header. */
  attach: (id: string, file: Blob, name: string) =>
    need(
      client.POST('/v1/reports/{id}/attachments', {
        params: { path: { id }, header: { 'stanch-document-name': name } },
        body: file as never,
        bodySerializer: (body: unknown) => body as Blob,
        headers: { 'content-type': 'application/octet-stream' },
      }),
    ),
  stepReport: (id: string, body: ReportStep) =>
    need(client.POST('/v1/reports/{id}/steps', { ...at(id), body })),
  stepCase: (id: string, body: CaseStep) => need(client.POST('/v1/cases/{id}/steps', { ...at(id), body })),
};
