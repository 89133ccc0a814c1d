import { expect, it } from 'vitest';
import { maskAccount } from '../format/mask';
import { featureTexts, firedRules, lengthText, measuresOf, valueText } from './explanation';

const WORDS = { yes: 'yes', no: 'no', missing: 'missing' };
const show = (value: unknown) => valueText(value, 'en-GB', WORDS);

it('values are written as people write them', () => {
  expect(show({ currency: 'CNY', minor: 800000 })).toBe('¥8,000.00');
  expect(show({ currency: 'CNY', amount: '8.00' })).toBe('CNY 8.00');
  expect([show(true), show(null), show(4), show(12345), show(0.123456789)]).toEqual([
    'yes',
    'missing',
    '4',
    '12,345',
    '0.123457',
  ]);
  expect(show(['a', 1])).toBe('a, 1');
  expect(show({ a: 1, b: null })).toBe('a: 1, b: missing');
});

it('what an explanation lacks is left out', () => {
  expect(firedRules(null)).toEqual([]);
  expect(firedRules({ rules: [{ rule: 'r', because: [{ condition: 'x > 1' }] }, 7] })).toEqual([
    {
      rule: 'r',
      decision: '',
      score: 0,
      owner: '',
      typologies: [],
      reason: { zh: '', en: '' },
      because: [{ condition: 'x > 1', saw: [] }],
      flips: [],
    },
  ]);
  expect(measuresOf([{ kind: 'warn', lasts_secs: 60 }])).toEqual([{ kind: 'warn', lasts_secs: 60 }]);
});

it('lengths are in the largest whole unit', () => {
  expect([172_800, 129_600, 5_400, 61].map((secs) => lengthText(secs, 'en-GB'))).toEqual([
    '2 days',
    '36 hours',
    '90 minutes',
    '61 seconds',
  ]);
});

it('keys of features are masked where they name persons', () => {
  const features = { 'paid_1h(ACC-1001)': 3, 'pairs(ACC-1001, SHOP)': 1, total: 2 };
  const shown = (reveal: boolean) =>
    featureTexts(features, ['ACC-1001'], reveal, maskAccount).map(({ name, keys }) => `${name}|${keys}`);
  expect(shown(false)).toEqual(['paid_1h|**1001', 'pairs|**1001, SHOP', 'total|']);
  expect(shown(true)).toEqual(['paid_1h|ACC-1001', 'pairs|ACC-1001, SHOP', 'total|']);
});
