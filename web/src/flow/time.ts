/** Places of the time slider: one for each moment of a payment, and one more for the end of the trace. */

import type { FlowGraph } from './graph';

/** The moment at a place; `null` from the end on. */
export const momentAt = (moments: readonly number[], place: number): number | null =>
  moments[Math.max(0, place)] ?? null;

/** The place of the last moment not after `until`. */
export function placeOf(moments: readonly number[], until: number | null): number {
  if (until === null) return moments.length;
  const after = moments.findIndex((moment) => moment > until);
  return Math.max(0, (after < 0 ? moments.length : after) - 1);
}

/** One moment earlier or later; `null`: the end. */
export const stepMoment = (moments: readonly number[], until: number | null, by: -1 | 1): number | null =>
  momentAt(moments, placeOf(moments, until) + by);

/** How much stolen money was paid in each of `count` stretches of the slider, the most being 1. */
export function binsOf(graph: FlowGraph, count: number): number[] {
  const sums = Array.from({ length: count }, () => 0n);
  const places = new Map(graph.moments.map((moment, place) => [moment, place]));
  for (const edge of graph.edges) {
    const bin = Math.floor(((places.get(edge.at) ?? 0) * count) / Math.max(1, graph.moments.length));
    sums[bin] = (sums[bin] ?? 0n) + edge.stolen;
  }
  const most = sums.reduce((max, sum) => (sum > max ? sum : max), 1n);
  return sums.map((sum) => Number((sum * 1000n) / most) / 1000);
}
