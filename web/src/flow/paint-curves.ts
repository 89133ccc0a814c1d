/** Draws the payments: only those in sight, in few paths of like width, simpler the smaller they are. */

import { bezierOf, type Bezier } from './geometry';
import type { FlowCurve } from './layout';
import type { Brush } from './paint';

/** Below this size curves are straight and not dashed: the bend would be a few pixels. */
const BEND_SCALE = 0.45;
/** Curves stroked at once: one path of all would be slow to fill, one stroke each slow to set up. */
const CHUNK = 24;

type Tone = 'calm' | 'marked' | 'path';
interface Batch {
  readonly tone: Tone;
  readonly dashed: boolean;
  readonly width: number;
  readonly curves: Bezier[];
}

const beziers = new WeakMap<FlowCurve, Bezier>();

function cachedBezier(curve: FlowCurve): Bezier {
  const known = beziers.get(curve);
  if (known) return known;
  const made = bezierOf(curve);
  beziers.set(curve, made);
  return made;
}

/** Work of one frame, by `effort`: the largest payments in sight first, the others in the frames after it. */
const SLICE_EFFORT = 26_000;
/** Up to this many pixels a line is as thin as one is: by far the quickest to draw. */
const HAIRLINE = 1.6;
/** A hair less than a pixel: what rounding makes a hair more of is drawn four times as slowly. */
const HAIR = 0.98;

/** Width on the screen in steps, so that like widths share a path. */
function widthStep(width: number): number {
  if (width <= HAIRLINE) return HAIR;
  return width < 4 ? Math.round(width * 2) / 2 : Math.round(width);
}

/** How much work a line is, in pixels of a thin one: thick lines are filled, and their edges smoothed. */
function effort([ax, ay, , , , , dx, dy]: Bezier, scale: number, width: number): number {
  const length = Math.min(1200, Math.hypot(dx - ax, dy - ay) * scale);
  return 20 + length * (width <= HAIR ? 0.6 : 1.2 + width * 0.35);
}

function inSight([ax, ay, bx, by, cx, cy, dx, dy]: Bezier, { left, top, right, bottom }: Brush): boolean {
  return (
    Math.min(ax, bx, cx, dx) < right &&
    Math.max(ax, bx, cx, dx) > left &&
    Math.min(ay, by, cy, dy) < bottom &&
    Math.max(ay, by, cy, dy) > top
  );
}

function toneOf(brush: Brush, curve: FlowCurve): Tone {
  if (brush.scene.pathCurves.has(curve)) return 'path';
  const { marked } = brush;
  return marked !== null && (curve.from === marked || curve.to === marked) ? 'marked' : 'calm';
}

interface Batches {
  readonly batches: readonly Batch[];
  /** Whether payments in sight are left for later frames. */
  readonly hasMore: boolean;
}

/** Curves in sight by how they are drawn: the slice of the view, and those that stand out always. */
function batchesOf(brush: Brush): Batches {
  const { scene, scale } = brush;
  const batches = new Map<string, Batch>();
  const { slice } = brush.view;
  const [from, to] = slice === null ? [0, Infinity] : [slice * SLICE_EFFORT, (slice + 1) * SLICE_EFFORT];
  let done = 0;
  scene.layout.curves.forEach((curve, index) => {
    const figures = scene.figures.curves[index];
    if (!figures || figures.count === 0) return;
    const bezier = cachedBezier(curve);
    if (!inSight(bezier, brush)) return;
    const tone = toneOf(brush, curve);
    const dashed = scale >= BEND_SCALE && curve.to.node?.exit !== null && curve.to.node !== null;
    const width = widthStep(figures.width * scale);
    if (tone === 'calm') {
      const before = done;
      done += effort(bezier, scale, width);
      if (before < from || before >= to) return;
    }
    const key = `${tone}${dashed ? '-' : '+'}${width}`;
    const batch = batches.get(key);
    if (batch) batch.curves.push(bezier);
    else batches.set(key, { tone, dashed, width, curves: [bezier] });
  });
  const order: Readonly<Record<Tone, number>> = { calm: 0, marked: 1, path: 2 };
  const sorted = [...batches.values()].sort((a, b) => order[a.tone] - order[b.tone] || b.width - a.width);
  return { batches: sorted, hasMore: done > to };
}

function addTo(context: CanvasRenderingContext2D, bezier: Bezier, straight: boolean): void {
  const [ax, ay, bx, by, cx, cy, dx, dy] = bezier;
  context.moveTo(ax, ay);
  if (straight) context.lineTo(dx, dy);
  else context.bezierCurveTo(bx, by, cx, cy, dx, dy);
}

/** Draws the payments in sight; the context is in the picture's own measure. Says whether any are left. */
export function paintCurves(brush: Brush): boolean {
  const { context, colours, scale, scene } = brush;
  const isCalm = brush.marked === null && scene.pathCurves.size === 0;
  const straight = scale < BEND_SCALE;
  const { batches, hasMore } = batchesOf(brush);
  for (const { tone, dashed, width, curves } of batches) {
    const wide = (tone === 'path' ? Math.max(2.5, width) : width) / scale;
    context.strokeStyle = tone === 'calm' ? colours.edge : colours.accent;
    context.globalAlpha = tone === 'path' ? 0.95 : tone === 'marked' ? 0.8 : isCalm ? 0.42 : 0.18;
    context.lineWidth = wide;
    context.setLineDash(dashed ? [Math.max(4, wide), Math.max(3, wide * 0.7)] : []);
    for (let start = 0; start < curves.length; start += CHUNK) {
      context.beginPath();
      for (const bezier of curves.slice(start, start + CHUNK)) addTo(context, bezier, straight);
      context.stroke();
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
  return hasMore;
}
