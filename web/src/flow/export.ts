/** The flow as comma-separated values: exact decimals, one account or one payment a line, nothing folded. */

import type { TraceNode } from '../api/types';
import { maskAccount } from '../format/mask';
import { decimalOf } from '../format/money';
import { figuresAt, recoverable, type FlowGraph } from './graph';

/** Words of the heads and values, in the reader's language. */
export interface ExportWords {
  readonly accountHeads: readonly string[];
  readonly transferHeads: readonly string[];
  readonly kind: (node: TraceNode) => string;
  readonly channel: (channel: string) => string;
  readonly institution: (code: string) => string;
}

export interface ExportOptions {
  /** The moment shown; `null`: the end of the trace. */
  readonly until: number | null;
  /** Whether whole account numbers are written, or only what the screen shows of them. */
  readonly whole: boolean;
}

/** A spreadsheet takes a leading `=`, `+`, `-`, `@` or control character for a formula: an apostrophe prevents it. */
function field(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lines with a byte order mark, without which spreadsheets misread Chinese. */
const csv = (lines: readonly (readonly string[])[]): string =>
  `\uFEFF${lines.map((line) => `${line.map(field).join(',')}\r\n`).join('')}`;

const numberOf = (node: TraceNode | undefined, whole: boolean): string =>
  node ? (whole ? node.account : maskAccount(node.account)) : '';

/** One line an account that money had reached by the moment. */
export function accountsCsv(graph: FlowGraph, words: ExportWords, { until, whole }: ExportOptions): string {
  const { currency } = graph;
  const decimal = (minor: bigint) => decimalOf({ minor, currency });
  const lines = graph.trace.nodes
    .map((node) => ({ node, figures: figuresAt(graph, node.id, until) }))
    .filter(({ figures }) => until === null || figures.received > 0n)
    .map(({ node, figures }) => [
      String(node.tier),
      node.institution,
      words.institution(node.institution),
      numberOf(node, whole),
      words.kind(node),
      decimal(node.is_victim ? 0n : figures.received),
      decimal(figures.present),
      until === null ? decimal(figures.held) : '',
      until === null ? decimal(recoverable(node)) : '',
      until === null ? decimalOf(node.balance) : '',
      currency,
      node.first_arrival_at ?? '',
      node.last_arrival_at ?? '',
    ]);
  return csv([words.accountHeads, ...lines]);
}

/** One line a payment up to the moment, in order of time. */
export function transfersCsv(graph: FlowGraph, words: ExportWords, { until, whole }: ExportOptions): string {
  const lines = graph.edges
    .filter(({ at }) => until === null || at <= until)
    .map(({ edge }) => {
      const [from, to] = [graph.byId.get(edge.from), graph.byId.get(edge.to)];
      return [
        edge.tx_id,
        edge.occurred_at,
        from?.institution ?? '',
        numberOf(from, whole),
        to?.institution ?? '',
        numberOf(to, whole),
        words.channel(edge.channel),
        decimalOf(edge.amount),
        decimalOf(edge.stolen),
        edge.stolen.currency,
      ];
    });
  return csv([words.transferHeads, ...lines]);
}
