import { describe, expect, it } from 'vitest';
import { lineTokens } from './tokens';

const kinds = (line: string) => lineTokens(line).map(({ from, to, kind }) => [line.slice(from, to), kind]);

describe('pieces of a line', () => {
  it('are those of a condition', () => {
    expect(kinds('  when event.amount >= money("CNY", "5000") && f_24h(event.payer) > 3 // big')).toEqual([
      ['when', 'keyword'],
      ['event', 'keyword'],
      ['amount', 'member'],
      ['>=', 'operator'],
      ['money', 'call'],
      ['"CNY"', 'string'],
      ['"5000"', 'string'],
      ['&&', 'operator'],
      ['f_24h', 'call'],
      ['event', 'keyword'],
      ['payer', 'member'],
      ['>', 'operator'],
      ['3', 'number'],
      ['// big', 'comment'],
    ]);
  });
  it('tell decisions, types and lengths of time', () => {
    expect(kinds('then hold for 24h')).toEqual([
      ['then', 'keyword'],
      ['hold', 'decision'],
      ['for', 'keyword'],
      ['24h', 'number'],
    ]);
    expect(kinds('  channel enum { bank, pos }').slice(0, 2)).toEqual([
      ['channel', 'member'],
      ['enum', 'type'],
    ]);
    expect(kinds('mode score { 60 warn; 80 review }').filter(([, kind]) => kind === 'decision')).toHaveLength(
      2,
    );
    expect(kinds('at 2026-03-01T10:00:00Z')[1]).toEqual(['2026-03-01T10:00:00Z', 'number']);
  });
  it('keep comments apart from what a text holds', () => {
    expect(kinds('"https://a" // b')).toEqual([
      ['"https://a"', 'string'],
      ['// b', 'comment'],
    ]);
    expect(kinds('r"\\d+" "a\\"b"')).toEqual([
      ['r"\\d+"', 'string'],
      ['"a\\"b"', 'string'],
    ]);
  });
});
