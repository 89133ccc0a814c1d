/** A traced case made ready for questions: payments in order of time, per account, and what is there at any moment. */

import type { CaseTrace, TraceEdge, TraceNode } from '../api/types';
import { msOf } from '../format/time';

/** A payment that carried stolen money. */
export interface FlowEdge {
  readonly edge: TraceEdge;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** Stolen part, in minor units. */
  readonly stolen: bigint;
}

export interface FlowGraph {
  readonly trace: CaseTrace;
  readonly byId: ReadonlyMap<number, TraceNode>;
  /** In order of time; payments of the same moment in the order of the trace. */
  readonly edges: readonly FlowEdge[];
  readonly out: ReadonlyMap<number, readonly FlowEdge[]>;
  readonly into: ReadonlyMap<number, readonly FlowEdge[]>;
  /** The different moments of payments, ascending. */
  readonly moments: readonly number[];
  /** When each account enters the picture: its first arrival; for a victim its first payment. */
  readonly starts: ReadonlyMap<number, number>;
  readonly currency: string;
}

/** Minor units as an exact integer; a number that JSON could not carry exactly is refused, never rounded. */
export function exact(money: { readonly minor: number | bigint }): bigint {
  if (typeof money.minor === 'number' && !Number.isSafeInteger(money.minor))
    throw new RangeError(`not an exact amount: ${money.minor}`);
  return BigInt(money.minor);
}

function startsOf(trace: CaseTrace, out: ReadonlyMap<number, readonly FlowEdge[]>): Map<number, number> {
  const asOf = msOf(trace.as_of) ?? 0;
  return new Map(
    trace.nodes.map((node) => {
      const arrival = node.is_victim ? null : msOf(node.first_arrival_at);
      return [node.id, arrival ?? out.get(node.id)?.[0]?.at ?? asOf];
    }),
  );
}

/** Indexes `trace`. */
export function graphOf(trace: CaseTrace): FlowGraph {
  const asOf = msOf(trace.as_of) ?? 0;
  const edges = trace.edges
    .map((edge): FlowEdge => ({ edge, at: msOf(edge.occurred_at) ?? asOf, stolen: exact(edge.stolen) }))
    .sort((a, b) => a.at - b.at);
  const out = new Map<number, FlowEdge[]>();
  const into = new Map<number, FlowEdge[]>();
  const add = (map: Map<number, FlowEdge[]>, id: number, edge: FlowEdge) => {
    const known = map.get(id);
    if (known) known.push(edge);
    else map.set(id, [edge]);
  };
  for (const edge of edges) {
    add(out, edge.edge.from, edge);
    add(into, edge.edge.to, edge);
  }
  return {
    trace,
    byId: new Map(trace.nodes.map((node) => [node.id, node])),
    edges,
    out,
    into,
    moments: [...new Set(edges.map((edge) => edge.at))],
    starts: startsOf(trace, out),
    currency: trace.totals.loss.currency,
  };
}

const less = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What an order could still reach, or already holds, of the stolen money at an account; nothing of drawn cash. */
export function recoverable(node: TraceNode): bigint {
  if (node.is_victim || node.exit === 'cash') return 0n;
  return less(exact(node.stolen), exact(node.balance));
}

/** Stolen money of an account at a moment. */
export interface Figures {
  /** That had come in; for a victim, that it had paid. */
  readonly received: bigint;
  readonly present: bigint;
  /** Held by orders of the case: known for the end of the trace only. */
  readonly held: bigint;
}

const NOTHING: Figures = { received: 0n, present: 0n, held: 0n };

const sumUntil = (edges: readonly FlowEdge[] | undefined, until: number | null): bigint => {
  let sum = 0n;
  for (const edge of edges ?? []) {
    if (until !== null && edge.at > until) break;
    sum += edge.stolen;
  }
  return sum;
};

/** Figures of an account at `until`, or with `null` at the end of the trace, where the traced balance counts. */
export function figuresAt(graph: FlowGraph, id: number, until: number | null): Figures {
  const node = graph.byId.get(id);
  if (!node) return NOTHING;
  const paid = node.is_victim || until !== null ? sumUntil(graph.out.get(id), until) : 0n;
  if (node.is_victim) return { received: paid, present: 0n, held: 0n };
  if (until === null) {
    const [arrived, there] = [exact(node.received_stolen), exact(node.stolen)];
    return { received: arrived > there ? arrived : there, present: there, held: exact(node.held) };
  }
  const received = sumUntil(graph.into.get(id), until);
  return { received, present: received > paid ? received - paid : 0n, held: 0n };
}

/** Sum of the figures of several accounts. */
export function figuresOfAll(graph: FlowGraph, ids: readonly number[], until: number | null): Figures {
  const [first] = ids;
  if (ids.length === 1 && first !== undefined) return figuresAt(graph, first, until);
  let sum = NOTHING;
  for (const id of ids) {
    const { received, present, held } = figuresAt(graph, id, until);
    sum = { received: sum.received + received, present: sum.present + present, held: sum.held + held };
  }
  return sum;
}
