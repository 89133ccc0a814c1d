/** What an analyst types while a victim is on the phone: pure, so that it can be tested without a screen. */

import type { Consent, PaymentChannel, Relation, ReportContent } from '../../api/types';
import { minorToJson, parseMinor } from '../../format/money';
import { instantOf } from '../backtests/backtest-figures';

export const PAYMENTS_MAX = 64;
export const NARRATIVE_MAX = 5_000;
export const COUNTERPART_MAX = 256;
export const CHANNEL_MAX = 64;
/** How far the caller's clock may run ahead, and since when things may have happened: the server's rules. */
const AHEAD_MS = 24 * 3_600_000;
const EARLIEST_MS = Date.UTC(1990, 0, 1);

export interface PaymentDraft {
  /** As a `datetime-local` field has it. */
  readonly at: string;
  readonly amount: string;
  readonly fromInstitution: string;
  readonly fromAccount: string;
  readonly toInstitution: string;
  readonly toAccount: string;
  readonly toName: string;
  readonly txId: string;
  readonly channel: PaymentChannel | '';
}

export interface HotlineDraft {
  readonly stillPaying: boolean;
  readonly stillInContact: boolean;
  readonly remoteControlled: boolean;
  readonly currency: string;
  readonly payments: readonly PaymentDraft[];
  readonly narrative: string;
  readonly contactChannel: string;
  readonly counterpart: string;
  readonly contactedAt: string;
  readonly relation: Relation | '';
  readonly name: string;
  readonly phone: string;
  readonly consent: Consent | '';
}
type TopField = Exclude<
  keyof HotlineDraft,
  'payments' | 'stillPaying' | 'stillInContact' | 'remoteControlled'
>;
export type PaymentField = keyof PaymentDraft;
/** A field as the screen names it: those of the first payment begin with `p0-`. */
export type HotlineField = TopField | `p${number}-${PaymentField}`;

const NEW_PAYMENT: PaymentDraft = {
  at: '',
  amount: '',
  fromInstitution: '',
  fromAccount: '',
  toInstitution: '',
  toAccount: '',
  toName: '',
  txId: '',
  channel: '',
};

export const NEW_HOTLINE: HotlineDraft = {
  stillPaying: false,
  stillInContact: false,
  remoteControlled: false,
  currency: 'CNY',
  payments: [NEW_PAYMENT],
  narrative: '',
  contactChannel: '',
  counterpart: '',
  contactedAt: '',
  relation: '',
  name: '',
  phone: '',
  consent: '',
};

/** One payment more: most victims pay from one account, so that it is there already. */
export function withPayment(draft: HotlineDraft): HotlineDraft {
  const last = draft.payments.at(-1);
  const from = last ? { fromInstitution: last.fromInstitution, fromAccount: last.fromAccount } : {};
  return { ...draft, payments: [...draft.payments, { ...NEW_PAYMENT, ...from }] };
}

/** An account number as the server keeps it: without the spaces that people read it out with. */
const plainAccount = (text: string): string => text.normalize('NFKC').replace(/\s/g, '');

function isTime(text: string, now: number): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && ms >= EARLIEST_MS && ms <= now + AHEAD_MS;
}

/** The amount in minor units that JSON carries exactly; `null` where it is none, or nothing. */
export function minorOf(text: string, currency: string): number | null {
  const minor = parseMinor(text, currency);
  return minor === null || minor === 0n ? null : minorToJson(minor);
}

/** What was paid in all, in minor units; `null` while an amount is missing. */
export function totalMinor(draft: HotlineDraft): bigint | null {
  const amounts = draft.payments.map(({ amount }) => minorOf(amount, draft.currency));
  if (amounts.some((amount) => amount === null)) return null;
  return amounts.reduce((sum, amount) => sum + BigInt(amount ?? 0), 0n);
}

function paymentProblems(payment: PaymentDraft, draft: HotlineDraft, now: number): PaymentField[] {
  const isAccount = (text: string) => /^[A-Za-z0-9._-]{1,34}$/.test(plainAccount(text));
  const same =
    payment.fromInstitution === payment.toInstitution &&
    plainAccount(payment.fromAccount) === plainAccount(payment.toAccount);
  const txId = payment.txId.trim();
  const named = draft.payments.filter((other) => other.txId.trim() === txId).length;
  const rules: [PaymentField, boolean][] = [
    ['at', isTime(payment.at, now)],
    ['amount', minorOf(payment.amount, draft.currency) !== null],
    ['fromInstitution', payment.fromInstitution !== ''],
    ['fromAccount', isAccount(payment.fromAccount)],
    ['toInstitution', payment.toInstitution !== ''],
    ['toAccount', isAccount(payment.toAccount) && !same],
    ['txId', txId === '' || (/^[!-~]{1,64}$/.test(txId) && named === 1)],
  ];
  return rules.flatMap(([field, holds]) => (holds ? [] : [field]));
}

/** The fields that are not right yet, in the order of the screen. */
export function hotlineProblems(draft: HotlineDraft, now: number): HotlineField[] {
  const rules: [TopField, boolean][] = [
    ['narrative', draft.narrative.trim() !== ''],
    ['contactedAt', draft.contactedAt === '' || isTime(draft.contactedAt, now)],
    ['relation', draft.relation !== ''],
    [
      'phone',
      draft.phone.trim() === '' || /^[+\d][\d\s()-]{4,24}$/.test(draft.phone.normalize('NFKC').trim()),
    ],
    ['consent', draft.consent !== ''],
  ];
  return [
    ...(/^[A-Z]{3}$/.test(draft.currency) ? [] : (['currency'] as const)),
    ...draft.payments.flatMap((payment, nth) =>
      paymentProblems(payment, draft, now).map((field): HotlineField => `p${nth}-${field}`),
    ),
    ...rules.flatMap(([field, holds]) => (holds ? [] : [field])),
  ];
}

/** `{ [name]: text }` without the blanks around it, or nothing where nothing was told. */
function told<K extends string>(name: K, text: string): Partial<Record<K, string>> {
  const plain = text.trim();
  return plain === '' ? {} : ({ [name]: plain } as Record<K, string>);
}

/** The report of a draft without problems. */
export function contentOf(draft: HotlineDraft): ReportContent {
  return {
    reporter: {
      relation: draft.relation as Relation,
      ...told('name', draft.name),
      ...told('phone', draft.phone),
    },
    narrative: draft.narrative.trim(),
    payments: draft.payments.map((payment) => ({
      occurred_at: instantOf(payment.at) ?? '',
      amount: { minor: minorOf(payment.amount, draft.currency) ?? 0, currency: draft.currency },
      from: { institution: payment.fromInstitution, account: plainAccount(payment.fromAccount) },
      to: { institution: payment.toInstitution, account: plainAccount(payment.toAccount) },
      ...told('to_name', payment.toName),
      ...told('tx_id', payment.txId),
      ...(payment.channel === '' ? {} : { channel: payment.channel }),
    })),
    still_paying: draft.stillPaying,
    still_in_contact: draft.stillInContact,
    remote_controlled: draft.remoteControlled,
    consent: draft.consent as Consent,
    ...(draft.contactedAt === '' ? {} : { contacted_at: instantOf(draft.contactedAt) ?? '' }),
    ...told('contact_channel', draft.contactChannel),
    ...told('counterpart', draft.counterpart),
  };
}

const TOP: Readonly<Record<string, TopField>> = {
  '/narrative': 'narrative',
  '/contacted_at': 'contactedAt',
  '/contact_channel': 'contactChannel',
  '/counterpart': 'counterpart',
  '/reporter': 'relation',
  '/reporter/relation': 'relation',
  '/reporter/name': 'name',
  '/reporter/phone': 'phone',
  '/consent': 'consent',
};
const OF_PAYMENT: Readonly<Record<string, PaymentField>> = {
  '': 'at',
  '/occurred_at': 'at',
  '/amount': 'amount',
  '/amount/minor': 'amount',
  '/from': 'fromAccount',
  '/from/institution': 'fromInstitution',
  '/from/account': 'fromAccount',
  '/to': 'toAccount',
  '/to/institution': 'toInstitution',
  '/to/account': 'toAccount',
  '/to_name': 'toName',
  '/tx_id': 'txId',
  '/channel': 'channel',
};

/** The field that a JSON pointer of the server's answer names. */
export function fieldOfPointer(pointer: string): HotlineField | null {
  const match = /^\/payments(?:\/(\d+)(.*))?$/.exec(pointer);
  if (!match) return TOP[pointer] ?? null;
  if (match[2] === '/amount/currency') return 'currency';
  const field = OF_PAYMENT[match[2] ?? ''];
  return field ? `p${Number(match[1] ?? 0)}-${field}` : null;
}

/** The element that has the field, for the focus. */
export const idOf = (field: HotlineField): string => `hotline-${field}`;
