import { describe, expect, it } from 'vitest';
import { currencyOf, keptMinor, reportStepOf, reportStepsOf } from './report-steps';

describe('steps of a report', () => {
  it('are not offered once it is closed', () => {
    expect(reportStepsOf({ state: { state: 'closed', reason: 'r', answer: 'a' } })).toEqual([]);
    expect(reportStepsOf({ state: { state: 'triaged' } })).toContain('prevent');
  });

  it('send the exact minor units of what was never sent', () => {
    expect(reportStepOf('prevent', { amount: ' 88,000.5 ' }, 'CNY')).toEqual({
      step: 'prevent',
      amount: { minor: 8_800_050, currency: 'CNY' },
    });
    expect(reportStepOf('prevent', { amount: '500' }, 'JPY')).toEqual({
      step: 'prevent',
      amount: { minor: 500, currency: 'JPY' },
    });
  });

  it('take no amount that is nothing or none', () => {
    for (const text of ['', '0', '0.00', 'much', '1.234', '-1']) expect(keptMinor(text, 'CNY')).toBeNull();
  });

  it('speak of the currency of the first payment', () => {
    expect(currencyOf({ content: { payments: [] } as never })).toBe('CNY');
  });
});
