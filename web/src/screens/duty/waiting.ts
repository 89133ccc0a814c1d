/** The order of the queue and what one does with it: pure, so that it can be tested without a screen. */

import type { BulkResult, DeskCase } from '../../api/types';
import { msOf } from '../../format/time';

/** By when somebody must have taken it, in milliseconds. */
export const takeBy = (item: Pick<DeskCase, 'take_by'>): number => msOf(item.take_by) ?? 0;

export const isLate = (item: Pick<DeskCase, 'take_by'>, now: number): boolean => takeBy(item) <= now;

/** What is overdue first; within that the most urgent, then what was to be taken first. */
export function queueOrder(items: readonly DeskCase[], now: number): DeskCase[] {
  return [...items].sort(
    (a, b) =>
      Number(isLate(b, now)) - Number(isLate(a, now)) ||
      a.priority.localeCompare(b.priority) ||
      takeBy(a) - takeBy(b),
  );
}

export interface BulkSum {
  readonly done: number;
  readonly refused: readonly { readonly number: string; readonly why: string }[];
}

/** What came of a step with many cases, by the numbers that people know. */
export function bulkSum(results: readonly BulkResult[], numbers: ReadonlyMap<string, string>): BulkSum {
  const refused = results.flatMap(({ case_id, refused: why }) =>
    why === null ? [] : [{ number: numbers.get(case_id) ?? `…${case_id.slice(-6)}`, why }],
  );
  return { done: results.length - refused.length, refused };
}
