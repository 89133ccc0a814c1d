/** Calls about measures, appeals against them, and batches of measures. */

import { PAGE_MAX, client, need } from './client';
import type { MeasureStateWord, MeasureWish, ReviewOutcome, SubjectResultWord, WrittenAppeal } from './types';

const at = (id: string) => ({ params: { path: { id } } });
const paged = (cursor: string | undefined) => ({ limit: PAGE_MAX, ...(cursor ? { cursor } : {}) });

/** What measures are narrowed by. */
export interface MeasureFilter {
  readonly state?: MeasureStateWord | undefined;
  readonly reexamine?: boolean | undefined;
  readonly operation?: string | undefined;
}

export const fairnessApi = {
  measures: ({ state, reexamine, operation }: MeasureFilter, cursor: string | undefined) =>
    need(
      client.GET('/v1/measures', {
        params: {
          query: {
            ...paged(cursor),
            ...(state ? { state } : {}),
            ...(reexamine ? { reexamine } : {}),
            ...(operation ? { operation_id: operation } : {}),
          },
        },
      }),
    ),
  measure: (id: string) => need(client.GET('/v1/measures/{id}', at(id))),
  /** `key` is the same for the same wish sent again: it is taken once. */
  impose: (wish: MeasureWish, key: string) =>
    need(client.POST('/v1/measures', { body: wish, params: { header: { 'Idempotency-Key': key } } })),
  /** What a caller says, written down by an agent. */
  fileAppeal: (id: string, body: WrittenAppeal) =>
    need(client.POST('/v1/measures/{id}/appeals', { ...at(id), body })),
  confirmMeasure: (id: string) => need(client.POST('/v1/measures/{id}/confirm', at(id))),
  liftMeasure: (id: string, reason: string) =>
    need(client.POST('/v1/measures/{id}/lift', { ...at(id), body: { reason } })),
  /** Lifted when there is a reason to, kept otherwise. */
  reexamine: (id: string, liftBecause: string | null) =>
    need(client.POST('/v1/measures/{id}/reexamine', { ...at(id), body: { lift_because: liftBecause } })),
  appeals: (all: boolean, cursor: string | undefined) =>
    need(client.GET('/v1/appeals', { params: { query: { ...paged(cursor), all } } })),
  appeal: (id: string) => need(client.GET('/v1/appeals/{id}', at(id))),
  takeAppeal: (id: string) => need(client.POST('/v1/appeals/{id}/take', at(id))),
  askAppeal: (id: string, asked: string) =>
    need(client.POST('/v1/appeals/{id}/ask', { ...at(id), body: { asked } })),
  easeAppeal: (id: string) => need(client.POST('/v1/appeals/{id}/ease', at(id))),
  decideAppeal: (id: string, outcome: ReviewOutcome, reason: string) =>
    need(client.POST('/v1/appeals/{id}/decide', { ...at(id), body: { outcome, reason } })),
  batches: (cursor: string | undefined) =>
    need(client.GET('/v1/measure-batches', { params: { query: paged(cursor) } })),
  /** Newline-delimited JSON: the wish, then one subject a line. The server makes the dry run and touches nobody. */
  askBatch: (file: Blob) =>
    need(
      client.POST('/v1/measure-batches', {
        body: file as never,
        bodySerializer: (body: unknown) => body as Blob,
        headers: { 'content-type': 'application/x-ndjson' },
      }),
    ),
  batch: (id: string) => need(client.GET('/v1/measure-batches/{id}', at(id))),
  subjects: (id: string, result: SubjectResultWord | undefined, cursor: string | undefined) =>
    need(
      client.GET('/v1/measure-batches/{id}/subjects', {
        params: { path: { id }, query: { ...paged(cursor), ...(result ? { result } : {}) } },
      }),
    ),
  approveBatch: (id: string) => need(client.POST('/v1/measure-batches/{id}/approve', at(id))),
  declineBatch: (id: string, reason: string) =>
    need(client.POST('/v1/measure-batches/{id}/decline', { ...at(id), body: { reason } })),
  rollBackBatch: (id: string, reason: string) =>
    need(client.POST('/v1/measure-batches/{id}/rollback', { ...at(id), body: { reason } })),
  rollBackLines: (id: string, lines: number[]) =>
    need(client.POST('/v1/measure-batches/{id}/subjects/rollback', { ...at(id), body: { lines } })),
};
