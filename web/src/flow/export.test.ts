import { describe, expect, it } from 'vitest';
import { parseMinor } from '../format/money';
import { accountsCsv, transfersCsv, type ExportWords } from './export';
import { graphOf } from './graph';
import { edge, fan, node, tangle, traceOf } from './sample';

const words: ExportWords = {
  accountHeads: ['tier'],
  transferHeads: ['payment'],
  kind: (account) => account.kind,
  channel: (channel) => channel,
  institution: (code) => `Bank, ${code}`,
};
const all = { until: null, whole: true };
const rows = (text: string): string[][] =>
  text
    .split('\r\n')
    .slice(1, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((cell) => cell[1] ?? cell[2] ?? ''),
    );
const sum = (lines: string[][], column: number): bigint =>
  lines.reduce((total, line) => total + (parseMinor(line[column] ?? '', 'CNY') ?? 0n), 0n);

describe('exports', () => {
  it('sum to the stolen money of the trace, to the cent', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const graph = graphOf(tangle(seed, 30, 200));
      const paid = graph.edges.reduce((total, each) => total + each.stolen, 0n);
      expect(sum(rows(transfersCsv(graph, words, all)), 8)).toBe(paid);
    }
    const graph = graphOf(fan(50));
    const accounts = rows(accountsCsv(graph, words, all));
    expect(accounts).toHaveLength(101);
    expect(sum(accounts, 6)).toBe(50_000n);
    expect(sum(accounts, 8)).toBe(50_000n);
  });
  it('stop at the moment shown', () => {
    const graph = graphOf(fan(50));
    const until = graph.moments[9] ?? 0;
    const lines = rows(transfersCsv(graph, words, { until, whole: true }));
    expect(lines).toHaveLength(graph.edges.filter(({ at }) => at <= until).length);
    const accounts = rows(accountsCsv(graph, words, { until, whole: true }));
    const outOfVictim = graph.edges.filter((each) => each.at <= until && each.edge.from === 0);
    expect(sum(accounts, 6)).toBe(outOfVictim.reduce((total, each) => total + each.stolen, 0n));
  });
  it('hide account numbers unless whole ones are asked for', () => {
    const graph = graphOf(fan(3));
    expect(accountsCsv(graph, words, { until: null, whole: false })).not.toContain('6222000002');
    expect(accountsCsv(graph, words, all)).toContain('6222000002');
  });
  it('are no formulas, and commas and quotes stay in their field', () => {
    const tricky = { ...edge(0, 1, 1, 5), tx_id: '=HYPERLINK("http://x","y")' };
    const graph = graphOf(traceOf([node({ id: 0, tier: 0 }), node({ id: 1, tier: 1 })], [tricky]));
    const text = transfersCsv(graph, words, all);
    expect(text).toContain(`"'=HYPERLINK(""http://x"",""y"")"`);
    expect(rows(accountsCsv(graph, words, all))[0]?.[2]).toBe('Bank, BK00');
  });
});
