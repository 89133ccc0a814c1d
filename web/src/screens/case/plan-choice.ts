/** What the analyst has chosen from a plan: pure, so that it can be tested without a screen. */

import type { PlanLine, PlanSubmission } from '../../api/types';
import { formatPlain, minorToJson, parseMinor } from '../../format/money';

export interface LineEdit {
  readonly selected?: boolean;
  readonly hold?: string;
}
export type Edits = ReadonlyMap<string, LineEdit>;

export interface Choice {
  readonly line: PlanLine;
  readonly key: string;
  readonly selected: boolean;
  readonly text: string;
  /** What is to be held; `null` when the text is no amount. */
  readonly minor: bigint | null;
  readonly problem: 'bad' | 'too_much' | null;
}

export interface Particulars {
  readonly body: string;
  readonly reference: string;
  readonly emergency: boolean;
  readonly reason: string;
}

export type ParticularsProblem = 'body' | 'reference' | 'reason' | 'lines' | 'amounts' | 'fund';

/** Edits follow the account, so that they outlive a new version of the plan. */
export const keyOf = (line: PlanLine): string =>
  `${line.target.institution}/${line.target.account}/${line.redemption_product ?? ''}`;

/** The most that may be held: the smaller of stolen and balance. */
export function holdMax(line: PlanLine): bigint {
  const stolen = BigInt(line.stolen.minor);
  const balance = BigInt(line.balance.minor);
  return stolen < balance ? stolen : balance;
}

export function choicesOf(lines: readonly PlanLine[], edits: Edits): Choice[] {
  return lines.map((line) => {
    const key = keyOf(line);
    const edit = edits.get(key);
    const text = edit?.hold ?? formatPlain(line.hold);
    const minor = parseMinor(text, line.hold.currency);
    const bad = minor === null || minor === 0n;
    const problem = bad ? 'bad' : minor > holdMax(line) ? 'too_much' : null;
    return { line, key, selected: edit?.selected ?? true, text, minor, problem };
  });
}

/** What keeps the choice from being submitted. */
export function problemsOf(choices: readonly Choice[], particulars: Particulars): ParticularsProblem[] {
  const chosen = choices.filter((choice) => choice.selected);
  const problems: ParticularsProblem[] = [];
  if (chosen.length === 0) problems.push('lines');
  if (chosen.some((choice) => choice.problem)) problems.push('amounts');
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
      .map(({ line, minor }) => {
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
