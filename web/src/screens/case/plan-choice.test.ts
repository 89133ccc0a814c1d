import { describe, expect, it } from 'vitest';
import type { PlanLine } from '../../api/types';
import { choicesOf, keyOf, problemsOf, submissionOf } from './plan-choice';

const cny = (minor: number) => ({ minor, currency: 'CNY' });
const line = (rank: number, over: Partial<PlanLine> = {}): PlanLine => ({
  rank,
  target: { institution: 'BK01', account: `62220000000${rank}` },
  account_kind: 'person',
  tier: 1,
  stolen: cny(50_000),
  balance: cny(80_000),
  hold: cny(50_000),
  survival: 8000,
  expected: cny(40_000),
  reason: { code: 'first_recipient', payments: 1 },
  ...over,
});
const urgent = { body: '', reference: '', emergency: true, reason: 'fraud' };

describe('plan choice', () => {
  it('takes every line with its suggested hold at first', () => {
    const choices = choicesOf([line(1), line(2)], new Map());
    expect(problemsOf(choices, urgent)).toEqual([]);
    expect(submissionOf(choices, urgent)).toEqual({
      lines: [{ rank: 1 }, { rank: 2 }],
      authority: null,
      emergency: true,
      reason: 'fraud',
    });
  });
  it('follows edits, and refuses more than the plan suggests', () => {
    const one = line(1);
    const edited = choicesOf([one, line(2)], new Map([[keyOf(one), { hold: '499.99' }]]));
    expect(submissionOf(edited, urgent).lines[0]).toEqual({ rank: 1, hold: cny(49_999) });
    const tooMuch = choicesOf([one], new Map([[keyOf(one), { hold: '500.01' }]]));
    expect(tooMuch[0]?.problem).toBe('too_much');
    expect(problemsOf(tooMuch, urgent)).toEqual(['amounts']);
    const zero = choicesOf([one], new Map([[keyOf(one), { hold: '0' }]]));
    expect(zero[0]?.problem).toBe('bad');
  });
  it('holds a whole account only with a reason of ten characters or more', () => {
    const one = line(1);
    const edit = (whole: string | null) => choicesOf([one], new Map([[keyOf(one), { hold: 'x', whole }]]));
    expect(problemsOf(edit(''), urgent)).toEqual(['whole']);
    expect(problemsOf(edit('  too short '), urgent)).toEqual(['whole']);
    const whole = edit(' 账户余额逐分钟变化无法确定 ');
    expect(problemsOf(whole, urgent)).toEqual([]);
    expect(submissionOf(whole, urgent).lines).toEqual([
      { rank: 1, whole_account_reason: '账户余额逐分钟变化无法确定' },
    ]);
    expect(problemsOf(edit(null), urgent)).toEqual(['amounts']);
  });
  it('needs an authority unless it is an emergency stop, and always for fund units', () => {
    const choices = choicesOf([line(1)], new Map());
    expect(problemsOf(choices, { ...urgent, emergency: false })).toEqual(['body', 'reference']);
    const fund = choicesOf([line(1, { redemption_product: 'MMF-1' })], new Map());
    expect(problemsOf(fund, urgent)).toEqual(['body', 'reference', 'fund']);
    expect(problemsOf(fund, { ...urgent, body: 'b', reference: 'r' })).toEqual([]);
  });
  it('needs at least one line and a reason', () => {
    const one = line(1);
    const none = choicesOf([one], new Map([[keyOf(one), { selected: false }]]));
    expect(problemsOf(none, { ...urgent, reason: ' ' })).toEqual(['lines', 'reason']);
  });
});
