/** What may be done with a lead, by whom, and what a form must have first: the server decides all the same. */

import type { Lead, LeadStep, LeadStepWord, OutcomeKind } from '../../api/types';

/** `take` is to give it to oneself, and to begin at once. */
export type OfferedStep = LeadStepWord | 'take';

interface Me {
  readonly id: string;
  readonly isAnalyst: boolean;
}

/** The steps that `me` is offered, the usual one first. */
export function offeredSteps({ state }: Pick<Lead, 'state'>, me: Me): OfferedStep[] {
  if (!me.isAnalyst) return [];
  switch (state.state) {
    case 'new':
      return ['take', 'assign'];
    case 'assigned':
      return state.to === me.id ? ['investigate', 'assign'] : ['take', 'assign'];
    case 'investigating':
      return ['record_outcome', 'refer', 'no_action', 'merge', 'assign'];
    case 'referred':
    case 'no_action':
    case 'merged':
      return ['record_outcome'];
    case 'outcome_recorded':
      return [];
  }
}

const YEAR_MS = 366 * 86_400_000;
export const REASON_MAX = 500;
export const DETAIL_MAX = 2_000;
export const UNIT_MAX = 128;

export interface LeadDraft {
  readonly person: string;
  readonly unit: string;
  /** As a `datetime-local` field has it. */
  readonly due: string;
  readonly reason: string;
  readonly into: string;
  readonly kind: OutcomeKind | '';
  readonly detail: string;
  readonly toldBy: string;
}
export type LeadField = keyof LeadDraft;

export const NEW_DRAFT: LeadDraft = {
  person: '',
  unit: '',
  due: '',
  reason: '',
  into: '',
  kind: '',
  detail: '',
  toldBy: '',
};

export type FormStep = Exclude<LeadStepWord, 'investigate'>;

export const FIELDS: Readonly<Record<FormStep, readonly LeadField[]>> = {
  assign: ['person'],
  refer: ['unit', 'due'],
  no_action: ['reason'],
  merge: ['into'],
  record_outcome: ['kind', 'detail', 'toldBy'],
};

/** The fields of `step` that are not right yet, in their order on the screen. */
export function draftProblems(step: FormStep, draft: LeadDraft, now: number): LeadField[] {
  return FIELDS[step].filter((field) => {
    if (field === 'due') {
      const at = Date.parse(draft.due);
      return Number.isNaN(at) || at <= now || at > now + YEAR_MS;
    }
    return draft[field].trim() === '';
  });
}

/** The step as it is sent. Call it only without problems. */
export function stepOf(step: FormStep, draft: LeadDraft): LeadStep {
  switch (step) {
    case 'assign':
      return { step, to: draft.person };
    case 'refer':
      return { step, to: draft.unit.trim(), due_at: new Date(draft.due).toISOString() };
    case 'no_action':
      return { step, reason: draft.reason.trim() };
    case 'merge':
      return { step, into: draft.into };
    case 'record_outcome':
      return {
        step,
        kind: draft.kind as OutcomeKind,
        detail: draft.detail.trim(),
        told_by: draft.toldBy.trim(),
      };
  }
}
