/** Where curves run and what shape boxes have, for canvas and SVG alike. */

import { BOX_HEIGHT, BOX_WIDTH, type FlowBox, type FlowCurve } from './layout';

/** Start, two control points and end of a curve. */
export type Bezier = readonly [number, number, number, number, number, number, number, number];

/** How far exits' corners are cut. */
const CUT = 9;

/** The way from the payer's box to the receiver's: down to a later tier, sideways within one or back. */
export function bezierOf({ from, to }: FlowCurve): Bezier {
  if (to.y > from.y + BOX_HEIGHT) {
    const startX = from.x + Math.min(BOX_WIDTH - 20, Math.max(20, to.x - from.x + 14));
    const startY = from.y + BOX_HEIGHT;
    const endX = to.x + 14;
    const bend = Math.max(18, (to.y - startY) * 0.55);
    return [startX, startY, startX, startY + bend, endX, to.y - bend, endX, to.y];
  }
  const [startX, startY] = [from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2];
  const [endX, endY] = [to.x, to.y + BOX_HEIGHT / 2];
  const bend = Math.max(26, Math.abs(endX - startX) * 0.4);
  return [startX, startY, startX + bend, startY, endX - bend, endY, endX, endY];
}

/** Corners of the shape of an exit at (`x`, `y`). */
export function exitCorners(x: number, y: number): readonly (readonly [number, number])[] {
  const middle = y + BOX_HEIGHT / 2;
  return [
    [x + CUT, y],
    [x + BOX_WIDTH - CUT, y],
    [x + BOX_WIDTH, middle],
    [x + BOX_WIDTH - CUT, y + BOX_HEIGHT],
    [x + CUT, y + BOX_HEIGHT],
    [x, middle],
  ];
}

/** Part of `whole` that `part` is, 0 to 1. */
export const shareOf = (part: bigint, whole: bigint): number =>
  whole <= 0n ? 0 : Math.min(1, Number((part * 1000n) / whole) / 1000);

export interface Bar {
  readonly inset: number;
  readonly room: number;
  readonly present: number;
  readonly held: number;
}

/** The bar of what became of the stolen money that came in: held, still there, moved on. */
export function barOf(
  box: FlowBox,
  { received, present, held }: { received: bigint; present: bigint; held: bigint },
): Bar {
  const inset = box.node?.exit ? 12 : 8;
  const room = BOX_WIDTH - inset * 2;
  const heldWide = Math.min(room, shareOf(held, received) * room);
  return { inset, room, held: heldWide, present: Math.max(heldWide, shareOf(present, received) * room) };
}
