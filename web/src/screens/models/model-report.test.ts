import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { percentOf, reportOf } from './model-report';

it('reads the report of the shipped model', () => {
  const path = new URL('../../../../models/text-1.json', import.meta.url);
  const { sources, labels } = reportOf(JSON.parse(readFileSync(path, 'utf8')));
  expect(sources.find(([source]) => source === 'grammar')?.[1]).toBeGreaterThan(1_000);
  expect(labels.get('fraud')?.recall).toBeGreaterThan(0.5);
  expect(labels.has('task_rebate')).toBe(true);
});

it('leaves out what it does not know', () => {
  const odd = { texts: { a: 'many' }, labels: [null, { name: 'x' }, { name: 'y', unseen: { recall: 1 } }] };
  expect(reportOf(odd)).toEqual({ sources: [], labels: new Map() });
  expect(reportOf(null).sources).toEqual([]);
  expect([percentOf(0.0123), percentOf(undefined)]).toEqual(['1.2 %', '—']);
});
