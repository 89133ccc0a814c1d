/** What the analyst has chosen from a plan: pure, so that it can be tested without a screen. */

import type { PlanLine, PlanSubmission } from '../../api/types';
import { formatPlain, minorToJson, parseMinor } from '../../format/money';
import { isWholeReason } from '../../parts/whole-reason';

export interface LineEdit {
  readonly selected?: boolean;
  readonly hold?: string;
  /** Why the whole account must be held; `null` for a limited amount, the default. */
  readonly whole?: string | null;
}
export type Edits = ReadonlyMap<string, LineEdit>;

export interface Choice {
  readonly line: PlanLine;
  readonly key: string;
  readonly selected: boolean;
  readonly text: string;
  /** What is to be held; `null` when the text is no amount. */
  readonly minor: bigint | null;
  readonly whole: string | null;
  readonly problem: 'bad' | 'too_much' | 'whole' | null;
}

export interface Particulars {
  readonly body: string;
  readonly reference: string;
  readonly emergency: boolean;
  readonly reason: string;
}

export type ParticularsProblem = 'body' | 'reference' | 'reason' | 'lines' | 'amounts' | 'whole' | 'fund';

/** Edits follow the account, so that they outlive a new version of the plan. */
export const keyOf = (line: PlanLine): string =>
  `${line.target.institution}/${line.target.account}/${line.redemption_product ?? ''}`;

function problemOf(line: PlanLine, minor: bigint | null, whole: string | null): Choice['problem'] {
  if (whole !== null) return isWholeReason(whole) ? null : 'whole';
  if (minor === null || minor === 0n) return 'bad';
  // The plan's suggestion is the smaller of stolen and balance, less what other orders hold: no more may be held.
  return minor > BigInt(line.hold.minor) ? 'too_much' : null;
}

export function choicesOf(lines: readonly PlanLine[], edits: Edits): Choice[] {
  return lines.map((line) => {
    const key = keyOf(line);
    const edit = edits.get(key);
    const text = edit?.hold ?? formatPlain(line.hold);
    const minor = parseMinor(text, line.hold.currency);
    const whole = edit?.whole ?? null;
    const problem = problemOf(line, minor, whole);
    return { line, key, selected: edit?.selected ?? true, text, minor, whole, problem };
  });
}

/** What keeps the choice from being submitted. */
export function problemsOf(choices: readonly Choice[], particulars: Particulars): ParticularsProblem[] {
  const chosen = choices.filter((choice) => choice.selected);
  const problems: ParticularsProblem[] = [];
  if (chosen.length === 0) problems.push('lines');
  if (chosen.some(({ problem }) => problem === 'bad' || problem === 'too_much')) problems.push('amounts');
  if (chosen.some(({ problem }) => problem === 'whole')) problems.push('whole');
  const hasFund = chosen.some((choice) => Boolean(choice.line.redemption_product));
  const missing = { body: particulars.body.trim() === '', reference: particulars.reference.trim() === '' };
  if (!particulars.emergency || hasFund) {
    if (missing.body) problems.push('body');
    if (missing.reference) problems.push('reference');
    if (particulars.emergency && (missing.body || missing.reference)) problems.push('fund');
  }
  if (particulars.reason.trim() === '') problems.push('reason');
  return problems;
}

/** The request for a choice without problems. */
export function submissionOf(choices: readonly Choice[], particulars: Particulars): PlanSubmission {
  const body = particulars.body.trim();
  const reference = particulars.reference.trim();
  return {
    lines: choices
      .filter((choice) => choice.selected)
      .map(({ line, minor, whole }) => {
        if (whole !== null) return { rank: line.rank, whole_account_reason: whole.trim() };
        const json = minor === null || minor === BigInt(line.hold.minor) ? null : minorToJson(minor);
        return json === null
          ? { rank: line.rank }
          : { rank: line.rank, hold: { minor: json, currency: line.hold.currency } };
      }),
    authority: body && reference ? { body, reference } : null,
    emergency: particulars.emergency,
    reason: particulars.reason.trim(),
  };
}
