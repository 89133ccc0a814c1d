/** Draws a laid-out money flow on a canvas. Colours come from the page, so light and dark are one code path. */

import type { Speech } from '../i18n/language';
import { maskAccount } from '../format/mask';
import {
  AXIS_HEIGHT,
  BOX_HEIGHT,
  BOX_WIDTH,
  LANE_LABEL_WIDTH,
  type FlowBox,
  type FlowCurve,
  type FlowLayout,
} from './layout';

export interface View {
  /** How far the picture is moved left and up, in CSS pixels. */
  readonly offsetX: number;
  readonly offsetY: number;
  readonly width: number;
  readonly height: number;
  readonly focused: string | null;
  readonly hovered: string | null;
  readonly selected: string | null;
}

export type Palette = ReturnType<typeof readPalette>;

/** The page's colours as this element sees them. */
export function readPalette(element: Element) {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    surface: read('--surface'),
    surface2: read('--surface-2'),
    line: read('--line'),
    lineStrong: read('--line-strong'),
    ink: read('--ink'),
    ink2: read('--ink-2'),
    ink3: read('--ink-3'),
    accent: read('--accent'),
    amber: read('--amber-mark'),
    green: read('--green-mark'),
    greenInk: read('--green'),
    gone: read('--gone'),
    edge: read('--edge'),
    lane: read('--lane'),
    font: read('--font'),
  };
}

interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly colours: Palette;
  readonly speech: Speech;
  readonly institution: (code: string) => string;
  readonly view: View;
}

const TEXT_SIZE = 12;

function shorten(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let cut = text;
  while (cut.length > 1 && context.measureText(`${cut}…`).width > room) cut = cut.slice(0, -1);
  return `${cut}…`;
}

function touches(view: View, box: { x: number; y: number }): boolean {
  const x = box.x - view.offsetX;
  const y = box.y - view.offsetY;
  return x < view.width && x + BOX_WIDTH > 0 && y < view.height && y + BOX_HEIGHT > 0;
}

function paintLanes({ context, colours, view }: Brush, layout: FlowLayout): void {
  layout.lanes.forEach((lane, index) => {
    if (index % 2 === 1) {
      context.fillStyle = colours.lane;
      context.fillRect(0, lane.y - view.offsetY, view.width, lane.height);
    }
  });
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  for (const tick of layout.ticks) {
    const x = Math.round(tick.x - view.offsetX) + 0.5;
    if (x < LANE_LABEL_WIDTH) continue;
    context.beginPath();
    context.moveTo(x, AXIS_HEIGHT);
    context.lineTo(x, view.height);
    context.stroke();
  }
}

/** Names of lanes and times stay in sight while the picture is moved. */
function paintMargins({ context, colours, speech, view }: Brush, layout: FlowLayout): void {
  context.fillStyle = colours.surface;
  context.globalAlpha = 0.92;
  context.fillRect(0, 0, LANE_LABEL_WIDTH - 6, view.height);
  context.fillRect(0, 0, view.width, AXIS_HEIGHT);
  context.globalAlpha = 1;
  context.textBaseline = 'middle';
  context.font = `11px ${colours.font}`;
  context.fillStyle = colours.ink3;
  let free = LANE_LABEL_WIDTH;
  for (const tick of layout.ticks) {
    const x = tick.x - view.offsetX;
    if (x < free || x > view.width - 50) continue;
    context.fillText(speech.clock(tick.ms), x, AXIS_HEIGHT / 2);
    free = x + 60;
  }
  for (const lane of layout.lanes) {
    const y = lane.y - view.offsetY;
    if (y + 40 < AXIS_HEIGHT) continue;
    const top = Math.max(y + 28, AXIS_HEIGHT + 14);
    context.fillStyle = colours.ink2;
    context.font = `600 11px ${colours.font}`;
    context.fillText(shorten(context, speech.t.flow.tier(lane.tier), LANE_LABEL_WIDTH - 14), 8, top);
    context.fillStyle = colours.ink3;
    context.font = `11px ${colours.font}`;
    context.fillText(`${lane.accounts}`, 8, top + 16);
  }
  context.strokeStyle = colours.line;
  context.beginPath();
  context.moveTo(0, AXIS_HEIGHT - 0.5);
  context.lineTo(view.width, AXIS_HEIGHT - 0.5);
  context.stroke();
}

function tracePath(context: CanvasRenderingContext2D, curve: FlowCurve, view: View): void {
  const { from, to } = curve;
  const downward = to.y > from.y + BOX_HEIGHT;
  context.beginPath();
  if (downward) {
    const startX = from.x - view.offsetX + Math.min(BOX_WIDTH - 20, Math.max(20, to.x - from.x + 14));
    const startY = from.y - view.offsetY + BOX_HEIGHT;
    const endX = to.x - view.offsetX + 14;
    const endY = to.y - view.offsetY;
    const bend = Math.max(18, (endY - startY) * 0.55);
    context.moveTo(startX, startY);
    context.bezierCurveTo(startX, startY + bend, endX, endY - bend, endX, endY);
    return;
  }
  const startX = from.x - view.offsetX + BOX_WIDTH;
  const startY = from.y - view.offsetY + BOX_HEIGHT / 2;
  const endX = to.x - view.offsetX;
  const endY = to.y - view.offsetY + BOX_HEIGHT / 2;
  const bend = Math.max(26, Math.abs(endX - startX) * 0.4);
  context.moveTo(startX, startY);
  context.bezierCurveTo(startX + bend, startY, endX - bend, endY, endX, endY);
}

function paintCurves({ context, colours, view }: Brush, layout: FlowLayout): void {
  const marked = view.hovered ?? view.focused ?? view.selected;
  for (const pass of ['calm', 'marked'] as const) {
    for (const curve of layout.curves) {
      const isMarked = marked !== null && (curve.from.key === marked || curve.to.key === marked);
      if (isMarked !== (pass === 'marked')) continue;
      context.strokeStyle = isMarked ? colours.accent : colours.edge;
      context.globalAlpha = isMarked ? 0.85 : marked === null ? 0.42 : 0.18;
      context.lineWidth = curve.width;
      context.setLineDash(curve.to.exit ? [Math.max(4, curve.width), Math.max(3, curve.width * 0.7)] : []);
      tracePath(context, curve, view);
      context.stroke();
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Outline of a box: exits have cut corners, folded accounts a stack behind them. */
function outline(context: CanvasRenderingContext2D, box: FlowBox, x: number, y: number): void {
  context.beginPath();
  if (box.exit) {
    const cut = 9;
    context.moveTo(x + cut, y);
    context.lineTo(x + BOX_WIDTH - cut, y);
    context.lineTo(x + BOX_WIDTH, y + BOX_HEIGHT / 2);
    context.lineTo(x + BOX_WIDTH - cut, y + BOX_HEIGHT);
    context.lineTo(x + cut, y + BOX_HEIGHT);
    context.lineTo(x, y + BOX_HEIGHT / 2);
    context.closePath();
    return;
  }
  context.roundRect(x, y, BOX_WIDTH, BOX_HEIGHT, 4);
}

/** Part of `whole` that `part` is, 0 to 1. */
const share = (part: bigint, whole: bigint): number =>
  whole <= 0n ? 0 : Math.min(1, Number((part * 1000n) / whole) / 1000);

/** A bar of what became of the stolen money that came in: held, still there, moved on. */
function paintBar({ context, colours }: Brush, box: FlowBox, x: number, y: number): void {
  const inset = box.exit ? 12 : 8;
  const room = BOX_WIDTH - inset * 2;
  const top = y + BOX_HEIGHT - 8;
  const present = box.node?.is_victim ? 0 : share(box.present, box.received) * room;
  const held = Math.min(room, share(box.held, box.received) * room);
  context.fillStyle = colours.gone;
  context.globalAlpha = 0.55;
  context.fillRect(x + inset, top, room, 3);
  context.globalAlpha = 1;
  context.fillStyle = box.exit ? colours.ink3 : colours.amber;
  context.fillRect(x + inset, top, Math.max(present, held), 3);
  context.fillStyle = colours.green;
  context.fillRect(x + inset, top, held, 3);
}

function labelsOf({ speech, institution }: Brush, box: FlowBox): [string, string] {
  const money = (minor: bigint) => speech.moneyShort({ minor, currency: box.currency });
  if (!box.node) return [speech.t.flow.others(box.folded), money(box.received)];
  const name = institution(box.node.institution);
  if (box.exit) return [`${speech.t.exit[box.exit]} · ${name}`, money(box.received)];
  return [`${name} ${maskAccount(box.node.account)}`, money(box.received)];
}

function paintBox(brush: Brush, box: FlowBox): void {
  const { context, colours, speech, view } = brush;
  const x = Math.round(box.x - view.offsetX);
  const y = Math.round(box.y - view.offsetY);
  // A folded box is green only when nothing in it is left to hold.
  const held = box.held > 0n && (box.folded === 0 || box.held >= box.present);
  if (box.folded > 0) {
    context.fillStyle = colours.surface2;
    context.strokeStyle = colours.lineStrong;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x + 4, y + 4, BOX_WIDTH, BOX_HEIGHT, 4);
    context.fill();
    context.stroke();
  }
  outline(context, box, x, y);
  context.fillStyle = box.exit ? colours.surface2 : colours.surface;
  context.fill();
  context.lineWidth = held || box.node?.is_victim ? 1.5 : 1;
  context.strokeStyle = held ? colours.green : box.node?.is_victim ? colours.ink2 : colours.lineStrong;
  context.stroke();
  if (held) {
    context.fillStyle = colours.green;
    context.fillRect(x, y + 1, 4, BOX_HEIGHT - 2);
  }
  const [first, second] = labelsOf(brush, box);
  const inset = box.exit ? 14 : 10;
  const room = BOX_WIDTH - inset * 2;
  context.textBaseline = 'alphabetic';
  context.font = `11px ${colours.font}`;
  context.fillStyle = colours.ink2;
  context.fillText(shorten(context, first, room), x + inset, y + 15);
  context.font = `600 ${TEXT_SIZE}px ${colours.font}`;
  context.fillStyle = colours.ink;
  const word = held ? speech.t.flow.legendHeld : '';
  const amount = shorten(context, second, room);
  context.fillText(amount, x + inset, y + 31);
  if (word) {
    const used = context.measureText(amount).width;
    context.font = `600 11px ${colours.font}`;
    const wide = context.measureText(word).width;
    if (used + wide + 6 <= room) {
      context.fillStyle = colours.greenInk;
      context.fillText(word, x + inset + room - wide, y + 31);
    }
  }
  paintBar(brush, box, x, y);
  if (box.key === view.focused || box.key === view.selected || box.key === view.hovered) {
    context.strokeStyle = colours.accent;
    context.lineWidth = box.key === view.hovered && box.key !== view.selected ? 1.5 : 2.5;
    context.beginPath();
    context.roundRect(x - 3, y - 3, BOX_WIDTH + 6, BOX_HEIGHT + 6, 6);
    context.stroke();
  }
}

/** Draws the whole picture; `scale` is device pixels per CSS pixel. */
export function paintFlow(
  context: CanvasRenderingContext2D,
  layout: FlowLayout,
  view: View,
  scale: number,
  colours: Palette,
  speech: Speech,
  institution: (code: string) => string,
): void {
  const brush: Brush = { context, colours, speech, institution, view };
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  paintLanes(brush, layout);
  paintCurves(brush, layout);
  for (const box of layout.boxes) if (touches(view, box)) paintBox(brush, box);
  paintMargins(brush, layout);
}
