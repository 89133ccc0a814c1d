import { expect, it } from 'vitest';
import { NEW_SEIZURE, seizureOf, seizureProblems, type SeizureDraft } from './seizure-draft';

const NOW = Date.parse('2026-11-23T12:00');
const good: SeizureDraft = {
  ...NEW_SEIZURE,
  goods: ' SIM box ',
  quantity: '3',
  worth: '9,000',
  seizedAt: '2026-11-22T08:30',
  reference: '2026-77',
  keeper: 'Property room 2',
};

it('names what is missing or wrong, in order', () => {
  expect(seizureProblems(NEW_SEIZURE, NOW)).toEqual(['goods', 'seizedAt', 'reference', 'keeper']);
  expect(seizureProblems(good, NOW)).toEqual([]);
  for (const [field, text] of [
    ['goods', 'x'.repeat(501)],
    ['quantity', '0'],
    ['quantity', '1.5'],
    ['quantity', ''],
    ['quantity', '1000001'],
    ['quantity', '1e3'],
    ['worth', 'much'],
    ['currency', 'CN'],
    ['seizedAt', '2026-11-23T12:01'],
  ] as const)
    expect(seizureProblems({ ...good, [field]: text }, NOW)).toEqual([field]);
});

it('is sent without blanks, and without a worth that nobody told', () => {
  const sent = seizureOf(good);
  expect(sent).toMatchObject({ goods: 'SIM box', quantity: 3, worth: { minor: 900_000, currency: 'CNY' } });
  expect(Date.parse(sent.seized_at)).toBe(Date.parse(good.seizedAt));
  expect(seizureOf({ ...good, worth: ' ', currency: '' }).worth).toBeNull();
  expect(seizureOf({ ...good, quantity: ' １,２００ ' }).quantity).toBe(1_200);
});
