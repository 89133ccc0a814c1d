/** Who may do what with a batch: what the server enforces, said beforehand. */

import type { BatchSubject, MeasureBatch } from '../../api/types';

interface Person {
  readonly id: string;
  readonly isApprover: boolean;
  readonly isWorker: boolean;
}

/** The person who asked never approves or declines; what was carried out or is being so can be rolled back. */
export function stepsOn(batch: Pick<MeasureBatch, 'state' | 'asked_by'>, person: Person) {
  const { state } = batch.state;
  const isOwn = batch.asked_by.id === person.id;
  return {
    isOwn,
    approve: state === 'dry_run' && person.isApprover && !isOwn,
    rollBack: (state === 'applied' || state === 'applying') && person.isWorker,
  };
}

/** Lines that can be rolled back by themselves. */
export const linesToLift = (subjects: readonly BatchSubject[], chosen: ReadonlySet<number>): number[] =>
  subjects
    .filter((subject) => subject.result === 'imposed' && chosen.has(subject.line))
    .map((subject) => subject.line);
