import { describe, expect, it } from 'vitest';
import { graphOf, type FlowEdge, type FlowGraph } from './graph';
import { earliestPath } from './path';
import { edge, node, tangle, traceOf } from './sample';

/** Every chain of payments that follow each other in time, found by trying all: when it arrives, and its length. */
function bestByTrying(graph: FlowGraph, target: number): { at: number; hops: number } | null {
  let best: { at: number; hops: number } | null = null;
  const go = (account: number, at: number, used: FlowEdge[]) => {
    if (account === target && used.length > 0)
      if (!best || at < best.at || (at === best.at && used.length < best.hops))
        best = { at, hops: used.length };
    if (used.length === 6) return;
    for (const next of graph.out.get(account) ?? [])
      if (next.at >= at && !used.some((one) => one.edge.to === next.edge.to))
        go(next.edge.to, next.at, [...used, next]);
  };
  for (const victim of graph.trace.nodes) if (victim.is_victim) go(victim.id, -Infinity, []);
  return best;
}

describe('the money path', () => {
  it('is the earliest there is, and the shortest of those, as trying all of them shows', () => {
    let found = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const graph = graphOf(tangle(seed, 7, 14));
      for (const { id, is_victim } of graph.trace.nodes) {
        if (is_victim) continue;
        const path = earliestPath(graph, id);
        const best = bestByTrying(graph, id);
        expect(path.length === 0 ? null : { at: path.at(-1)?.at, hops: path.length }).toEqual(best);
        if (path.length > 1) found += 1;
      }
    }
    expect(found).toBeGreaterThan(50);
  });
  it('begins at a victim, hangs together and never goes back in time', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const graph = graphOf(tangle(seed, 12, 60));
      for (const { id } of graph.trace.nodes) {
        const path = earliestPath(graph, id);
        path.forEach((step, index) => {
          const before = path[index - 1];
          if (before) {
            expect(step.edge.from).toBe(before.edge.to);
            expect(step.at).toBeGreaterThanOrEqual(before.at);
          } else expect(graph.byId.get(step.edge.from)?.is_victim).toBe(true);
        });
        if (path.length > 0) expect(path.at(-1)?.edge.to).toBe(id);
      }
    }
  });
  it('does not take a payment made before the money was there', () => {
    const nodes = [0, 1, 2].map((id) => node({ id, tier: id }));
    const early = graphOf(traceOf(nodes, [edge(1, 2, 5, 10), edge(0, 1, 10, 10)]));
    expect(earliestPath(early, 2)).toEqual([]);
    const late = graphOf(traceOf(nodes, [edge(0, 1, 10, 10), edge(1, 2, 10, 10)]));
    expect(earliestPath(late, 2).map((step) => step.edge.tx_id)).toEqual(['0-1-10', '1-2-10']);
    expect(earliestPath(late, 0)).toEqual([]);
  });
});
