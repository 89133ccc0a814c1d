/** What may be done with a case, and what is sent: the server decides all the same. */

import type { CaseDetail, CaseStep, LeadStateWord } from '../../api/types';
import { wordsOf, type StepWords } from '../../parts/step-fields';

export type CaseStepWord = CaseStep['step'];

/** Most characters of what each step says. */
export const CASE_WORDS_MAX = { reference: 500, reason: 500, outcome: 500, answer: 2_000 } as const;
export type CaseWord = keyof typeof CASE_WORDS_MAX;

export const CASE_WORDS: Readonly<Record<CaseStepWord, readonly CaseWord[]>> = {
  file: ['reference'],
  solve: [],
  suspend: ['reason'],
  withdraw: ['reason'],
  close: ['outcome', 'answer'],
};

function allowed(state: CaseDetail['state']['state']): CaseStepWord[] {
  switch (state) {
    case 'open':
      return ['file', 'withdraw'];
    case 'filed':
      return ['solve', 'suspend', 'withdraw'];
    case 'suspended':
      return ['file', 'close'];
    case 'solved':
    case 'withdrawn':
      return ['close'];
    case 'closed':
      return [];
  }
}

interface OfferedCaseSteps {
  readonly steps: readonly CaseStepWord[];
  /** Whether only the outcome of the lead keeps the case from being closed. */
  readonly waitsForLead: boolean;
}

/** The steps that a case's state allows; none is closed while its lead has no outcome. */
export function caseStepsOf(
  state: CaseDetail['state']['state'],
  lead: LeadStateWord | null,
): OfferedCaseSteps {
  const steps = allowed(state);
  const waitsForLead = steps.includes('close') && lead !== null && lead !== 'outcome_recorded';
  return { steps: waitsForLead ? steps.filter((step) => step !== 'close') : steps, waitsForLead };
}

/** The step as it is sent. Call it only with all its words. */
export function caseStepOf(step: CaseStepWord, words: StepWords): CaseStep {
  switch (step) {
    case 'file':
      return { step, reference: wordsOf(words, 'reference') };
    case 'solve':
      return { step };
    case 'suspend':
    case 'withdraw':
      return { step, reason: wordsOf(words, 'reason') };
    case 'close':
      return { step, outcome: wordsOf(words, 'outcome'), answer: wordsOf(words, 'answer') };
  }
}
