import { describe, expect, it } from 'vitest';
import {
  NEW_HOTLINE,
  contentOf,
  fieldOfPointer,
  hotlineProblems,
  minorOf,
  totalMinor,
  withPayment,
  type HotlineDraft,
} from './hotline-draft';

const NOW = Date.parse('2026-11-23T08:00:00Z');
const payment = {
  at: '2026-11-23T07:40:00Z',
  amount: '18,600.05',
  fromInstitution: 'BK01',
  fromAccount: '6222 0212 0300 0001',
  toInstitution: 'WL01',
  toAccount: 'a-1',
  toName: ' 某某商贸 ',
  txId: '',
  channel: 'transfer',
} as const;
const whole: HotlineDraft = {
  ...NEW_HOTLINE,
  payments: [payment],
  narrative: ' 对方自称客服 ',
  relation: 'victim',
  phone: '13800138000',
  consent: 'matching',
};
const problems = (part: Partial<HotlineDraft>) => hotlineProblems({ ...whole, ...part }, NOW);
const ofPayment = (part: Partial<(typeof whole.payments)[number]>) =>
  problems({ payments: [{ ...payment, ...part }] });

describe('a report on the phone', () => {
  it('says what is missing in the order in which it is asked', () => {
    expect(hotlineProblems(NEW_HOTLINE, NOW)).toEqual([
      'p0-at',
      'p0-amount',
      'p0-fromInstitution',
      'p0-fromAccount',
      'p0-toInstitution',
      'p0-toAccount',
      'narrative',
      'relation',
      'consent',
    ]);
    expect(problems({})).toEqual([]);
  });
  it('takes money as it is typed, exactly', () => {
    expect(minorOf('90071992547409.91', 'CNY')).toBe(9_007_199_254_740_991);
    expect(minorOf('90071992547409.92', 'CNY')).toBeNull();
    expect(minorOf('0.00', 'CNY')).toBeNull();
    expect(ofPayment({ amount: '1.234' })).toEqual(['p0-amount']);
    expect(problems({ currency: 'JPY' })).toEqual(['p0-amount']);
    expect(problems({ currency: 'yuan' })).toContain('currency');
    expect(totalMinor({ ...whole, payments: [payment, { ...payment, amount: '0.95' }] })).toBe(1_860_100n);
    expect(totalMinor(NEW_HOTLINE)).toBeNull();
  });
  it('refuses the paying account as the receiving one, and a time that cannot be', () => {
    expect(ofPayment({ toInstitution: 'BK01', toAccount: '6222021203000001' })).toEqual(['p0-toAccount']);
    expect(ofPayment({ toAccount: '账户' })).toEqual(['p0-toAccount']);
    expect(ofPayment({ at: '2026-11-24T08:01:00Z' })).toEqual(['p0-at']);
    expect(ofPayment({ at: '1989-01-01T00:00:00Z' })).toEqual(['p0-at']);
    expect(problems({ contactedAt: '2027-01-01T00:00' })).toEqual(['contactedAt']);
  });
  it('names a payment once', () => {
    const twice = [
      { ...payment, txId: 'T1' },
      { ...payment, txId: 'T1 ' },
    ];
    expect(problems({ payments: twice })).toEqual(['p0-txId', 'p1-txId']);
    expect(ofPayment({ txId: 'a b' })).toEqual(['p0-txId']);
  });
  it('sends what was told, and nothing of what was not', () => {
    expect(contentOf(whole)).toEqual({
      reporter: { relation: 'victim', phone: '13800138000' },
      narrative: '对方自称客服',
      payments: [
        {
          occurred_at: '2026-11-23T07:40:00.000Z',
          amount: { minor: 1_860_005, currency: 'CNY' },
          from: { institution: 'BK01', account: '6222021203000001' },
          to: { institution: 'WL01', account: 'a-1' },
          to_name: '某某商贸',
          channel: 'transfer',
        },
      ],
      still_paying: false,
      still_in_contact: false,
      remote_controlled: false,
      consent: 'matching',
    });
  });
  it('begins the next payment with the same paying account', () => {
    const next = withPayment(whole).payments[1];
    expect(next).toMatchObject({ fromInstitution: 'BK01', fromAccount: payment.fromAccount, toAccount: '' });
  });
  it('finds the field that the server points at', () => {
    expect(fieldOfPointer('/payments/2/from/account')).toBe('p2-fromAccount');
    expect(fieldOfPointer('/payments/1/amount/currency')).toBe('currency');
    expect(fieldOfPointer('/payments')).toBe('p0-at');
    expect(fieldOfPointer('/reporter/phone')).toBe('phone');
    expect(fieldOfPointer('/remote_controlled')).toBeNull();
  });
});
