/** Which steps an order's state and a person's role allow: pure, so that it can be tested without a screen. */

import type { HoldScope, NewOrder, OrderKind, OrderState, OrderSummary, Role } from '../../api/types';
import { minorToJson, parseMinor } from '../../format/money';
import { isWholeReason } from '../../parts/whole-reason';

export type FollowKind = Exclude<OrderKind, 'stop_payment' | 'redemption_hold'>;

type Standing = Pick<OrderSummary, 'id' | 'kind' | 'state'>;

/** What may follow a hold of a kind, in the order of how often it is wanted. */
function followersOf(kind: OrderKind): readonly FollowKind[] {
  switch (kind) {
    case 'stop_payment':
      return ['freeze', 'stop_extension', 'stop_release'];
    case 'freeze':
      return ['freeze_extension', 'freeze_release'];
    case 'redemption_hold':
      return ['redemption_release'];
    case 'stop_extension':
    case 'stop_release':
    case 'freeze_extension':
    case 'freeze_release':
    case 'redemption_release':
      return [];
  }
}

/** Whether an order is neither decided, refused nor carried out yet. */
function isUnderWay(state: OrderState): boolean {
  switch (state.state) {
    case 'draft':
    case 'approved':
    case 'signed':
    case 'sent':
    case 'acked':
    case 'executing':
      return true;
    case 'withdrawn':
    case 'executed':
    case 'partially_executed':
    case 'refused':
    case 'failed':
    case 'active':
    case 'expired':
    case 'released':
    case 'converted':
    case 'returned':
      return false;
  }
}

/**
 * The kinds of order that may be drafted now after `order`; `children` are those drafted before. A stop is prolonged
 * once; the same step is not asked for twice while the first is under way.
 */
export function followUps(order: Standing, children: readonly Standing[]): FollowKind[] {
  const { state } = order;
  if (state.state !== 'active') return [];
  const busy = new Set<OrderKind>(
    children.filter((child) => isUnderWay(child.state)).map((child) => child.kind),
  );
  return followersOf(order.kind).filter(
    (kind) => !busy.has(kind) && !(kind === 'stop_extension' && state.extensions >= 1),
  );
}

export interface Decisions {
  readonly approve: boolean;
  readonly withdraw: boolean;
  /** The reader drafted it and would have to approve it: another person must. */
  readonly own: boolean;
}

/** What a person may do with an order that is not signed yet. An emergency stop needs one person only. */
export function decisionsOn(
  order: Pick<OrderSummary, 'kind' | 'state' | 'emergency' | 'created_by'>,
  person: { id: string; has: (role: Role) => boolean },
): Decisions {
  const isDraft = order.state.state === 'draft';
  const isAlone = order.emergency && order.kind === 'stop_payment';
  const own = isDraft && !isAlone && order.created_by.id === person.id;
  const works = person.has('analyst') || person.has('approver');
  return {
    approve: isDraft && person.has('approver') && !own,
    withdraw: works && (isDraft || order.state.state === 'approved'),
    own,
  };
}

export interface FollowForm {
  readonly body: string;
  readonly reference: string;
  readonly reason: string;
  /** How much a freeze holds; other kinds take over their parent's amount. */
  readonly amount: string;
  /** Why a freeze holds the whole account; `null` for a limited amount. */
  readonly whole: string | null;
}

export type FollowProblem = 'body' | 'reference' | 'reason' | 'amount' | 'too_much' | 'whole';

/** What a freeze holds at first: what the stop asked for, or what is held when it asked for the whole account. */
export function freezeMax(order: Pick<OrderSummary, 'scope' | 'state'>) {
  if (order.scope.mode !== 'whole_account') return order.scope.amount;
  return order.state.state === 'active' ? order.state.held : null;
}

/** What keeps the form from being sent. */
export function followProblems(
  kind: FollowKind,
  order: Pick<OrderSummary, 'scope' | 'state'>,
  form: FollowForm,
): FollowProblem[] {
  const problems: FollowProblem[] = [];
  if (form.body.trim() === '') problems.push('body');
  if (form.reference.trim() === '') problems.push('reference');
  if (form.reason.trim() === '') problems.push('reason');
  if (kind !== 'freeze') return problems;
  if (form.whole !== null) {
    if (!isWholeReason(form.whole)) problems.push('whole');
    return problems;
  }
  const max = freezeMax(order);
  const minor = max ? parseMinor(form.amount, max.currency) : null;
  if (minor === null || minor === 0n) problems.push('amount');
  else if (max && minor > BigInt(max.minor)) problems.push('too_much');
  return problems;
}

function freezeScope(order: Pick<OrderSummary, 'scope' | 'state'>, form: FollowForm): HoldScope | null {
  if (form.whole !== null) return { mode: 'whole_account', reason: form.whole.trim() };
  const max = freezeMax(order);
  const minor = max ? parseMinor(form.amount, max.currency) : null;
  const json = minor === null ? null : minorToJson(minor);
  return max && json !== null
    ? { mode: 'limited_amount', amount: { minor: json, currency: max.currency } }
    : null;
}

/** The request for a form without problems. */
export function followRequest(
  kind: FollowKind,
  order: Pick<OrderSummary, 'id' | 'scope' | 'state'>,
  form: FollowForm,
): NewOrder {
  return {
    kind,
    parent: order.id,
    reason: form.reason.trim(),
    authority: { body: form.body.trim(), reference: form.reference.trim() },
    ...(kind === 'freeze' ? { scope: freezeScope(order, form) } : {}),
  };
}
