/** The time that numbers are asked for, as days in the address: pure, so that it can be tested. */

import type { Period } from '../../api/record-endpoints';

const DAY_MS = 86_400_000;
/** The longest time that the server counts. */
export const DAYS_MAX = 1_098;
/** What is offered with one press. */
export const PRESETS: readonly number[] = [7, 30, 90, 365];
const USUAL_DAYS = 90;

export interface PeriodSearch {
  /** First day, `2026-11-23`, in the reader's zone. */
  readonly from?: string;
  /** Last day, which counts in full. */
  readonly to?: string;
}

const two = (value: number) => value.toString().padStart(2, '0');

/** The day of an instant in the reader's zone. */
export function dayOf(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The first instant of a day in the reader's zone, `after` days later; `NaN` if there is no such day. */
export function startOf(day: string, after = 0): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) return Number.NaN;
  const [year = 0, month = 0, date = 0] = match.slice(1).map(Number);
  const start = new Date(year, month - 1, date);
  // The 31st of a short month is the first of the next one: no such day.
  if (start.getMonth() !== month - 1 || start.getDate() !== date) return Number.NaN;
  return new Date(year, month - 1, date + after).getTime();
}

/** The days of the last `days`, today included. */
export function lastDays(days: number, now: number): Required<PeriodSearch> {
  const today = dayOf(now);
  return { from: dayOf(startOf(today, 1 - days)), to: today };
}

/** The days of an address, or the usual ones. */
export function daysOf(search: PeriodSearch, now: number): Required<PeriodSearch> {
  const { from, to } = search;
  return from && to && isPeriod(from, to) ? { from, to } : lastDays(USUAL_DAYS, now);
}

/** Whether the two days make a time that the server counts. */
export function isPeriod(from: string, to: string): boolean {
  const length = startOf(to, 1) - startOf(from);
  return length > 0 && length <= DAYS_MAX * DAY_MS;
}

/** The instants between which everything of these days lies. */
export function periodOf({ from, to }: Required<PeriodSearch>): Period {
  return { from: new Date(startOf(from)).toISOString(), to: new Date(startOf(to, 1)).toISOString() };
}

export function readPeriodSearch(search: Record<string, unknown>): PeriodSearch {
  const { from, to } = search;
  return typeof from === 'string' && typeof to === 'string' && isPeriod(from, to) ? { from, to } : {};
}

/** A length of time in seconds as people say it: `42 s`, `14:05`, `3:20:00`. */
export function secondsText(secs: number | null | undefined, elapsed: (ms: number) => string): string | null {
  return secs === null || secs === undefined ? null : elapsed(secs * 1000);
}

/** `part` of `whole` in tenths of a percent, without floating point; `null` for none. */
export function permille(part: number, whole: number): number | null {
  return whole <= 0 ? null : Math.round((part * 1000) / whole);
}

/** How long a bar is, 0 to 1: as its value is to the largest. Only lengths may lose digits, never figures. */
export function barLength(value: bigint, largest: bigint): number {
  if (largest <= 0n || value <= 0n) return 0;
  return Number((value * 10_000n) / largest) / 10_000;
}
