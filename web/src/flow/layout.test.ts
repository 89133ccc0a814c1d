import { describe, expect, it } from 'vitest';
import type { CaseTrace, TraceEdge, TraceNode } from '../api/types';
import { BOX_HEIGHT, BOX_WIDTH, layOut, neighbour, timeScale, type FlowBox } from './layout';

const cny = (minor: number) => ({ minor, currency: 'CNY' });
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();

/** A victim that paid `width` accounts, each of which paid one more, all 30 s apart. */
function fan(width: number): CaseTrace {
  const node = (id: number, tier: number, stolen: number, seconds: number): TraceNode => ({
    id,
    institution: 'BK01',
    account: `6222${id}`,
    kind: 'person',
    tier,
    stolen: cny(stolen),
    balance: cny(stolen),
    received_stolen: cny(tier === 0 ? 0 : 1000 + id),
    first_arrival_at: tier === 0 ? null : at(seconds),
    last_arrival_at: null,
    is_victim: tier === 0,
    exit: tier === 2 && id % 3 === 0 ? 'cash' : null,
    held: cny(0),
  });
  const nodes = [node(0, 0, 0, 0)];
  const edges: TraceEdge[] = [];
  for (let index = 1; index <= width; index += 1) {
    nodes.push(node(index, 1, index, index * 30), node(index + width, 2, 1, index * 30 + 60));
    for (const [from, to, seconds] of [
      [0, index, index * 30],
      [index, index + width, index * 30 + 60],
    ] as const) {
      const tx_id = `${from}-${to}`;
      edges.push({
        tx_id,
        from,
        to,
        occurred_at: at(seconds),
        amount: cny(1000),
        stolen: cny(1000),
        channel: 'transfer',
      });
    }
  }
  const totals = { loss: cny(1000 * width), still_there: cny(0), cash_out: cny(0), fund_units: cny(0) };
  return { method: 'fifo', as_of: at(99_999), horizon_ends_at: at(259_200), nodes, edges, totals };
}

const options = { width: 900, stretch: 1, unfolded: new Set<number>() };
const overlaps = (a: FlowBox, b: FlowBox) =>
  a !== b && Math.abs(a.x - b.x) < BOX_WIDTH && Math.abs(a.y - b.y) < BOX_HEIGHT;

describe('flow layout', () => {
  it('shows every account of a small flow and fits the width', () => {
    const layout = layOut(fan(1), options);
    expect(layout.boxes.map((box) => box.key)).toEqual(['n0', 'n1', 'n2']);
    expect(layout.width).toBe(900);
    expect(layout.boxes[0]?.received).toBe(1000n);
  });
  it('never lets boxes overlap, and stays within its width, for 3 and for 300 accounts', () => {
    for (const width of [1, 7, 150]) {
      for (const room of [340, 900, 1300]) {
        const layout = layOut(fan(width), { ...options, width: room });
        for (const box of layout.boxes) {
          expect(layout.boxes.some((other) => overlaps(box, other))).toBe(false);
          expect(box.x + BOX_WIDTH).toBeLessThanOrEqual(layout.width);
        }
      }
    }
  });
  it('folds the many small and loses no money by it', () => {
    const layout = layOut(fan(150), options);
    expect(layout.boxes.length).toBeLessThan(40);
    const tier1 = layout.boxes.filter((box) => box.tier === 1);
    const others = tier1.find((box) => box.folded > 0);
    expect(others?.folded).toBe(150 - (tier1.length - 1));
    const received = tier1.reduce((sum, box) => sum + box.received, 0n);
    expect(received).toBe(BigInt(150 * 1000 + (150 * 151) / 2));
    const incoming = layout.curves
      .filter((curve) => curve.to.tier === 1)
      .reduce((sum, curve) => sum + curve.stolen, 0n);
    expect(incoming).toBe(150_000n);
  });
  it('unfolds a lane when asked', () => {
    const layout = layOut(fan(150), { ...options, unfolded: new Set([1]) });
    expect(layout.boxes.filter((box) => box.tier === 1)).toHaveLength(150);
  });
  it('keeps lanes in order from top to bottom and time from left to right', () => {
    const layout = layOut(fan(3), options);
    expect(layout.lanes.map((lane) => lane.tier)).toEqual([0, 1, 2]);
    const [first, second] = layout.boxes.filter((box) => box.tier === 1);
    expect(first && second && (first.x < second.x || first.y < second.y)).toBe(true);
    const scale = timeScale([0, 1000, 100_000, 86_400_000], 0, 100);
    expect(scale(0)).toBe(0);
    expect(scale(86_400_000)).toBe(100);
    expect(scale(1000)).toBeLessThan(scale(100_000));
    // A day is not a thousand times as wide as a minute.
    expect(scale(100_000)).toBeGreaterThan(5);
  });
  it('moves with arrow keys to the nearest box that way', () => {
    const { boxes } = layOut(fan(3), options);
    expect(neighbour(boxes, null, 'ArrowDown')?.key).toBe('n0');
    expect(neighbour(boxes, boxes[0] ?? null, 'ArrowDown')?.tier).toBe(1);
    expect(neighbour(boxes, boxes[0] ?? null, 'ArrowUp')).toBeNull();
  });
});
