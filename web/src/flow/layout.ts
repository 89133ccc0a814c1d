/**
 * Layout of the money flow: tier lanes from top to bottom, time from left to right.
 *
 * Pure: the same graph and options give the same picture. The moment shown changes no place, only amounts
 * (`figures.ts`), so that nothing jumps while time is moved.
 */

import type { TraceNode } from '../api/types';
import { foldTier, type Draft } from './fold';
import type { FlowEdge, FlowGraph } from './graph';
import type { Folding } from './model';

export const BOX_WIDTH = 148;
export const BOX_HEIGHT = 46;
export const ROW_GAP = 10;
export const COLUMN_GAP = 18;
const LANE_PADDING = 17;
/** Rows of a folded lane; an unfolded one may have as many as it needs. */
const ROWS_MAX = 3;
const ROWS_MAX_DEEP = 2;
const DEEP_TIERS = 5;
export const AXIS_HEIGHT = 26;
export const LANE_LABEL_WIDTH = 64;
/** Where boxes begin, right of the names of the lanes. */
export const LEFT = LANE_LABEL_WIDTH + 8;
export const RIGHT = 12;
/** A picture of many boxes grows in both directions, up to about this many times as wide as high. */
const ASPECT = 1.5;
/** The same where the window is a telephone's. */
const ASPECT_NARROW = 0.55;
const NARROW = 600;
/** Beyond this many rows a lane gets more columns instead. */
const ROWS_BEFORE_WIDER = 12;

export interface LayoutOptions {
  /** Room for the picture in CSS pixels; time is stretched to fill it, never squeezed below legibility. */
  readonly width: number;
  readonly folding: Folding;
  /** Accounts of the marked path: never folded. */
  readonly path: ReadonlySet<number>;
}

export interface FlowBox {
  readonly key: string;
  /** Place in `FlowLayout.boxes`. */
  readonly index: number;
  /** The account; `null` for a box of folded accounts. */
  readonly node: TraceNode | null;
  /** All accounts in it. */
  readonly members: readonly number[];
  readonly institution: string | null;
  readonly tier: number;
  readonly x: number;
  readonly y: number;
}

/** All payments from one box to another. */
export interface FlowCurve {
  readonly from: FlowBox;
  readonly to: FlowBox;
  /** In order of time. */
  readonly edges: readonly FlowEdge[];
}

export interface FlowLane {
  readonly tier: number;
  readonly y: number;
  readonly height: number;
  readonly accounts: number;
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
  readonly byKey: ReadonlyMap<string, FlowBox>;
  readonly boxOfNode: ReadonlyMap<number, FlowBox>;
  /** Those that carried the most in the whole trace first. */
  readonly curves: readonly FlowCurve[];
  readonly ticks: readonly FlowTick[];
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

interface Placed {
  readonly draft: Draft;
  readonly x: number;
  readonly row: number;
}

/**
 * Puts the boxes of a lane on at most `rowsMax` rows in order of time. A box starts at its time, or later where an
 * earlier box is still in the way: order is always kept, the exact time is among the account's details.
 */
function placeRows(drafts: readonly Draft[], scale: (ms: number) => number, rowsMax: number): Placed[] {
  const rowEnds: number[] = [];
  return [...drafts]
    .sort((a, b) => a.start - b.start || (a.node?.id ?? Infinity) - (b.node?.id ?? Infinity))
    .map((draft) => {
      const wanted = scale(draft.start);
      const free = rowEnds.findIndex((end) => end <= wanted);
      let row = free;
      if (free < 0) {
        row = rowEnds.length;
        if (rowEnds.length >= rowsMax)
          row = rowEnds.reduce((least, end, index) => (end < (rowEnds[least] ?? 0) ? index : least), 0);
      }
      const x = Math.max(wanted, rowEnds[row] ?? 0);
      rowEnds[row] = x + BOX_WIDTH + COLUMN_GAP;
      return { draft, x, row };
    });
}

/** Moves boxes left as far as needed for each row to end inside `end`; a row too long for that runs beyond it. */
function fitLeft(placed: readonly Placed[], end: number, start: number): Placed[] {
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

function curvesOf(graph: FlowGraph, boxOfNode: ReadonlyMap<number, FlowBox>): FlowCurve[] {
  const known = new Map<number, { from: FlowBox; to: FlowBox; edges: FlowEdge[] }>();
  const width = boxOfNode.size + 1;
  for (const edge of graph.edges) {
    const from = boxOfNode.get(edge.edge.from);
    const to = boxOfNode.get(edge.edge.to);
    if (!from || !to || from === to) continue;
    const key = from.index * width + to.index;
    const curve = known.get(key);
    if (curve) curve.edges.push(edge);
    else known.set(key, { from, to, edges: [edge] });
  }
  const sizeOf = ({ edges }: FlowCurve) => edges.reduce((sum, edge) => sum + edge.stolen, 0n);
  return [...known.values()]
    .map((curve) => ({ curve, size: sizeOf(curve) }))
    .sort((a, b) => (a.size === b.size ? 0 : a.size < b.size ? 1 : -1))
    .map(({ curve }) => curve);
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

/** Columns such that lanes of these sizes make a picture that is not much higher than it is wide. */
function columnsFor(sizes: readonly number[], fitting: number, aspect: number): number {
  const rowsAt = (columns: number) => sizes.reduce((sum, size) => sum + Math.ceil(size / columns), 0);
  let columns = fitting;
  const isTall = () =>
    rowsAt(columns) * (BOX_HEIGHT + ROW_GAP) * aspect > columns * (BOX_WIDTH + COLUMN_GAP) &&
    Math.ceil(Math.max(...sizes) / columns) > ROWS_BEFORE_WIDER;
  while (isTall()) columns += 1;
  return columns;
}

function tiersOf(graph: FlowGraph): [number, TraceNode[]][] {
  const byTier = new Map<number, TraceNode[]>();
  for (const node of graph.trace.nodes) {
    const known = byTier.get(node.tier);
    if (known) known.push(node);
    else byTier.set(node.tier, [node]);
  }
  return [...byTier].sort(([a], [b]) => a - b);
}

/** Lays `graph` out. */
export function layOut(graph: FlowGraph, options: LayoutOptions): FlowLayout {
  const tiers = tiersOf(graph);
  // A telephone has room for one column; what does not get a box is folded, so that nothing is cut off.
  const fitting = Math.max(1, Math.floor((options.width - LEFT) / (BOX_WIDTH + COLUMN_GAP)));
  const rowsFolded = tiers.length >= DEEP_TIERS ? ROWS_MAX_DEEP : ROWS_MAX;
  const lanesOfDrafts = tiers.map(([, nodes]) =>
    foldTier(graph, options.folding, options.path, nodes, rowsFolded * fitting),
  );
  const sizes = lanesOfDrafts.map((drafts) => drafts.length);
  const columns = columnsFor(sizes, fitting, options.width < NARROW ? ASPECT_NARROW : ASPECT);
  const moments = lanesOfDrafts.flatMap((drafts) => drafts.map((draft) => draft.start));
  const room = Math.max(options.width, LEFT + columns * (BOX_WIDTH + COLUMN_GAP) + RIGHT);
  const scale = timeScale(moments, LEFT, Math.max(room - BOX_WIDTH - RIGHT, LEFT + BOX_WIDTH));
  const boxes: FlowBox[] = [];
  const lanes: FlowLane[] = [];
  const boxOfNode = new Map<number, FlowBox>();
  let y = AXIS_HEIGHT;
  let width = room;
  tiers.forEach(([tier, nodes], laneIndex) => {
    const drafts = lanesOfDrafts[laneIndex] ?? [];
    const rowsNow = Math.max(rowsFolded, Math.ceil(drafts.length / columns));
    const placed = fitLeft(placeRows(drafts, scale, rowsNow), room - RIGHT, LEFT);
    const rows = placed.reduce((most, place) => Math.max(most, place.row + 1), 1);
    for (const { draft, x, row } of placed) {
      const { key, node, members, institution } = draft;
      const top = y + LANE_PADDING + row * (BOX_HEIGHT + ROW_GAP);
      const box: FlowBox = { key, index: boxes.length, node, members, institution, tier, x, y: top };
      width = Math.max(width, x + BOX_WIDTH + RIGHT);
      boxes.push(box);
      for (const member of members) boxOfNode.set(member, box);
    }
    const height = LANE_PADDING * 2 + rows * BOX_HEIGHT + (rows - 1) * ROW_GAP;
    lanes.push({ tier, y, height, accounts: nodes.length });
    y += height;
  });
  return {
    width,
    height: y,
    lanes,
    boxes,
    byKey: new Map(boxes.map((box) => [box.key, box])),
    boxOfNode,
    curves: curvesOf(graph, boxOfNode),
    ticks: ticksOf(moments, scale),
  };
}
