import { expect, it } from 'vitest';
import { readReportSearch } from './report-list';

it('reads what it knows and leaves out the rest', () => {
  expect(readReportSearch({ state: 'needs_info', priority: 'p0' })).toEqual({
    state: 'needs_info',
    priority: 'p0',
  });
  expect(readReportSearch({ state: 'gone', priority: 0, q: 'x' })).toEqual({});
});
