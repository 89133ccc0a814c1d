import { describe, expect, it } from 'vitest';
import { boxAt, boxesIn, gridOf } from './grid';
import { figuresOf } from './figures';
import { exact, graphOf, recoverable } from './graph';
import { BOX_HEIGHT, BOX_WIDTH, layOut, timeScale, type FlowBox, type FlowLayout } from './layout';
import { FIRST, type Folding } from './model';
import { dice, fan, node, tangle, traceOf } from './sample';

const none: ReadonlySet<number> = new Set();
const folded = (trace: ReturnType<typeof fan>, width: number, folding: Partial<Folding> = {}) => {
  const graph = graphOf(trace);
  const layout = layOut(graph, { width, folding: { ...FIRST, ...folding }, path: none });
  return { graph, layout, figures: figuresOf(graph, layout, null) };
};
const overlaps = (a: FlowBox, b: FlowBox) =>
  a !== b && Math.abs(a.x - b.x) < BOX_WIDTH && Math.abs(a.y - b.y) < BOX_HEIGHT;

function expectApart(layout: FlowLayout): void {
  for (const box of layout.boxes) {
    expect(layout.boxes.some((other) => overlaps(box, other))).toBe(false);
    expect(box.x + BOX_WIDTH).toBeLessThanOrEqual(layout.width);
    const lane = layout.lanes.find(({ tier }) => tier === box.tier);
    expect(lane && box.y >= lane.y && box.y + BOX_HEIGHT <= lane.y + lane.height).toBe(true);
  }
}

describe('flow layout', () => {
  it('shows every account of a small flow and fits the width', () => {
    const { layout, figures } = folded(fan(1), 900);
    expect(layout.boxes.map((box) => box.key)).toEqual(['n0', 'n1', 'n2']);
    expect(layout.width).toBe(900);
    expect(figures.boxes[0]?.received).toBe(1000n);
  });
  it('never lets boxes overlap or leave their lanes, whatever is folded', () => {
    for (const foldBy of ['top', 'institution', 'none'] as const)
      for (const width of [1, 7, 150])
        for (const room of [340, 900, 1300]) {
          const { layout } = folded(fan(width), room, { foldBy });
          expectApart(layout);
          if (foldBy === 'top') expect(layout.width).toBe(room);
        }
  });
  it('puts each account in one box', () => {
    for (const foldBy of ['top', 'institution', 'none'] as const) {
      const { layout } = folded(fan(150), 900, { foldBy, top: 5 });
      const members = layout.boxes.flatMap((box) => box.members).sort((a, b) => a - b);
      expect(members).toEqual(Array.from({ length: 301 }, (_, id) => id));
      for (const box of layout.boxes)
        for (const member of box.members) expect(layout.boxOfNode.get(member)).toBe(box);
    }
  });
  it('keeps lanes in order from top to bottom and time from left to right', () => {
    const { layout } = folded(fan(3), 900);
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
});

describe('folding', () => {
  it('keeps money exactly, on boxes and on curves, at every moment', () => {
    for (const seed of [1, 2, 3, 4]) {
      const graph = graphOf(tangle(seed, 40, 300));
      for (const until of [null, graph.moments[3] ?? 0, graph.moments[8] ?? 0]) {
        const sums = (['none', 'top', 'institution'] as const).map((foldBy) => {
          const layout = layOut(graph, { width: 340, folding: { ...FIRST, foldBy }, path: none });
          const figures = figuresOf(graph, layout, until);
          const inside = graph.edges
            .filter(({ edge, at }) => {
              const isSame = layout.boxOfNode.get(edge.from) === layout.boxOfNode.get(edge.to);
              return isSame && (until === null || at <= until);
            })
            .reduce((sum, edge) => sum + edge.stolen, 0n);
          return {
            received: figures.boxes.reduce((sum, box) => sum + box.received, 0n),
            present: figures.boxes.reduce((sum, box) => sum + box.present, 0n),
            carried: figures.curves.reduce((sum, curve) => sum + curve.stolen, 0n) + inside,
          };
        });
        const paid = graph.edges.filter(({ at }) => until === null || at <= until);
        expect(sums[0]?.carried).toBe(paid.reduce((sum, edge) => sum + edge.stolen, 0n));
        expect(sums[1]).toEqual(sums[0]);
        expect(sums[2]).toEqual(sums[0]);
      }
    }
  });
  it('does not lose a cent beyond what floating point carries', () => {
    const much = 9_007_199_254_740_991;
    const nodes = [node({ id: 0, tier: 0 })];
    for (let id = 1; id <= 60; id += 1) nodes.push(node({ id, tier: 1, stolen: much, received: much }));
    const { figures } = folded(traceOf(nodes, []), 340, { top: 5 });
    expect(figures.boxes.reduce((sum, box) => sum + box.received, 0n)).toBe(60n * BigInt(much));
    expect(() => exact({ minor: much + 2 })).toThrow(RangeError);
    expect(() => exact({ minor: 0.5 })).toThrow(RangeError);
  });
  it('shows the most recoverable accounts of a tier, and the pinned ones besides', () => {
    const { layout } = folded(fan(150), 900, { top: 5, pinned: new Set([3]) });
    const shown = layout.boxes.flatMap((box) => (box.tier === 1 && box.node ? [box.node.id] : []));
    expect(shown.sort((a, b) => a - b)).toEqual([3, 146, 147, 148, 149, 150]);
    expect(layout.byKey.get('t1')?.members).toHaveLength(144);
  });
  it('counts drawn cash as out of reach and money beyond the balance too', () => {
    expect(recoverable(node({ id: 1, tier: 1, stolen: 70, more: { exit: 'cash' } }))).toBe(0n);
    const spent = { balance: { minor: 40, currency: 'CNY' } };
    expect(recoverable(node({ id: 1, tier: 1, stolen: 70, more: spent }))).toBe(40n);
  });
  it('makes one box an institution, and opens it when asked', () => {
    const closed = folded(fan(40), 900, { foldBy: 'institution' }).layout;
    expect(closed.boxes.filter((box) => box.tier === 1)).toHaveLength(4);
    const open = folded(fan(40), 900, { foldBy: 'institution', open: new Set(['t1/BK01']) }).layout;
    expect(open.boxes.filter((box) => box.tier === 1)).toHaveLength(3 + 10);
  });
  it('does not move boxes when time moves', () => {
    const graph = graphOf(fan(20));
    const layout = layOut(graph, { width: 900, folding: FIRST, path: none });
    const early = figuresOf(graph, layout, graph.moments[0] ?? 0);
    expect(early.boxes[0]?.received).toBe(1000n);
    expect(figuresOf(graph, layout, null).boxes[0]?.received).toBe(20_000n);
    expect(early.curves.filter((curve) => curve.count > 0)).toHaveLength(1);
  });
});

describe('the grid', () => {
  it('finds what a look at every box finds', () => {
    const { layout } = folded(fan(150), 900, { foldBy: 'none' });
    const grid = gridOf(layout.boxes);
    const random = dice(5);
    for (let turn = 0; turn < 500; turn += 1) {
      const [x, y] = [random() * layout.width, random() * layout.height];
      const inside = (box: FlowBox) =>
        x >= box.x && x <= box.x + BOX_WIDTH && y >= box.y && y <= box.y + BOX_HEIGHT;
      expect(boxAt(grid, x, y)).toBe(layout.boxes.find(inside) ?? null);
      const seen = boxesIn(grid, x, y, x + 300, y + 200);
      const all = layout.boxes.filter(
        (box) => box.x < x + 300 && box.x + BOX_WIDTH > x && box.y < y + 200 && box.y + BOX_HEIGHT > y,
      );
      expect([...seen].map((box) => box.key).sort()).toEqual(all.map((box) => box.key).sort());
    }
  });
});
