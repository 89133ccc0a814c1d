import { describe, expect, it } from 'vitest';
import { clamp, reveal, scaleMin, zoomAt } from './camera';
import { figuresOf } from './figures';
import { graphOf } from './graph';
import { commandOf, linksOf, nearest, walk } from './keys';
import { AXIS_HEIGHT, BOX_HEIGHT, BOX_WIDTH, LEFT, layOut } from './layout';
import { FIRST } from './model';
import { edge, fan, node, traceOf } from './sample';
import { searchFlow } from './search';
import { binsOf, momentAt, placeOf, stepMoment } from './time';

const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
const laidOut = (trace: ReturnType<typeof fan>, foldBy: 'top' | 'none' = 'none') => {
  const graph = graphOf(trace);
  const layout = layOut(graph, { width: 900, folding: { ...FIRST, foldBy }, path: new Set() });
  return { graph, layout, links: linksOf(layout, figuresOf(graph, layout, null)) };
};

describe('keys', () => {
  const nodes = [0, 1, 2, 3].map((id) => node({ id, tier: Math.min(2, id), seconds: id * 500 }));
  const trace = traceOf(nodes, [
    edge(0, 1, 5, 50),
    edge(1, 2, 600, 10),
    edge(1, 3, 900, 40),
    edge(0, 3, 950, 99),
  ]);
  const { layout, links } = laidOut(trace);
  const box = (id: number) => layout.byKey.get(`n${id}`) ?? null;

  it('walk down to whom most was paid and back up the way one came', () => {
    expect(walk(layout, links, null, null, 'ArrowDown')).toBe(box(0));
    expect(walk(layout, links, box(0), null, 'ArrowDown')).toBe(box(3));
    expect(walk(layout, links, box(1), box(0), 'ArrowDown')).toBe(box(3));
    // It came from account 1, though the victim paid more.
    expect(walk(layout, links, box(3), box(1), 'ArrowUp')).toBe(box(1));
    expect(walk(layout, links, box(3), null, 'ArrowUp')).toBe(box(0));
    expect(walk(layout, links, box(2), null, 'ArrowDown')).toBeNull();
  });
  it('walk sideways among those paid by the same payer', () => {
    expect(walk(layout, links, box(2), box(1), 'ArrowRight')).toBe(box(3));
    expect(walk(layout, links, box(3), box(1), 'ArrowLeft')).toBe(box(2));
    expect(walk(layout, links, box(2), box(1), 'ArrowLeft')).toBeNull();
  });
  it('do not follow payments that had not been made at the moment shown', () => {
    const graph = graphOf(trace);
    const early = linksOf(layout, figuresOf(graph, layout, graph.moments[1] ?? 0));
    expect(walk(layout, early, box(1), null, 'ArrowDown')).toBe(box(2));
    expect(walk(layout, early, box(0), null, 'ArrowDown')).toBe(box(1));
  });
  it('go to the nearest box that way with Shift', () => {
    const { boxes } = laidOut(fan(3)).layout;
    expect(nearest(boxes, null, 'ArrowDown')?.key).toBe('n0');
    expect(nearest(boxes, boxes[0] ?? null, 'ArrowDown')?.tier).toBe(1);
    expect(nearest(boxes, boxes[0] ?? null, 'ArrowUp')).toBeNull();
  });
  it('mean what they say, and leave the browser its own', () => {
    expect(commandOf({ ...plain, key: 'P' })).toEqual({ do: 'pin' });
    expect(commandOf({ ...plain, key: 'z', ctrlKey: true })).toEqual({ do: 'undo' });
    expect(commandOf({ ...plain, key: 'Z', ctrlKey: true, shiftKey: true })).toEqual({ do: 'redo' });
    expect(commandOf({ ...plain, key: 'p', ctrlKey: true })).toBeNull();
    expect(commandOf({ ...plain, key: 'ArrowLeft', shiftKey: true })?.do).toBe('nearest');
    expect(commandOf({ ...plain, key: 'ArrowLeft', altKey: true })).toBeNull();
    expect(commandOf({ ...plain, key: 'Tab' })).toBeNull();
  });
});

describe('the camera', () => {
  const { layout } = laidOut(fan(150));
  const room = { width: 900, height: 600 };
  it('shows the whole picture beside its margins when it is smallest', () => {
    const scale = scaleMin(layout, room);
    const camera = clamp({ x: -Infinity, y: -Infinity, scale }, layout, room);
    for (const box of layout.boxes) {
      const [x, y] = [(box.x - camera.x) * scale, (box.y - camera.y) * scale];
      expect(x).toBeGreaterThanOrEqual(LEFT - 0.01);
      expect(y).toBeGreaterThanOrEqual(AXIS_HEIGHT);
      expect(x + BOX_WIDTH * scale).toBeLessThanOrEqual(room.width + 0.01);
      expect(y + BOX_HEIGHT * scale).toBeLessThanOrEqual(room.height + 0.01);
    }
  });
  it('keeps the point under the pointer where it is', () => {
    const before = { x: 400, y: 300, scale: 1 };
    const point = { x: 500, y: 200 };
    const after = zoomAt(before, 1.5, point, layout, room);
    expect(after.x + point.x / after.scale).toBeCloseTo(before.x + point.x / before.scale);
    expect(after.y + point.y / after.scale).toBeCloseTo(before.y + point.y / before.scale);
  });
  it('brings any box into sight at a size that can be read', () => {
    for (const box of layout.boxes) {
      const camera = reveal({ x: 0, y: 0, scale: 0.3 }, box, layout, room);
      expect(camera.scale).toBeGreaterThanOrEqual(0.8);
      expect((box.x - camera.x) * camera.scale).toBeGreaterThanOrEqual(LEFT - 1);
      expect((box.y + BOX_HEIGHT - camera.y) * camera.scale).toBeLessThanOrEqual(room.height + 1);
    }
  });
});

describe('search', () => {
  const { graph } = laidOut(fan(20));
  const find = (text: string) => searchFlow(graph, text, (code) => `Bank ${code}`).map(({ id }) => id);
  it('finds by the digits that are shown, by institution, amount and payment', () => {
    expect(find('**0012')).toEqual([12]);
    expect(find('6222000012')).toEqual([12]);
    expect(find('bank bk03').every((id) => id % 4 === 3)).toBe(true);
    expect(find('¥9.95')).toEqual([25]);
    expect(find('0-7-210')).toEqual([0, 7]);
    expect(find('  ')).toEqual([]);
    expect(find('nothing')).toEqual([]);
  });
});

describe('time', () => {
  const { graph } = laidOut(fan(20));
  it('has a place for each moment and one for the end', () => {
    const { moments } = graph;
    moments.forEach((moment, place) => expect(placeOf(moments, moment)).toBe(place));
    expect(placeOf(moments, null)).toBe(moments.length);
    expect(momentAt(moments, moments.length)).toBeNull();
    expect(stepMoment(moments, null, -1)).toBe(moments.at(-1));
    expect(stepMoment(moments, moments[0] ?? 0, -1)).toBe(moments[0]);
  });
  it('shows the most money as the highest stretch', () => {
    const bins = binsOf(graph, 8);
    expect(Math.max(...bins)).toBe(1);
    expect(bins.every((share) => share >= 0 && share <= 1)).toBe(true);
  });
});
