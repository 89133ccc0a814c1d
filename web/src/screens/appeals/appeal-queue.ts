/** The order of appeals and who may review which: what the server enforces, said beforehand. */

import type { Appeal, Measure } from '../../api/types';
import { msOf } from '../../format/time';

export type DeadlineKind = 'acknowledge' | 'ease' | 'decide';

export interface Deadline {
  readonly kind: DeadlineKind;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** Whether nothing more is to be decided. */
export function isClosed({ stands }: Appeal): boolean {
  return stands.state === 'decided' || stands.state === 'executed' || stands.state === 'external_review';
}

/** What must have happened next, and by when; `null` when nothing is due any more. */
export function nextDeadline(appeal: Appeal): Deadline | null {
  if (isClosed(appeal)) return null;
  const { acknowledge_by, decide_by, ease_by } = appeal.deadlines;
  const due: Deadline[] = [];
  const add = (kind: DeadlineKind, instant: string | null | undefined) => {
    const at = msOf(instant);
    if (at !== null) due.push({ kind, at });
  };
  if (appeal.stands.state === 'submitted') add('acknowledge', acknowledge_by);
  if (appeal.eased_at === null) add('ease', ease_by);
  add('decide', decide_by);
  return due.reduce<Deadline | null>((first, next) => (first && first.at <= next.at ? first : next), null);
}

/** Those on which somebody's livelihood hangs first, then what is due first; what is closed at the end, newest first. */
export function inOrder(appeals: readonly Appeal[]): Appeal[] {
  const filed = (appeal: Appeal) => msOf(appeal.filed_at) ?? 0;
  return [...appeals].sort((a, b) => {
    const [left, right] = [nextDeadline(a), nextDeadline(b)];
    if (!left || !right) return left ? -1 : right ? 1 : filed(b) - filed(a);
    const [first, second] = [a.livelihood === null, b.livelihood === null];
    if (first !== second) return first ? 1 : -1;
    return left.at - right.at || filed(a) - filed(b);
  });
}

/** Why a person may not review appeals against a measure; `null` when he may. */
export type NoReview = 'not_reviewer' | 'decided_it' | 'confirmed_it';

export function whyNot(
  measure: Pick<Measure, 'decided_by' | 'state'>,
  me: { readonly id: string; readonly name: string; readonly isReviewer: boolean },
): NoReview | null {
  if (!me.isReviewer) return 'not_reviewer';
  if (measure.decided_by.kind === 'user' && measure.decided_by.name === me.name) return 'decided_it';
  const { state } = measure;
  const confirmed = state.state === 'active' || state.state === 'eased' ? state.confirmed_by : null;
  return confirmed === me.id ? 'confirmed_it' : null;
}
