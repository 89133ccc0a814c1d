/** What may be done with a report, and what is sent: the server decides all the same. */

import type { Report, ReportStep } from '../../api/types';
import { minorToJson, parseMinor } from '../../format/money';
import { wordsOf, type StepWords } from '../../parts/step-fields';

export type ReportStepWord = ReportStep['step'];

/** Most characters of what each step says. */
export const REPORT_WORDS_MAX = {
  amount: 24,
  text: 5_000,
  question: 500,
  reason: 500,
  answer: 2_000,
} as const;
export type ReportWord = keyof typeof REPORT_WORDS_MAX;

export const REPORT_WORDS: Readonly<Record<ReportStepWord, readonly ReportWord[]>> = {
  add: ['text'],
  ask: ['question'],
  prevent: ['amount'],
  not_fraud: ['reason'],
  close: ['reason', 'answer'],
};

/** The steps that a report's state allows, the usual one first. */
export function reportStepsOf({ state }: Pick<Report, 'state'>): ReportStepWord[] {
  switch (state.state) {
    case 'received':
      return ['add', 'prevent'];
    case 'triaged':
      return ['add', 'ask', 'prevent', 'not_fraud'];
    case 'merged':
    case 'lead_opened':
      return ['add', 'ask', 'prevent', 'close', 'not_fraud'];
    case 'needs_info':
      return ['add', 'prevent', 'close'];
    case 'not_fraud':
      return ['close', 'add'];
    case 'closed':
      return [];
  }
}

/** The currency that a report speaks of. */
export const currencyOf = ({ content }: Pick<Report, 'content'>): string =>
  content.payments[0]?.amount.currency ?? 'CNY';

/** The minor units of an amount that was typed; `null` when it is none that was kept. */
export function keptMinor(text: string, currency: string): number | null {
  const minor = parseMinor(text, currency);
  return minor === null || minor === 0n ? null : minorToJson(minor);
}

/** The step as it is sent. Call it only with all its words. */
export function reportStepOf(step: ReportStepWord, words: StepWords, currency: string): ReportStep {
  switch (step) {
    case 'add':
      return { step, text: wordsOf(words, 'text') };
    case 'ask':
      return { step, question: wordsOf(words, 'question') };
    case 'prevent':
      return { step, amount: { minor: keptMinor(wordsOf(words, 'amount'), currency) ?? 0, currency } };
    case 'not_fraud':
      return { step, reason: wordsOf(words, 'reason') };
    case 'close':
      return { step, reason: wordsOf(words, 'reason'), answer: wordsOf(words, 'answer') };
  }
}
