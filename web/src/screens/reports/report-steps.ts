/** What may be done with a report, and what is sent: the server decides all the same. */

import type { Report, ReportStep } from '../../api/types';
import { wordsOf, type StepWords } from '../../parts/step-fields';

export type ReportStepWord = ReportStep['step'];

/** Most characters of what each step says. */
export const REPORT_WORDS_MAX = { text: 5_000, question: 500, reason: 500, answer: 2_000 } as const;
export type ReportWord = keyof typeof REPORT_WORDS_MAX;

export const REPORT_WORDS: Readonly<Record<ReportStepWord, readonly ReportWord[]>> = {
  add: ['text'],
  ask: ['question'],
  not_fraud: ['reason'],
  close: ['reason', 'answer'],
};

/** The steps that a report's state allows, the usual one first. */
export function reportStepsOf({ state }: Pick<Report, 'state'>): ReportStepWord[] {
  switch (state.state) {
    case 'received':
      return ['add'];
    case 'triaged':
      return ['add', 'ask', 'not_fraud'];
    case 'merged':
    case 'lead_opened':
      return ['add', 'ask', 'close', 'not_fraud'];
    case 'needs_info':
      return ['add', 'close'];
    case 'not_fraud':
      return ['close', 'add'];
    case 'closed':
      return [];
  }
}

/** The step as it is sent. Call it only with all its words. */
export function reportStepOf(step: ReportStepWord, words: StepWords): ReportStep {
  switch (step) {
    case 'add':
      return { step, text: wordsOf(words, 'text') };
    case 'ask':
      return { step, question: wordsOf(words, 'question') };
    case 'not_fraud':
      return { step, reason: wordsOf(words, 'reason') };
    case 'close':
      return { step, reason: wordsOf(words, 'reason'), answer: wordsOf(words, 'answer') };
  }
}
