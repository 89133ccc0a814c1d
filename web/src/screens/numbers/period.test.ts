import { describe, expect, it } from 'vitest';
import {
  barLength,
  dayOf,
  daysOf,
  isPeriod,
  lastDays,
  periodOf,
  permille,
  readPeriodSearch,
  startOf,
} from './period';

const NOW = new Date(2026, 10, 23, 15, 30).getTime();

describe('the period', () => {
  it('is the last 90 days, today included, when the address says nothing right', () => {
    expect(daysOf({}, NOW)).toEqual({ from: '2026-08-26', to: '2026-11-23' });
    expect(daysOf({ from: '2026-11-23', to: '2026-11-01' }, NOW)).toEqual(lastDays(90, NOW));
    expect(lastDays(1, NOW)).toEqual({ from: '2026-11-23', to: '2026-11-23' });
  });
  it('counts its last day in full', () => {
    const { from, to } = periodOf({ from: '2026-11-01', to: '2026-11-23' });
    expect(Date.parse(from)).toBe(new Date(2026, 10, 1).getTime());
    expect(Date.parse(to)).toBe(new Date(2026, 10, 24).getTime());
  });
  it('is at most what the server counts, and of days that there are', () => {
    expect(isPeriod('2026-11-23', '2026-11-23')).toBe(true);
    expect(isPeriod('2026-11-24', '2026-11-23')).toBe(false);
    expect(isPeriod('2020-01-01', '2026-11-23')).toBe(false);
    expect(isPeriod('2026-02-31', '2026-11-23')).toBe(false);
    expect(startOf('2026-13-01')).toBeNaN();
    expect(dayOf(startOf('2026-02-28', 1))).toBe('2026-03-01');
    expect(readPeriodSearch({ from: '2026-11-01', to: 'x' })).toEqual({});
  });
});

describe('shares and bars', () => {
  it('are of something', () => {
    expect(permille(1, 3)).toBe(333);
    expect(permille(1, 0)).toBeNull();
  });
  it('are as long as their value, beyond what a float holds', () => {
    expect(barLength(5n, 10n)).toBe(0.5);
    expect(barLength(9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n)).toBe(1);
    expect(barLength(0n, 10n)).toBe(0);
    expect(barLength(1n, 0n)).toBe(0);
  });
});
