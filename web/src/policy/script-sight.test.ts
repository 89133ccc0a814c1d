import { expect, it } from 'vitest';
import { roughly, scriptSights } from './script-sight';

it('what an explanation lacks is left out', () => {
  expect(scriptSights(null)).toEqual([]);
  expect(scriptSights({ rules: [] })).toEqual([]);
  const [sight] = scriptSights({
    scripts: [{ script: 's', stage: 2, evidence: [{ cue: 'c', here: true }] }, 7],
  });
  expect(sight).toMatchObject({ script: 's', stage: 2, acts: [], card: { zh: '', en: '' } });
  expect(sight?.evidence).toEqual([{ cue: 'c', stage: 0, weight: 0, first: '', here: true, spans: [] }]);
});

it('places are kept as they came', () => {
  const spans = [{ field: 'text', span: [3, 9], says: 'x' }];
  const [sight] = scriptSights({ scripts: [{ evidence: [{ cue: 'c', spans }] }] });
  expect(sight?.evidence[0]?.spans).toEqual(spans);
});

it('lengths are rough', () => {
  expect([5, 125, 7_300, 200_000].map((secs) => roughly(secs))).toEqual([
    { unit: 'second', n: 5 },
    { unit: 'minute', n: 2 },
    { unit: 'hour', n: 2 },
    { unit: 'day', n: 2 },
  ]);
});
