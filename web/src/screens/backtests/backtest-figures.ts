/** Figures of a backtest worked out for display: pure and exact. */

import type { Hits, RuleOverlap, RuleReport } from '../../api/types';
import { formatMoneyShort } from '../../format/money';

export type RuleSort = 'fired' | 'fraud' | 'good' | 'name';

/** Amounts by currency as text; a dash of none. */
export function amountText(amounts: Readonly<Record<string, number>>, locale: string): string {
  const shown = Object.entries(amounts)
    .filter(([currency]) => currency !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, minor]) => formatMoneyShort({ minor, currency }, locale));
  return shown.length === 0 ? '—' : shown.join(' + ');
}

/** Basis points as a share with one decimal; a dash of none. */
export function bpText(points: number | null | undefined, locale: string): string {
  if (points === null || points === undefined) return '—';
  return (points / 10_000).toLocaleString(locale, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}

/** The share that is done, rounded down so that only the whole is 100 %. */
export function shareText(done: number, total: number, locale: string): string {
  const percent = total > 0 ? Math.floor((100 * Math.min(done, total)) / total) : 100;
  return (percent / 100).toLocaleString(locale, { style: 'percent', maximumFractionDigits: 0 });
}

/** A difference with its sign; nothing of none. */
export function signed(difference: number, locale: string): string {
  return difference.toLocaleString(locale, { signDisplay: 'exceptZero' });
}

/** Rules in the order asked for; ties by name. */
export function sortRules(rules: readonly RuleReport[], sort: RuleSort): RuleReport[] {
  const weight = ({ events, fraud, good }: Hits): number => {
    switch (sort) {
      case 'fired':
        return events;
      case 'fraud':
        return fraud;
      case 'good':
        return good;
      case 'name':
        return 0;
    }
  };
  return [...rules].sort((a, b) => weight(b) - weight(a) || (a.rule < b.rule ? -1 : 1));
}

export interface OverlapMatrix {
  readonly rules: readonly string[];
  /** Events on which the rules of row and column fired; own firings on the diagonal. */
  readonly cells: readonly (readonly number[])[];
  /** The largest number off the diagonal. */
  readonly most: number;
}

/** The rules that overlap most, at most `size`, against each other. */
export function overlapMatrix(
  overlap: readonly RuleOverlap[],
  fired: ReadonlyMap<string, number>,
  size: number,
): OverlapMatrix {
  const chosen = new Set<string>();
  for (const { one, other } of overlap) {
    const more = [one, other].filter((name) => !chosen.has(name)).length;
    if (chosen.size + more > size) continue;
    chosen.add(one).add(other);
  }
  const rules = [...chosen].sort((a, b) => (fired.get(b) ?? 0) - (fired.get(a) ?? 0) || (a < b ? -1 : 1));
  const known = new Map(
    overlap.flatMap((pair) => [
      [`${pair.one} ${pair.other}`, pair.events],
      [`${pair.other} ${pair.one}`, pair.events],
    ]),
  );
  const cells = rules.map((row) =>
    rules.map((column) => (row === column ? (fired.get(row) ?? 0) : (known.get(`${row} ${column}`) ?? 0))),
  );
  const most = Math.max(0, ...cells.flatMap((line, at) => line.filter((_, column) => column !== at)));
  return { rules, cells, most };
}

/** A local date and time of a field (`2026-03-01T10:00`) as an instant; null when it is none. */
export function instantOf(local: string): string | null {
  const ms = Date.parse(local);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** An instant as a field of date and time takes it, in the reader's zone. */
export function localOf(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => value.toString().padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
