import { expect, it } from 'vitest';
import { rangesIn } from './place';

it('columns count characters, offsets UTF-16 units', () => {
  const text = '一😀 amout\nnext line\n';
  const span = { line: 1, column: 4, end_line: 1, end_column: 9 };
  const [range] = rangesIn(text, [span]);
  expect(text.slice(range?.from, range?.to)).toBe('amout');
});

it('places beyond the text lie at its end', () => {
  const beyond = { line: 9, column: 1, end_line: 9, end_column: 4 };
  const wide = { line: 2, column: 3, end_line: 2, end_column: 99 };
  expect(rangesIn('ab\ncdef', [beyond, wide])).toEqual([
    { from: 7, to: 7 },
    { from: 5, to: 7 },
  ]);
});
