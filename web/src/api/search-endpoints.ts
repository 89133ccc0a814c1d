/** Calls of search and saved lists. */

import { client, need } from './client';
import type { SearchKind } from './types';

export const searchApi = {
  search: (words: string, kinds: readonly SearchKind[], cursor: string | undefined) =>
    need(
      client.POST('/v1/search', {
        body: { words, kinds: [...kinds], ...(cursor ? { cursor } : {}) },
      }),
    ),
  views: () => need(client.GET('/v1/views')),
  saveView: (name: string, path: string, shared: boolean) =>
    need(client.POST('/v1/views', { body: { name, path, shared } })),
  removeView: (id: string) => need(client.DELETE('/v1/views/{id}', { params: { path: { id } } })),
};
