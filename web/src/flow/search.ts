/** Finds accounts of a flow by number, institution, amount or payment. */

import type { TraceNode } from '../api/types';
import { decimalOf } from '../format/money';
import type { FlowGraph } from './graph';

/** Accounts found at most. */
export const FOUND_MAX = 50;

const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s,¥*•]/g, '');

/** How well an account answers `asked`: lower is better; `null` when it does not. */
function rank(graph: FlowGraph, node: TraceNode, asked: string, institution: string): number | null {
  const account = plain(node.account);
  if (account === asked) return 0;
  // Four digits are what a masked number shows.
  if (asked.length >= 2 && account.endsWith(asked)) return 1;
  if (asked.length >= 4 && account.includes(asked)) return 2;
  if (plain(node.institution) === asked || plain(institution).includes(asked)) return 4;
  const amounts = [node.received_stolen, node.stolen, node.held].map(decimalOf);
  if (amounts.some((amount) => amount === asked || amount === `${asked}.00`)) return 3;
  const isPaid = (edges: FlowGraph['edges'] | undefined) =>
    (edges ?? []).some(({ edge }) => plain(edge.tx_id) === asked);
  return isPaid(graph.into.get(node.id)) || isPaid(graph.out.get(node.id)) ? 3 : null;
}

/** Accounts that answer `text`, the best first, then those nearer the victim; none for an empty text. */
export function searchFlow(
  graph: FlowGraph,
  text: string,
  institution: (code: string) => string,
): TraceNode[] {
  const asked = plain(text);
  if (asked === '') return [];
  return graph.trace.nodes
    .flatMap((node) => {
      const found = rank(graph, node, asked, institution(node.institution));
      return found === null ? [] : [{ node, found }];
    })
    .sort((a, b) => a.found - b.found || a.node.tier - b.node.tier || a.node.id - b.node.id)
    .slice(0, FOUND_MAX)
    .map(({ node }) => node);
}
