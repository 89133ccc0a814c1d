/** Which accounts get a box of their own, and which are folded into one. No account is lost and none is twice. */

import type { TraceNode } from '../api/types';
import { exact, recoverable, type FlowGraph } from './graph';
import type { Folding } from './model';

/** A box to be placed: one account, or several folded together. */
export interface Draft {
  readonly key: string;
  readonly tier: number;
  /** The account; `null` for a fold. */
  readonly node: TraceNode | null;
  /** All accounts in it. */
  readonly members: readonly number[];
  /** The institution of all of them, where the fold is by institution. */
  readonly institution: string | null;
  /** When it enters the picture, in milliseconds since 1970. */
  readonly start: number;
}

/** Key of the box of an account. */
export const keyOf = (node: number): string => `n${node}`;

/** Most recoverable first, then most received, then as traced. */
function byRecoverable(a: TraceNode, b: TraceNode): number {
  const [left, right] = [recoverable(a), recoverable(b)];
  if (left !== right) return left < right ? 1 : -1;
  const [first, second] = [exact(a.received_stolen), exact(b.received_stolen)];
  return first === second ? a.id - b.id : first < second ? 1 : -1;
}

function single(graph: FlowGraph, node: TraceNode): Draft {
  const start = graph.starts.get(node.id) ?? 0;
  return { key: keyOf(node.id), tier: node.tier, node, members: [node.id], institution: null, start };
}

function folded(graph: FlowGraph, key: string, nodes: TraceNode[], institution: string | null): Draft {
  const start = nodes.reduce((last, node) => Math.max(last, graph.starts.get(node.id) ?? 0), 0);
  const members = nodes.map((node) => node.id);
  return { key, tier: nodes[0]?.tier ?? 0, node: null, members, institution, start };
}

/** The key of the fold that an account of `tier` at `institution` would be in. */
export const foldKey = (state: Folding, tier: number, institution: string): string =>
  state.foldBy === 'institution' ? `t${tier}/${institution}` : `t${tier}`;

function foldByInstitution(graph: FlowGraph, state: Folding, nodes: TraceNode[]): Draft[] {
  const groups = new Map<string, TraceNode[]>();
  for (const node of nodes) {
    const key = foldKey(state, node.tier, node.institution);
    const known = groups.get(key);
    if (known) known.push(node);
    else groups.set(key, [node]);
  }
  return [...groups].flatMap(([key, group]) =>
    group.length === 1 || state.open.has(key)
      ? group.map((node) => single(graph, node))
      : [folded(graph, key, group, group[0]?.institution ?? null)],
  );
}

function foldRest(graph: FlowGraph, state: Folding, nodes: TraceNode[], most: number): Draft[] {
  const [first] = nodes;
  if (!first || nodes.length <= most || state.open.has(foldKey(state, first.tier, first.institution)))
    return nodes.map((node) => single(graph, node));
  const ranked = [...nodes].sort(byRecoverable);
  const kept = ranked.slice(0, most - 1);
  const rest = ranked.slice(most - 1);
  return [
    ...kept.map((node) => single(graph, node)),
    folded(graph, foldKey(state, first.tier, first.institution), rest, null),
  ];
}

/**
 * The boxes of the accounts of one tier. Pinned accounts and those of `path` always have one of their own.
 * `room` is how many boxes fit where the reader has not said how many.
 */
export function foldTier(
  graph: FlowGraph,
  state: Folding,
  path: ReadonlySet<number>,
  nodes: readonly TraceNode[],
  room: number,
): Draft[] {
  const isKept = (node: TraceNode) => state.pinned.has(node.id) || path.has(node.id);
  const kept = nodes.filter(isKept).map((node) => single(graph, node));
  const others = nodes.filter((node) => !isKept(node));
  switch (state.foldBy) {
    case 'none':
      return nodes.map((node) => single(graph, node));
    case 'institution':
      return [...kept, ...foldByInstitution(graph, state, others)];
    case 'top': {
      const most = state.top === null ? Math.max(1, room - kept.length) : state.top + 1;
      return [...kept, ...foldRest(graph, state, others, most)];
    }
  }
}
