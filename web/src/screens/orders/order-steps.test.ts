import { describe, expect, it } from 'vitest';
import type { OrderState, OrderSummary, Role } from '../../api/types';
import { decisionsOn, followProblems, followRequest, followUps, freezeMax } from './order-steps';

const AT = '2026-11-21T08:00:00Z';
const cny = (minor: number) => ({ minor, currency: 'CNY' });
const active = (extensions = 0): OrderState => ({
  state: 'active',
  since: AT,
  held: cny(50_000),
  expires_at: AT,
  extensions,
});
const order = (over: Partial<OrderSummary> = {}): OrderSummary => ({
  id: 'order_1',
  application_id: 'application_1',
  kind: 'stop_payment',
  case_id: 'case_1',
  case_number: '2026-000001',
  plan_id: null,
  parent: null,
  target: { institution: 'BK01', account: '6222' },
  holder_name: null,
  scope: { mode: 'limited_amount', amount: cny(60_000) },
  reason: 'fraud',
  authority: null,
  emergency: false,
  created_by: { id: 'user_1', name: 'Lin' },
  created_at: AT,
  state: active(),
  ...over,
});
const person = (id: string, ...roles: Role[]) => ({ id, has: (role: Role) => roles.includes(role) });
const form = { body: 'County bureau', reference: 'A-1', reason: 'filed', amount: '600', whole: null };

describe('what may follow a hold', () => {
  it('depends on its kind, and only while it is in force', () => {
    expect(followUps(order(), [])).toEqual(['freeze', 'stop_extension', 'stop_release']);
    expect(followUps(order({ kind: 'freeze' }), [])).toEqual(['freeze_extension', 'freeze_release']);
    expect(followUps(order({ kind: 'redemption_hold' }), [])).toEqual(['redemption_release']);
    expect(followUps(order({ kind: 'stop_release' }), [])).toEqual([]);
    expect(followUps(order({ state: { state: 'expired', at: AT } }), [])).toEqual([]);
  });
  it('prolongs a stop once, a freeze again and again', () => {
    expect(followUps(order({ state: active(1) }), [])).toEqual(['freeze', 'stop_release']);
    const freeze = order({ kind: 'freeze', state: active(3) });
    expect(followUps(freeze, [])).toContain('freeze_extension');
  });
  it('does not ask for the same step twice at once', () => {
    const child = (state: OrderState) => order({ id: 'order_2', kind: 'stop_release', state });
    expect(followUps(order(), [child({ state: 'sent', at: AT })])).not.toContain('stop_release');
    const refused: OrderState = { state: 'refused', at: AT, reason: 'mismatch', detail: '' };
    expect(followUps(order(), [child(refused)])).toContain('stop_release');
  });
});

describe('the second person', () => {
  const draft = order({ state: { state: 'draft' } });
  it('approves what another drafted', () => {
    expect(decisionsOn(draft, person('user_2', 'approver'))).toEqual({
      approve: true,
      withdraw: true,
      own: false,
    });
    expect(decisionsOn(draft, person('user_1', 'analyst', 'approver')).approve).toBe(false);
    expect(decisionsOn(draft, person('user_1', 'analyst', 'approver')).own).toBe(true);
    expect(decisionsOn(draft, person('user_2', 'analyst')).approve).toBe(false);
    expect(decisionsOn(draft, person('user_2', 'auditor')).withdraw).toBe(false);
  });
  it('is not needed for an emergency stop, and comes too late once it is signed', () => {
    const alone = { ...draft, emergency: true };
    expect(decisionsOn(alone, person('user_1', 'approver')).approve).toBe(true);
    const sent = order({ state: { state: 'sent', at: AT } });
    expect(decisionsOn(sent, person('user_2', 'approver'))).toEqual({
      approve: false,
      withdraw: false,
      own: false,
    });
  });
});

describe('a follow-up', () => {
  it('needs an authority and a reason', () => {
    const empty = { ...form, body: '', reference: ' ', reason: '' };
    expect(followProblems('stop_release', order(), empty)).toEqual(['body', 'reference', 'reason']);
    expect(followRequest('stop_release', order(), form)).toEqual({
      kind: 'stop_release',
      parent: 'order_1',
      reason: 'filed',
      authority: { body: 'County bureau', reference: 'A-1' },
    });
  });
  it('freezes a limited amount by default, never more than was stopped', () => {
    expect(followProblems('freeze', order(), form)).toEqual([]);
    expect(followRequest('freeze', order(), form).scope).toEqual({
      mode: 'limited_amount',
      amount: cny(60_000),
    });
    expect(followProblems('freeze', order(), { ...form, amount: '600.01' })).toEqual(['too_much']);
    expect(followProblems('freeze', order(), { ...form, amount: 'all' })).toEqual(['amount']);
  });
  it('freezes the whole account only with its reason', () => {
    expect(followProblems('freeze', order(), { ...form, whole: 'short' })).toEqual(['whole']);
    const whole = { ...form, whole: 'its balance changes every minute' };
    expect(followRequest('freeze', order(), whole).scope).toEqual({
      mode: 'whole_account',
      reason: 'its balance changes every minute',
    });
    const stopped = order({ scope: { mode: 'whole_account', reason: 'its balance changes' } });
    expect(freezeMax(stopped)).toEqual(cny(50_000));
  });
});
