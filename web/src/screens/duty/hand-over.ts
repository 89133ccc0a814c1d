/** A shift's end and the next one's beginning: what must be there first. Pure; the server decides all the same. */

import type { Shift, ShiftEnd, Team } from '../../api/types';

export const NOTE_MAX = 5_000;
export const CASE_NOTE_MAX = 500;

/** What `me` may do about a team's shift now. */
export type ShiftStep = 'start_first' | 'start_after' | 'hand_over' | null;

/** `shifts` newest first, as the server gives them. */
export function shiftStep(
  team: Pick<Team, 'members'>,
  shifts: readonly Pick<Shift, 'state'>[],
  me: { readonly id: string; readonly works: boolean },
): ShiftStep {
  if (!me.works || !team.members.includes(me.id)) return null;
  const [last] = shifts;
  if (!last) return 'start_first';
  switch (last.state.state) {
    case 'running':
      return 'hand_over';
    case 'handed_over':
      return 'start_after';
    case 'acknowledged':
      // The shift that acknowledged it comes before it in the list: this is one that was read in between.
      return null;
  }
}

export interface HandOverDraft {
  readonly note: string;
  /** What is said of each case, by its id. */
  readonly cases: Readonly<Record<string, string>>;
}
export const NEW_HAND_OVER: HandOverDraft = { note: '', cases: {} };

/** What is still missing: `note`, or the id of a case of which nothing is said. */
export function handOverProblems(draft: HandOverDraft, urgent: readonly { readonly id: string }[]): string[] {
  const missing = urgent.filter(({ id }) => (draft.cases[id] ?? '').trim() === '').map(({ id }) => id);
  return draft.note.trim() === '' ? ['note', ...missing] : missing;
}

/** The note as it is sent; cases that are urgent no more are left out. */
export function handOverOf(draft: HandOverDraft, urgent: readonly { readonly id: string }[]): ShiftEnd {
  return {
    note: draft.note.trim(),
    cases: urgent.map(({ id }) => ({ case_id: id, note: (draft.cases[id] ?? '').trim() })),
  };
}
