/** What an analyst types about a measure: pure, so that it can be tested without a screen. */

import type { MeasureKind, MeasureWish, SignalKind, SubjectKind } from '../../api/types';
import { minorToJson, parseMinor } from '../../format/money';
import { instantOf } from '../backtests/backtest-figures';

/** Longest time of each kind, in hours: what the server enforces, said beforehand. */
export const HOURS_MAX: Readonly<Record<MeasureKind, number>> = {
  warn: 720,
  label: 720,
  reduce_reach: 720,
  delay_settlement: 48,
  extra_verification: 168,
  limit_function: 720,
  suspend: 2_160,
  close: 4_392,
  hold_content: 168,
  remove_content: 4_392,
};
/** What can be done to what. */
const FITS: Readonly<Record<SubjectKind, readonly MeasureKind[]>> = {
  account: [
    'warn',
    'label',
    'reduce_reach',
    'delay_settlement',
    'extra_verification',
    'limit_function',
    'suspend',
    'close',
  ],
  social_account: [
    'warn',
    'label',
    'reduce_reach',
    'extra_verification',
    'limit_function',
    'suspend',
    'close',
  ],
  content: ['warn', 'label', 'reduce_reach', 'hold_content', 'remove_content'],
};
export const SIGNALS_MAX = 16;
const CURRENCY = 'CNY';

export interface SignalDraft {
  readonly kind: SignalKind;
  readonly detail: string;
  /** Local time as the browser's field gives it. */
  readonly seenAt: string;
}

export interface ImposeDraft {
  readonly platform: string;
  readonly subjectKind: SubjectKind;
  readonly reference: string;
  readonly kind: MeasureKind;
  readonly scope: string;
  readonly hours: string;
  readonly basis: MeasureWish['ground']['basis'];
  readonly groundReference: string;
  readonly explanation: string;
  readonly facts: string;
  readonly signals: readonly SignalDraft[];
  /** What a machine had to do with it; both empty: nothing. */
  readonly detectorName: string;
  readonly detectorVersion: string;
  /** Money that is kept from its owner, in yuan; empty: none. */
  readonly held: string;
  readonly caseId: string;
  /** The operation it belongs to; empty: none. */
  readonly operation: string;
  readonly partners: readonly string[];
}

/** What a measure belongs to, where it is taken from there. */
export type Belongs = Pick<ImposeDraft, 'caseId' | 'operation'>;

export type ImposeField = Exclude<keyof ImposeDraft, 'signals'> | 'signals' | `signal${number}`;

export function kindsFor(subject: SubjectKind): readonly MeasureKind[] {
  return FITS[subject];
}

export function newDraft(now: string, belongs: Belongs): ImposeDraft {
  return {
    platform: '',
    subjectKind: 'account',
    reference: '',
    kind: 'suspend',
    scope: '',
    hours: '72',
    basis: 'illegal_content',
    groundReference: '',
    explanation: '',
    facts: '',
    signals: [{ kind: 'payment', detail: '', seenAt: now }],
    detectorName: '',
    detectorVersion: '',
    held: '',
    ...belongs,
    partners: [],
  };
}

/** The draft on another kind of subject: the measure stays where it can. */
export function onSubject(draft: ImposeDraft, subjectKind: SubjectKind): ImposeDraft {
  const kinds = kindsFor(subjectKind);
  return { ...draft, subjectKind, kind: kinds.includes(draft.kind) ? draft.kind : (kinds[0] ?? 'warn') };
}

function hoursOf(draft: ImposeDraft): number | null {
  const text = draft.hours.normalize('NFKC').trim();
  if (!/^\d{1,4}$/.test(text)) return null;
  const hours = Number(text);
  return hours >= 1 && hours <= HOURS_MAX[draft.kind] ? hours : null;
}

/** The fields at fault, in the order of the screen. */
export function draftProblems(draft: ImposeDraft): ImposeField[] {
  const problems: ImposeField[] = [];
  const rule = (holds: boolean, field: ImposeField) => {
    if (!holds) problems.push(field);
  };
  const told = (field: 'reference' | 'scope' | 'groundReference' | 'explanation' | 'facts') =>
    rule(draft[field].trim() !== '', field);
  rule(draft.platform !== '', 'platform');
  told('reference');
  rule(kindsFor(draft.subjectKind).includes(draft.kind), 'kind');
  told('scope');
  rule(hoursOf(draft) !== null, 'hours');
  told('groundReference');
  told('explanation');
  told('facts');
  rule(draft.signals.length > 0, 'signals');
  draft.signals.forEach(({ detail, seenAt }, index) =>
    rule(detail.trim() !== '' && instantOf(seenAt) !== null, `signal${index}`),
  );
  const [name, version] = [draft.detectorName.trim(), draft.detectorVersion.trim()];
  rule(name !== '' || version === '', 'detectorName');
  rule(version !== '' || name === '', 'detectorVersion');
  const held = draft.held.trim() === '' ? 0n : parseMinor(draft.held, CURRENCY);
  rule(held !== null && minorToJson(held) !== null, 'held');
  rule(draft.caseId.trim() === '' || /^case_[0-9a-f]{32}$/.test(draft.caseId.trim()), 'caseId');
  return problems;
}

/** The request for a draft without problems. */
export function wishOf(draft: ImposeDraft): MeasureWish {
  const name = draft.detectorName.trim();
  const minor = draft.held.trim() === '' ? null : minorToJson(parseMinor(draft.held, CURRENCY) ?? 0n);
  const caseId = draft.caseId.trim();
  return {
    subject: { platform: draft.platform, kind: draft.subjectKind, reference: draft.reference.trim() },
    kind: draft.kind,
    scope: draft.scope.trim(),
    ground: {
      basis: draft.basis,
      reference: draft.groundReference.trim(),
      explanation: draft.explanation.trim(),
    },
    facts: draft.facts.trim(),
    signals: draft.signals.map(({ kind, detail, seenAt }) => ({
      kind,
      detail: detail.trim(),
      seen_at: instantOf(seenAt) ?? '',
    })),
    automation: name === '' ? 'not_automated' : 'partially',
    lasts_hours: hoursOf(draft) ?? 0,
    partners: draft.partners.filter((code) => code !== draft.platform),
    ...(name === '' ? {} : { detector: { name, version: draft.detectorVersion.trim() } }),
    ...(minor === null || minor === 0 ? {} : { money_held: { minor, currency: CURRENCY } }),
    ...(caseId === '' ? {} : { case_id: caseId }),
    ...(draft.operation === '' ? {} : { operation_id: draft.operation }),
  };
}

const POINTERS: Readonly<Record<string, ImposeField>> = {
  '/subject/platform': 'platform',
  '/subject/kind': 'subjectKind',
  '/subject/reference': 'reference',
  '/subject': 'reference',
  '/kind': 'kind',
  '/scope': 'scope',
  '/lasts_hours': 'hours',
  '/ground/basis': 'basis',
  '/ground/reference': 'groundReference',
  '/ground/explanation': 'explanation',
  '/facts': 'facts',
  '/signals': 'signals',
  '/detector': 'detectorName',
  '/detector/name': 'detectorName',
  '/detector/version': 'detectorVersion',
  '/automation': 'detectorName',
  '/money_held': 'held',
  '/money_held/minor': 'held',
  '/case_id': 'caseId',
  '/operation_id': 'operation',
  '/partners': 'partners',
};

/** The field that a JSON pointer of the server's answer names. */
export function fieldOfPointer(pointer: string): ImposeField | null {
  const signal = /^\/signals\/(\d+)/.exec(pointer)?.[1];
  if (signal !== undefined) return `signal${Number(signal)}`;
  if (pointer.startsWith('/partners/')) return 'partners';
  return POINTERS[pointer] ?? null;
}

/** The element that has the field, for the focus. */
export const idOf = (field: ImposeField): string => `impose-${field}`;
