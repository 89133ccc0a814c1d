import { describe, expect, it } from 'vitest';
import { pathOfHit, pathOfSearch, readSearchAsked } from './search-query';

describe('readSearchAsked', () => {
  it('keeps words and known kinds', () => {
    expect(readSearchAsked({ q: '刷单', kinds: ['report', 'user'] })).toEqual({
      q: '刷单',
      kinds: ['report'],
    });
    expect(readSearchAsked({ q: 7, kinds: 'report' })).toEqual({});
  });
});

describe('pathOfSearch', () => {
  it('is read back by the router', () => {
    const asked = { q: '刷单 wx8899&x', kinds: ['report', 'case'] } as const;
    const url = new URL(pathOfSearch(asked), 'http://x');
    const kinds: unknown = JSON.parse(url.searchParams.get('kinds') ?? '');
    expect(readSearchAsked({ q: url.searchParams.get('q'), kinds })).toEqual(asked);
    expect(pathOfSearch({})).toBe('/search');
    expect(pathOfSearch(asked)).not.toMatch(/\s/);
  });
});

describe('pathOfHit', () => {
  it('leads to the record or its case', () => {
    expect(pathOfHit({ kind: 'order', id: 'order_1', case_id: 'case_1' })).toBe('/orders/order_1');
    expect(pathOfHit({ kind: 'note', id: 'note_1', case_id: 'case_1' })).toBe('/cases/case_1');
    expect(pathOfHit({ kind: 'operation', id: 'operation_1', case_id: null })).toBeNull();
  });
});
