import { expect, it } from 'vitest';
import type { RuleReport } from '../../api/types';
import {
  amountText,
  bpText,
  instantOf,
  localOf,
  overlapMatrix,
  shareText,
  signed,
  sortRules,
} from './backtest-figures';

it('figures are written exactly', () => {
  expect(amountText({ USD: 150, CNY: 1_234_500 }, 'en-GB')).toBe('¥12,345 + $1.50');
  expect(amountText({}, 'en-GB')).toBe('—');
  expect([bpText(9_876, 'en-GB'), bpText(null, 'en-GB'), bpText(0, 'en-GB')]).toEqual(['98.8%', '—', '0.0%']);
  expect([shareText(1999, 2000, 'en-GB'), shareText(7, 5, 'en-GB'), shareText(0, 0, 'en-GB')]).toEqual([
    '99%',
    '100%',
    '100%',
  ]);
  expect([signed(3, 'en-GB'), signed(-1200, 'en-GB'), signed(0, 'en-GB')]).toEqual(['+3', '-1,200', '0']);
});

const rule = (name: string, events: number, fraud: number, good: number) =>
  ({ rule: name, events, fraud, good }) as RuleReport;

it('rules are sorted by what they did, then by name', () => {
  const rules = [rule('b', 2, 1, 1), rule('a', 2, 0, 2), rule('c', 9, 0, 0)];
  const names = (sort: Parameters<typeof sortRules>[1]) => sortRules(rules, sort).map((item) => item.rule);
  expect(names('fired')).toEqual(['c', 'a', 'b']);
  expect(names('fraud')).toEqual(['b', 'a', 'c']);
  expect(names('name')).toEqual(['a', 'b', 'c']);
});

it('the matrix is symmetric and holds the largest overlaps', () => {
  const overlap = [
    { one: 'a', other: 'b', events: 7 },
    { one: 'b', other: 'c', events: 5 },
    { one: 'd', other: 'e', events: 1 },
  ];
  const fired = new Map([
    ['a', 8],
    ['b', 20],
    ['c', 6],
  ]);
  expect(overlapMatrix(overlap, fired, 4)).toEqual({
    rules: ['b', 'a', 'c'],
    cells: [
      [20, 7, 5],
      [7, 8, 0],
      [5, 0, 6],
    ],
    most: 7,
  });
  expect(overlapMatrix([], fired, 4)).toEqual({ rules: [], cells: [], most: 0 });
});

it('fields of date and time are in the local zone', () => {
  const ms = Date.parse('2026-03-01T10:05');
  expect(localOf(ms)).toBe('2026-03-01T10:05');
  expect(instantOf(localOf(ms))).toBe(new Date(ms).toISOString());
  expect(instantOf('')).toBeNull();
});
