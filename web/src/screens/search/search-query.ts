/** The search that an address asks for, and where its hits lead. */

import type { SearchHit, SearchKind } from '../../api/types';

export interface SearchAsked {
  readonly q?: string;
  readonly kinds?: readonly SearchKind[];
}

const KINDS: readonly SearchKind[] = [
  'report',
  'lead',
  'case',
  'order',
  'measure',
  'appeal',
  'evidence',
  'note',
  'task',
  'operation',
];

/** What stands in an address; what makes no sense is left out. */
export function readSearchAsked(search: Record<string, unknown>): SearchAsked {
  const { q, kinds } = search;
  const known = Array.isArray(kinds) ? KINDS.filter((kind) => kinds.includes(kind)) : [];
  return {
    ...(typeof q === 'string' && q !== '' ? { q } : {}),
    ...(known.length > 0 ? { kinds: known } : {}),
  };
}

/** The address of a search, to be saved. */
export function pathOfSearch({ q, kinds }: SearchAsked): string {
  const parts = [
    ...(q ? [`q=${encodeURIComponent(q)}`] : []),
    ...(kinds?.length ? [`kinds=${encodeURIComponent(JSON.stringify(kinds))}`] : []),
  ];
  return parts.length === 0 ? '/search' : `/search?${parts.join('&')}`;
}

/** The screen that shows a hit; null if it has none and belongs to no case. */
export function pathOfHit(hit: Pick<SearchHit, 'kind' | 'id' | 'case_id'>): string | null {
  switch (hit.kind) {
    case 'order':
      return `/orders/${hit.id}`;
    case 'measure':
      return `/measures/${hit.id}`;
    case 'appeal':
      return `/appeals/${hit.id}`;
    case 'report':
    case 'lead':
    case 'case':
    case 'evidence':
    case 'note':
    case 'task':
    case 'operation':
      return hit.case_id ? `/cases/${hit.case_id}` : null;
  }
}
