/** Seized goods as somebody types them: pure, so that it can be tested without a screen. */

import type { SeizureContent } from '../../api/types';
import { minorToJson, parseMinor } from '../../format/money';
import { instantOf } from '../backtests/backtest-figures';

export const WORDS_MAX = 500;
const QUANTITY_MAX = 1_000_000;

export interface SeizureDraft {
  readonly goods: string;
  readonly quantity: string;
  readonly worth: string;
  readonly currency: string;
  /** As a `datetime-local` field has it. */
  readonly seizedAt: string;
  readonly reference: string;
  readonly keeper: string;
}
export type SeizureField = keyof SeizureDraft;

export const NEW_SEIZURE: SeizureDraft = {
  goods: '',
  quantity: '1',
  worth: '',
  currency: 'CNY',
  seizedAt: '',
  reference: '',
  keeper: '',
};

/** How many, as people type it; NaN where it is no number. */
const quantityOf = ({ quantity }: SeizureDraft): number => {
  const plain = quantity.normalize('NFKC').replace(/[\s,]/g, '');
  return /^\d+$/.test(plain) ? Number(plain) : NaN;
};

function worthOf({ worth, currency }: SeizureDraft): number | null {
  const minor = parseMinor(worth, currency);
  return minor === null ? null : minorToJson(minor);
}

/** The fields at fault, in their order on the screen. */
export function seizureProblems(draft: SeizureDraft, now: number): SeizureField[] {
  const said = (text: string) => {
    const { length } = Array.from(text.trim());
    return length > 0 && length <= WORDS_MAX;
  };
  const quantity = quantityOf(draft);
  const isPriceless = draft.worth.trim() === '';
  const seizedAt = Date.parse(draft.seizedAt);
  const rules: [SeizureField, boolean][] = [
    ['goods', said(draft.goods)],
    ['quantity', quantity >= 1 && quantity <= QUANTITY_MAX],
    ['worth', isPriceless || worthOf(draft) !== null],
    ['currency', isPriceless || /^[A-Z]{3}$/.test(draft.currency)],
    ['seizedAt', !Number.isNaN(seizedAt) && seizedAt <= now],
    ['reference', said(draft.reference)],
    ['keeper', said(draft.keeper)],
  ];
  return rules.filter(([, holds]) => !holds).map(([field]) => field);
}

/** What is sent of a draft without problems. */
export function seizureOf(draft: SeizureDraft): SeizureContent {
  const minor = draft.worth.trim() === '' ? null : worthOf(draft);
  return {
    goods: draft.goods.trim(),
    quantity: quantityOf(draft),
    worth: minor === null ? null : { minor, currency: draft.currency },
    seized_at: instantOf(draft.seizedAt) ?? '',
    reference: draft.reference.trim(),
    keeper: draft.keeper.trim(),
  };
}
