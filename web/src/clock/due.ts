/** How far a deadline is: pure, so that it can be tested without a clock. */

export type DueTone = 'far' | 'near' | 'late';

export interface Due {
  readonly tone: DueTone;
  /** How long until it, or since. */
  readonly ms: number;
}

/** `near` from `nearMs` before the deadline on; `late` from the deadline itself on. */
export function dueOf(at: number, now: number, nearMs: number): Due {
  const left = at - now;
  if (left <= 0) return { tone: 'late', ms: now - at };
  return { tone: left <= nearMs ? 'near' : 'far', ms: left };
}
