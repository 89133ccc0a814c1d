/**
 * Layout of the money flow: tier lanes from top to bottom, time from left to right.
 *
 * Pure: the same trace and options give the same picture. Per lane only the accounts with the most stolen money
 * get a box; the rest are folded into one box, so that 3 and 300 accounts are both legible.
 */

import type { CaseTrace, ExitKind, TraceNode } from '../api/types';
import { msOf } from '../format/time';

export const BOX_WIDTH = 148;
export const BOX_HEIGHT = 46;
const ROW_GAP = 10;
const COLUMN_GAP = 18;
const LANE_PADDING = 17;
/** Rows of a folded lane; an unfolded one may have as many as it needs. */
const ROWS_MAX = 3;
const ROWS_MAX_DEEP = 2;
const DEEP_TIERS = 5;
export const AXIS_HEIGHT = 26;
export const LANE_LABEL_WIDTH = 64;
const EDGE_WIDTH_MIN = 1;
const EDGE_WIDTH_MAX = 14;

export interface LayoutOptions {
  /** Room for the picture in CSS pixels; time is stretched to fill it, never squeezed below legibility. */
  readonly width: number;
  /** Stretches time beyond the room: 1 fits. */
  readonly stretch: number;
  /** Tiers whose folded accounts are shown. */
  readonly unfolded: ReadonlySet<number>;
}

export interface FlowBox {
  readonly key: string;
  /** The account; `null` for a box of folded accounts. */
  readonly node: TraceNode | null;
  /** How many accounts are folded here; 0 for an account. */
  readonly folded: number;
  readonly tier: number;
  readonly exit: ExitKind | null;
  readonly received: bigint;
  readonly present: bigint;
  readonly held: bigint;
  readonly currency: string;
  readonly x: number;
  readonly y: number;
}

export interface FlowCurve {
  readonly from: FlowBox;
  readonly to: FlowBox;
  readonly stolen: bigint;
  readonly count: number;
  readonly width: number;
}

export interface FlowLane {
  readonly tier: number;
  readonly y: number;
  readonly height: number;
  readonly accounts: number;
  readonly folded: number;
}

export interface FlowTick {
  readonly x: number;
  readonly ms: number;
}

export interface FlowLayout {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly FlowLane[];
  readonly boxes: readonly FlowBox[];
  readonly curves: readonly FlowCurve[];
  readonly ticks: readonly FlowTick[];
}

const big = (money: { minor: number | bigint } | null | undefined): bigint => BigInt(money?.minor ?? 0);

/** When an account enters the picture: its first arrival; for a victim its first payment. */
function startTimes(trace: CaseTrace): Map<number, number> {
  const asOf = msOf(trace.as_of) ?? 0;
  const firstOut = new Map<number, number>();
  for (const edge of trace.edges) {
    const at = msOf(edge.occurred_at) ?? asOf;
    firstOut.set(edge.from, Math.min(at, firstOut.get(edge.from) ?? at));
  }
  return new Map(
    trace.nodes.map((node) => {
      const arrival = node.is_victim ? null : msOf(node.first_arrival_at);
      return [node.id, arrival ?? firstOut.get(node.id) ?? asOf];
    }),
  );
}

/**
 * A time axis that shortens quiet stretches: the room between two moments grows with the logarithm of the time
 * between them, so that a burst of seconds and a pause of hours are both visible.
 */
export function timeScale(moments: readonly number[], from: number, to: number): (ms: number) => number {
  const sorted = [...new Set(moments)].sort((a, b) => a - b);
  const at: number[] = [0];
  for (let index = 1; index < sorted.length; index += 1) {
    const gap = ((sorted[index] ?? 0) - (sorted[index - 1] ?? 0)) / 1000;
    at.push((at[index - 1] ?? 0) + Math.log2(1 + gap / 20));
  }
  const total = at.at(-1) ?? 0;
  const places = new Map(sorted.map((ms, index) => [ms, total === 0 ? 0 : (at[index] ?? 0) / total]));
  return (ms) => from + (places.get(ms) ?? 0) * (to - from);
}

/** What each victim paid: a victim receives no stolen money, so that its box shows this instead. */
function paidByVictims(trace: CaseTrace): Map<number, bigint> {
  const paid = new Map<number, bigint>();
  for (const edge of trace.edges) paid.set(edge.from, (paid.get(edge.from) ?? 0n) + big(edge.stolen));
  return new Map(
    trace.nodes.filter((node) => node.is_victim).map((node) => [node.id, paid.get(node.id) ?? 0n]),
  );
}

interface Draft {
  tier: number;
  nodes: TraceNode[];
  node: TraceNode | null;
  start: number;
}

const weight = (node: TraceNode): bigint =>
  big(node.received_stolen) > big(node.stolen) ? big(node.received_stolen) : big(node.stolen);

/** Splits a lane into accounts with a box of their own and the rest. Held accounts always keep theirs. */
function foldLane(tier: number, nodes: TraceNode[], starts: Map<number, number>, boxesMax: number): Draft[] {
  const start = (node: TraceNode) => starts.get(node.id) ?? 0;
  const single = (node: TraceNode): Draft => ({ tier, nodes: [node], node, start: start(node) });
  if (nodes.length <= boxesMax) return nodes.map(single);
  const rank = (node: TraceNode) => big(node.held) * 4n + big(node.stolen) * 2n + weight(node);
  const ranked = [...nodes].sort((a, b) => {
    const difference = rank(b) - rank(a);
    return difference === 0n ? a.id - b.id : difference > 0n ? 1 : -1;
  });
  const kept = ranked.slice(0, boxesMax - 1);
  const rest = ranked.slice(boxesMax - 1);
  const others: Draft = { tier, nodes: rest, node: null, start: Math.max(...rest.map(start)) };
  return [...kept.map(single), others];
}

function boxOf(draft: Draft, x: number, y: number, currency: string, paid: Map<number, bigint>): FlowBox {
  const sum = (pick: (node: TraceNode) => bigint) =>
    draft.nodes.reduce((total, node) => total + pick(node), 0n);
  return {
    key: draft.node ? `n${draft.node.id}` : `t${draft.tier}`,
    node: draft.node,
    folded: draft.node ? 0 : draft.nodes.length,
    tier: draft.tier,
    exit: draft.node?.exit ?? null,
    received: sum((node) => paid.get(node.id) ?? weight(node)),
    present: sum((node) => big(node.stolen)),
    held: sum((node) => big(node.held)),
    currency,
    x,
    y,
  };
}

/**
 * Puts the boxes of a lane on at most `rowsMax` rows in order of time. A box starts at its time, or later where an
 * earlier box is still in the way: order is always kept, the exact time is among the account's details.
 */
function placeRows(
  drafts: Draft[],
  scale: (ms: number) => number,
  rowsMax: number,
): { draft: Draft; x: number; row: number }[] {
  const rowEnds: number[] = [];
  return [...drafts]
    .sort((a, b) => a.start - b.start || (a.node?.id ?? Infinity) - (b.node?.id ?? Infinity))
    .map((draft) => {
      const wanted = scale(draft.start);
      const free = rowEnds.findIndex((end) => end <= wanted);
      const earliest = rowEnds.indexOf(Math.min(...rowEnds));
      const row = free >= 0 ? free : rowEnds.length < rowsMax ? rowEnds.length : earliest;
      const x = Math.max(wanted, rowEnds[row] ?? 0);
      rowEnds[row] = x + BOX_WIDTH + COLUMN_GAP;
      return { draft, x, row };
    });
}

/** Moves boxes left as far as needed for each row to end inside `end`; a row too long for that runs beyond it. */
function fitLeft(
  placed: { draft: Draft; x: number; row: number }[],
  end: number,
  start: number,
): { draft: Draft; x: number; row: number }[] {
  const limits = new Map<number, number>();
  const moved = placed.toReversed().map((place) => {
    const x = Math.min(place.x, (limits.get(place.row) ?? end) - BOX_WIDTH);
    limits.set(place.row, x - COLUMN_GAP);
    return { ...place, x };
  });
  const ends = new Map<number, number>();
  return moved.toReversed().map((place) => {
    const x = Math.max(place.x, ends.get(place.row) ?? start);
    ends.set(place.row, x + BOX_WIDTH + COLUMN_GAP);
    return { ...place, x };
  });
}

function curvesOf(trace: CaseTrace, boxOfNode: Map<number, FlowBox>): FlowCurve[] {
  const sums = new Map<string, { from: FlowBox; to: FlowBox; stolen: bigint; count: number }>();
  for (const edge of trace.edges) {
    const from = boxOfNode.get(edge.from);
    const to = boxOfNode.get(edge.to);
    if (!from || !to || from === to) continue;
    const key = `${from.key}>${to.key}`;
    const known = sums.get(key) ?? { from, to, stolen: 0n, count: 0 };
    known.stolen += big(edge.stolen);
    known.count += 1;
    sums.set(key, known);
  }
  const most = [...sums.values()].reduce((max, sum) => (sum.stolen > max ? sum.stolen : max), 1n);
  return [...sums.values()]
    .map((sum) => {
      const share = Number((sum.stolen * 10_000n) / most) / 10_000;
      return { ...sum, width: EDGE_WIDTH_MIN + (EDGE_WIDTH_MAX - EDGE_WIDTH_MIN) * Math.sqrt(share) };
    })
    .sort((a, b) => b.width - a.width);
}

/** Moments to label: as many as fit without touching. */
function ticksOf(moments: readonly number[], scale: (ms: number) => number): FlowTick[] {
  const ticks: FlowTick[] = [];
  for (const ms of [...new Set(moments)].sort((a, b) => a - b)) {
    const x = scale(ms);
    const last = ticks.at(-1);
    if (!last || x - last.x >= 84) ticks.push({ x, ms });
  }
  return ticks;
}

/** Lays `trace` out. */
export function layOut(trace: CaseTrace, options: LayoutOptions): FlowLayout {
  const starts = startTimes(trace);
  const paid = paidByVictims(trace);
  const byTier = new Map<number, TraceNode[]>();
  for (const node of trace.nodes) byTier.set(node.tier, [...(byTier.get(node.tier) ?? []), node]);
  const tiers = [...byTier.keys()].sort((a, b) => a - b);
  const left = LANE_LABEL_WIDTH + 8;
  // A telephone has room for one column; what does not get a box is folded, so that nothing is cut off.
  const columns = Math.max(1, Math.floor((options.width - left) / (BOX_WIDTH + COLUMN_GAP)));
  const rowsMax = tiers.length >= DEEP_TIERS ? ROWS_MAX_DEEP : ROWS_MAX;
  const drafts = tiers.map((tier) => {
    const boxesMax = options.unfolded.has(tier) ? Infinity : rowsMax * columns;
    return foldLane(tier, byTier.get(tier) ?? [], starts, boxesMax);
  });
  const moments = drafts.flat().map((draft) => draft.start);
  const narrowest = left + columns * (BOX_WIDTH + COLUMN_GAP) + 12;
  const stretched = Math.max(options.width, narrowest) * options.stretch;
  const scale = timeScale(moments, left, Math.max(stretched - BOX_WIDTH - 12, left + BOX_WIDTH));
  const boxes: FlowBox[] = [];
  const lanes: FlowLane[] = [];
  const boxOfNode = new Map<number, FlowBox>();
  let y = AXIS_HEIGHT;
  let width = stretched;
  tiers.forEach((tier, index) => {
    const lane = drafts[index] ?? [];
    const rowsNow = Math.max(rowsMax, Math.ceil(lane.length / columns));
    const placed = fitLeft(placeRows(lane, scale, rowsNow), stretched - 12, left);
    const rows = placed.reduce((max, place) => Math.max(max, place.row + 1), 1);
    const height = LANE_PADDING * 2 + rows * BOX_HEIGHT + (rows - 1) * ROW_GAP;
    let folded = 0;
    for (const { draft, x, row } of placed) {
      const box = boxOf(
        draft,
        x,
        y + LANE_PADDING + row * (BOX_HEIGHT + ROW_GAP),
        trace.totals.loss.currency,
        paid,
      );
      folded += box.folded;
      width = Math.max(width, x + BOX_WIDTH + 12);
      boxes.push(box);
      for (const node of draft.nodes) boxOfNode.set(node.id, box);
    }
    lanes.push({ tier, y, height, accounts: byTier.get(tier)?.length ?? 0, folded });
    y += height;
  });
  return {
    width,
    height: y,
    lanes,
    boxes,
    curves: curvesOf(trace, boxOfNode),
    ticks: ticksOf(moments, scale),
  };
}

/** The box to go to from `from` with an arrow key, or `null` when there is none that way. */
export function neighbour(
  boxes: readonly FlowBox[],
  from: FlowBox | null,
  key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown',
): FlowBox | null {
  if (!from) return boxes[0] ?? null;
  const forward = key === 'ArrowRight' || key === 'ArrowDown';
  const vertical = key === 'ArrowUp' || key === 'ArrowDown';
  let best: FlowBox | null = null;
  let bestCost = Infinity;
  for (const box of boxes) {
    const along = (vertical ? box.y - from.y : box.x - from.x) * (forward ? 1 : -1);
    if (box === from || along <= 0) continue;
    const across = Math.abs(vertical ? box.x - from.x : box.y - from.y);
    const cost = along + across * 2;
    if (cost < bestCost) {
      bestCost = cost;
      best = box;
    }
  }
  return best;
}
