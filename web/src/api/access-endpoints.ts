/** Calls about who is let in: open sessions, and keys of programs. */

import { PAGE_MAX, client, need } from './client';
import type { KeyWish } from './types';

const at = (id: string) => ({ params: { path: { id } } });
const whose = (userId: string | null) => ({ params: { query: userId === null ? {} : { user_id: userId } } });

export const accessApi = {
  /** `null`: one's own. */
  sessions: (userId: string | null) => need(client.GET('/v1/sessions', whose(userId))),
  endSession: (id: string) => need(client.DELETE('/v1/sessions/{id}', at(id))),
  /** All but the one that asks. */
  endSessions: (userId: string | null) => need(client.DELETE('/v1/sessions', whose(userId))),
  keys: (cursor: string | undefined) =>
    need(
      client.GET('/v1/api-keys', { params: { query: { limit: PAGE_MAX, ...(cursor ? { cursor } : {}) } } }),
    ),
  makeKey: (body: KeyWish) => need(client.POST('/v1/api-keys', { body })),
  revokeKey: (id: string) => need(client.DELETE('/v1/api-keys/{id}', at(id))),
};
