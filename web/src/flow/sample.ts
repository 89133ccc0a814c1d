/** Traces for the tests of the flow. */

import type { CaseTrace, TraceEdge, TraceNode } from '../api/types';

export const cny = (minor: number) => ({ minor, currency: 'CNY' });
export const START = 1_700_000_000_000;
export const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

interface SampleNode {
  readonly id: number;
  readonly tier: number;
  readonly stolen?: number;
  readonly received?: number;
  readonly seconds?: number;
  readonly more?: Partial<TraceNode>;
}

export function node({ id, tier, stolen = 0, received = 0, seconds = 0, more = {} }: SampleNode): TraceNode {
  return {
    id,
    institution: `BK0${id % 4}`,
    account: `6222${String(id).padStart(6, '0')}`,
    kind: 'person',
    tier,
    stolen: cny(stolen),
    balance: cny(stolen),
    received_stolen: cny(tier === 0 ? 0 : received),
    first_arrival_at: tier === 0 ? null : at(seconds),
    last_arrival_at: null,
    is_victim: tier === 0,
    exit: null,
    held: cny(0),
    ...more,
  };
}

export function edge(from: number, to: number, seconds: number, stolen: number): TraceEdge {
  return {
    tx_id: `${from}-${to}-${seconds}`,
    from,
    to,
    occurred_at: at(seconds),
    amount: cny(stolen),
    stolen: cny(stolen),
    channel: 'transfer',
  };
}

export function traceOf(nodes: TraceNode[], edges: TraceEdge[]): CaseTrace {
  const totals = { loss: cny(0), still_there: cny(0), cash_out: cny(0), fund_units: cny(0) };
  return { method: 'fifo', as_of: at(99_999), horizon_ends_at: at(259_200), nodes, edges, totals };
}

/** A victim that paid `width` accounts 1,000 each, each of which passed on all but its number, 30 s apart. */
export function fan(width: number): CaseTrace {
  const nodes = [node({ id: 0, tier: 0 })];
  const edges: TraceEdge[] = [];
  for (let index = 1; index <= width; index += 1) {
    const [first, second] = [index * 30, index * 30 + 60];
    nodes.push(
      node({ id: index, tier: 1, stolen: index, received: 1000, seconds: first }),
      node({ id: index + width, tier: 2, stolen: 1000 - index, received: 1000 - index, seconds: second }),
    );
    edges.push(edge(0, index, first, 1000), edge(index, index + width, second, 1000 - index));
  }
  return traceOf(nodes, edges);
}

/** Numbers from 0 to 1 that are the same for the same seed (a linear congruence of Lehmer's kind). */
export function dice(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Any payments between a few accounts, several at the same moment: two of the accounts are victims'. */
export function tangle(seed: number, accounts: number, payments: number): CaseTrace {
  const random = dice(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const nodes = Array.from({ length: accounts }, (_, id) => node({ id, tier: id < 2 ? 0 : 1 + (id % 3) }));
  const edges = Array.from({ length: payments }, (_, index) => ({
    ...edge(pick(accounts), pick(accounts), pick(12), 1 + pick(500)),
    tx_id: `t${index}`,
  }));
  return traceOf(nodes, edges);
}
