/** The golden hour as five marks (t0 paid, t1 reported, t2 traced, t3 order sent, t4 held) and one running clock. */

import { msOf } from '../format/time';

export interface CaseClock {
  readonly transfer_at?: string | null;
  readonly report_at: string;
  readonly trace_at?: string | null;
  readonly order_sent_at?: string | null;
  readonly executed_at?: string | null;
}

export const MARKS = ['t0', 't1', 't2', 't3', 't4'] as const;
export type MarkName = (typeof MARKS)[number];

export interface Mark {
  readonly name: MarkName;
  readonly at: number | null;
  /** Milliseconds after t0 (after t1 when t0 is unknown). */
  readonly sinceStart: number | null;
  readonly state: 'done' | 'running' | 'waiting';
}

export interface GoldenClock {
  readonly marks: readonly Mark[];
  readonly startAt: number;
  /** Time from the payment to the first money held, or until now. */
  readonly elapsed: number;
  readonly stopped: boolean;
}

/** The marks as they stand at `now`. The first mark still missing is the one that runs. */
export function readClock(clock: CaseClock, now: number): GoldenClock {
  const reported = msOf(clock.report_at) ?? now;
  const times: (number | null)[] = [
    msOf(clock.transfer_at),
    reported,
    msOf(clock.trace_at),
    msOf(clock.order_sent_at),
    msOf(clock.executed_at),
  ];
  const startAt = times[0] ?? reported;
  const stopAt = times[4] ?? null;
  let runningTaken = stopAt !== null;
  const marks = MARKS.map((name, index): Mark => {
    const at = times[index] ?? null;
    if (at !== null) return { name, at, sinceStart: at - startAt, state: 'done' };
    // t0 can be unknown for good: it never runs.
    if (runningTaken || index === 0) return { name, at, sinceStart: null, state: 'waiting' };
    runningTaken = true;
    return { name, at, sinceStart: now - startAt, state: 'running' };
  });
  return { marks, startAt, elapsed: (stopAt ?? now) - startAt, stopped: stopAt !== null };
}
