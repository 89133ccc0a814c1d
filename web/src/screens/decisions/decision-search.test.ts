import { expect, it } from 'vitest';
import { isFiltered, queryOf, readSearch } from './decision-search';

it('an address is read with care', () => {
  const good = { decision: 'hold', kind: 'payment', rule: 'r', period: 'day', field: 'payer' };
  expect(readSearch({ ...good, value: 'A-1', other: 1 })).toEqual(good);
  expect(
    readSearch({ decision: 'maybe', period: 'toString', kind: 7, rule: '', field: 'x'.repeat(129) }),
  ).toEqual({});
  expect(isFiltered(readSearch({}))).toBe(false);
});

it('periods end now and begin on a full minute', () => {
  const now = Date.parse('2026-03-01T10:00:42.5Z');
  expect(queryOf({ period: 'hour', kind: 'payment' }, now)).toEqual({
    decision: undefined,
    kind: 'payment',
    rule: undefined,
    from: '2026-03-01T09:00:00.000Z',
  });
  expect(queryOf({}, now).from).toBeUndefined();
});
