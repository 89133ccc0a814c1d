/** The way the money took to an account: the earliest chain of payments from a victim, each after the one before. */

import type { FlowEdge, FlowGraph } from './graph';

/** The soonest that stolen money can be at an account after at most so many payments. */
interface Arrival {
  readonly hops: number;
  readonly at: number;
  readonly by: FlowEdge | null;
}

/** Of arrivals in order of payments, each sooner than the one before: the soonest with fewer than `hops`. */
const soonest = (arrivals: readonly Arrival[] | undefined, hops: number): Arrival | undefined =>
  arrivals?.findLast((arrival) => arrival.hops < hops);

/** For each account its arrivals after one payment, after two, and so on, as long as more payments make it sooner. */
function arrivalsOf(graph: FlowGraph): Map<number, Arrival[]> {
  const known = new Map<number, Arrival[]>();
  for (const node of graph.trace.nodes)
    if (node.is_victim) known.set(node.id, [{ hops: 0, at: -Infinity, by: null }]);
  for (let hops = 1, changed = true; changed; hops += 1) {
    changed = false;
    for (const edge of graph.edges) {
      const source = soonest(known.get(edge.edge.from), hops);
      if (!source || source.at > edge.at || edge.stolen <= 0n) continue;
      const arrivals = known.get(edge.edge.to) ?? [];
      const last = arrivals.at(-1);
      if (last && last.at <= edge.at) continue;
      if (last?.hops === hops) arrivals.pop();
      arrivals.push({ hops, at: edge.at, by: edge });
      known.set(edge.edge.to, arrivals);
      changed = true;
    }
  }
  return known;
}

/**
 * The payments by which stolen money first came to `target`, from a victim on, in their order; the one with the
 * fewest payments where several arrive at the same moment. Empty for a victim and for an account not reached.
 */
export function earliestPath(graph: FlowGraph, target: number): FlowEdge[] {
  const arrivals = arrivalsOf(graph);
  const path: FlowEdge[] = [];
  let step = arrivals.get(target)?.at(-1);
  while (step?.by) {
    path.push(step.by);
    step = soonest(arrivals.get(step.by.edge.from), step.hops);
  }
  return path.reverse();
}
