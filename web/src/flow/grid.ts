/** Which box is at a point, and which boxes are in a window, without looking at all of them. */

import { BOX_HEIGHT, BOX_WIDTH, type FlowBox } from './layout';

const CELL_WIDTH = 332;
const CELL_HEIGHT = 224;
const STRIDE = 100_000;

export interface Grid {
  readonly cells: ReadonlyMap<number, readonly FlowBox[]>;
}

const column = (x: number): number => Math.floor(x / CELL_WIDTH);
const row = (y: number): number => Math.floor(y / CELL_HEIGHT);

export function gridOf(boxes: readonly FlowBox[]): Grid {
  const cells = new Map<number, FlowBox[]>();
  for (const box of boxes)
    for (let at = column(box.x); at <= column(box.x + BOX_WIDTH); at += 1)
      for (let down = row(box.y); down <= row(box.y + BOX_HEIGHT); down += 1) {
        const key = down * STRIDE + at;
        const known = cells.get(key);
        if (known) known.push(box);
        else cells.set(key, [box]);
      }
  return { cells };
}

/** The box at a point of the picture. */
export function boxAt(grid: Grid, x: number, y: number): FlowBox | null {
  const inside = (box: FlowBox) =>
    x >= box.x && x <= box.x + BOX_WIDTH && y >= box.y && y <= box.y + BOX_HEIGHT;
  return grid.cells.get(row(y) * STRIDE + column(x))?.find(inside) ?? null;
}

/** Boxes that touch a window of the picture, each once. */
export function boxesIn(grid: Grid, left: number, top: number, right: number, bottom: number): Set<FlowBox> {
  const found = new Set<FlowBox>();
  for (let down = row(top); down <= row(bottom); down += 1)
    for (let at = column(left); at <= column(right); at += 1)
      for (const box of grid.cells.get(down * STRIDE + at) ?? [])
        if (box.x < right && box.x + BOX_WIDTH > left && box.y < bottom && box.y + BOX_HEIGHT > top)
          found.add(box);
  return found;
}
