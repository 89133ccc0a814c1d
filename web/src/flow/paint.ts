/** Draws a scene on a canvas. Colours come from the page, so light and dark are one code path. */

import type { Camera, Room } from './camera';
import { barOf, exitCorners } from './geometry';
import { boxesIn } from './grid';
import { AXIS_HEIGHT, BOX_HEIGHT, BOX_WIDTH, LANE_LABEL_WIDTH, type FlowBox } from './layout';
import { paintCurves } from './paint-curves';
import { figuresOfBox, isHeld, type Scene } from './scene';

export interface View {
  readonly camera: Camera;
  readonly room: Room;
  /** Device pixels for one CSS pixel. */
  readonly density: number;
  /** Which part of the payments is drawn, from 0; later parts are drawn on what is there. `null`: all at once. */
  readonly slice: number | null;
  /** While every amount changes with each frame, small boxes have no text. */
  readonly isTimeMoving: boolean;
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

export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly colours: Palette;
  readonly scene: Scene;
  readonly view: View;
  readonly scale: number;
  /** The part of the picture that is in the window. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** The box whose payments stand out. */
  readonly marked: FlowBox | null;
}

/** From this size on a box has both lines of text. */
const TEXT_SCALE = 0.62;
/** From this size on it has its amount, in larger letters. */
const AMOUNT_SCALE = 0.45;
/** Sizes of letters on the screen go in steps of this many pixels, so that few are ever drawn for the first time. */
const LETTER_STEP = 0.5;
const SHORTENED_KEPT = 20_000;
const shortened = new Map<string, string>();

/** The font for letters of `size` in the picture's own measure, at a size on the screen that is a whole step. */
function fontOf({ scale, colours }: Brush, size: number, weight = 400): string {
  const onScreen = Math.max(1, Math.floor((size * scale) / LETTER_STEP)) * LETTER_STEP;
  return `${weight} ${onScreen / scale}px ${colours.font}`;
}

const widths = new Map<string, number>();

/** How wide `text` is, measured once for each font. */
function widthOf(context: CanvasRenderingContext2D, font: string, text: string): number {
  const key = `${font}|${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  context.font = font;
  const { width } = context.measureText(text);
  if (widths.size >= SHORTENED_KEPT) widths.clear();
  widths.set(key, width);
  return width;
}

/** `text` cut to `room`; found once for each font and room. */
function shorten(context: CanvasRenderingContext2D, font: string, text: string, room: number): string {
  const key = `${font}|${room}|${text}`;
  const known = shortened.get(key);
  if (known !== undefined) return known;
  let cut = text;
  if (widthOf(context, font, text) > room) {
    while (cut.length > 1 && context.measureText(`${cut}…`).width > room) cut = cut.slice(0, -1);
    cut = `${cut}…`;
  }
  if (shortened.size >= SHORTENED_KEPT) shortened.clear();
  shortened.set(key, cut);
  return cut;
}

function paintLanes({ context, colours, scene, view, scale, left, top }: Brush): void {
  const { width, height } = view.room;
  context.fillStyle = colours.lane;
  scene.layout.lanes.forEach((lane, index) => {
    if (index % 2 === 1) context.fillRect(0, (lane.y - top) * scale, width, lane.height * scale);
  });
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  let free = LANE_LABEL_WIDTH;
  for (const tick of scene.layout.ticks) {
    const x = Math.round((tick.x - left) * scale) + 0.5;
    if (x < free || x > width) continue;
    context.moveTo(x, AXIS_HEIGHT);
    context.lineTo(x, height);
    free = x + 60;
  }
  context.stroke();
}

/** Names of lanes and times stay in sight while the picture is moved. */
function paintMargins({ context, colours, scene, view, scale, left, top }: Brush): void {
  const { width, height } = view.room;
  context.fillStyle = colours.surface;
  context.globalAlpha = 0.92;
  context.fillRect(0, 0, LANE_LABEL_WIDTH - 6, height);
  context.fillRect(0, 0, width, AXIS_HEIGHT);
  context.globalAlpha = 1;
  context.textBaseline = 'middle';
  context.font = `11px ${colours.font}`;
  context.fillStyle = colours.ink3;
  let free = LANE_LABEL_WIDTH;
  for (const tick of scene.layout.ticks) {
    const x = (tick.x - left) * scale;
    if (x < free || x > width - 50) continue;
    context.fillText(scene.speech.clock(tick.ms), x, AXIS_HEIGHT / 2);
    free = x + 60;
  }
  for (const lane of scene.layout.lanes) {
    const [from, to] = [(lane.y - top) * scale, (lane.y + lane.height - top) * scale];
    if (to < AXIS_HEIGHT + 14 || from > height) continue;
    const at = Math.max(from + Math.min(28, (lane.height * scale) / 3), AXIS_HEIGHT + 14);
    context.fillStyle = colours.ink2;
    const bold = `600 11px ${colours.font}`;
    const name = shorten(context, bold, scene.speech.t.flow.tier(lane.tier), LANE_LABEL_WIDTH - 14);
    context.font = bold;
    context.fillText(name, 8, at);
    context.fillStyle = colours.ink3;
    context.font = `11px ${colours.font}`;
    if (at + 22 < to) context.fillText(`${lane.accounts}`, 8, at + 16);
  }
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, AXIS_HEIGHT - 0.5);
  context.lineTo(width, AXIS_HEIGHT - 0.5);
  context.stroke();
}

/** Outline of a box: exits have cut corners, folded accounts a stack behind them. */
function outline({ context, scale }: Brush, { node, x, y }: FlowBox): void {
  context.beginPath();
  if (!node?.exit) {
    // Round corners are a pixel or two when small, and slow.
    if (scale < TEXT_SCALE) context.rect(x, y, BOX_WIDTH, BOX_HEIGHT);
    else context.roundRect(x, y, BOX_WIDTH, BOX_HEIGHT, 4);
    return;
  }
  for (const [cornerX, cornerY] of exitCorners(x, y)) context.lineTo(cornerX, cornerY);
  context.closePath();
}

function paintBar({ context, colours, scene }: Brush, box: FlowBox): void {
  const { inset, room, present, held } = barOf(box, figuresOfBox(scene, box));
  const [x, top] = [box.x + inset, box.y + BOX_HEIGHT - 8];
  context.fillStyle = colours.gone;
  context.globalAlpha = 0.55;
  context.fillRect(x, top, room, 3);
  context.globalAlpha = 1;
  context.fillStyle = box.node?.exit ? colours.ink3 : colours.amber;
  context.fillRect(x, top, present, 3);
  context.fillStyle = colours.green;
  context.fillRect(x, top, held, 3);
}

interface Letters {
  readonly size: number;
  readonly weight: number;
  readonly ink: string;
}

/** Writes `text`, cut to `room`, in the picture's own measure; gives its width. */
function write(brush: Brush, text: string, x: number, y: number, room: number, letters: Letters): number {
  const { context, colours } = brush;
  const { size, weight, ink } = letters;
  const measured = `${weight} ${size}px ${colours.font}`;
  const shown = shorten(context, measured, text, room);
  context.textBaseline = 'alphabetic';
  context.font = fontOf(brush, size, weight);
  context.fillStyle = ink;
  context.fillText(shown, x, y);
  return widthOf(context, measured, shown);
}

/** Both lines of a box, and the word for held money where there is room. */
function paintText(brush: Brush, box: FlowBox, inks: Inks): void {
  const { context, colours, scene } = brush;
  const [name, amount] = scene.label(box);
  const inset = box.node?.exit ? 14 : 10;
  const room = BOX_WIDTH - inset * 2;
  const x = box.x + inset;
  write(brush, name, x, box.y + 15, room, { size: 11, weight: 400, ink: inks.name });
  const used = write(brush, amount, x, box.y + 31, room, { size: 12, weight: 600, ink: inks.amount });
  if (!inks.isHeld) return;
  const word = scene.speech.t.flow.legendHeld;
  const wide = widthOf(context, `600 11px ${colours.font}`, word);
  if (used + wide + 6 <= room)
    write(brush, word, x + room - wide, box.y + 31, room, { size: 11, weight: 600, ink: colours.greenInk });
}

/** The amount alone, in letters that can be read when the picture is small. */
function paintAmount(brush: Brush, box: FlowBox, inks: Inks): void {
  const [, amount] = brush.scene.label(box);
  const inset = box.node?.exit ? 14 : 9;
  const room = BOX_WIDTH - inset * 2;
  write(brush, amount, box.x + inset, box.y + 28, room, { size: 20, weight: 600, ink: inks.amount });
}

/** Colours of a box: quiet where money has not come yet at the moment shown. */
interface Inks {
  readonly isHeld: boolean;
  readonly stroke: string;
  readonly name: string;
  readonly amount: string;
}

function inksOf({ colours, scene }: Brush, box: FlowBox): Inks {
  const figures = figuresOfBox(scene, box);
  if (figures.received === 0n)
    return { isHeld: false, stroke: colours.line, name: colours.ink3, amount: colours.ink3 };
  const held = isHeld(box, figures);
  const stroke = held ? colours.green : box.node?.is_victim ? colours.ink2 : colours.lineStrong;
  return { isHeld: held, stroke, name: colours.ink2, amount: colours.ink };
}

function paintBox(brush: Brush, box: FlowBox): void {
  const { context, colours, scale } = brush;
  const inks = inksOf(brush, box);
  if (!box.node) {
    context.fillStyle = colours.surface2;
    context.strokeStyle = colours.lineStrong;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(box.x + 4, box.y + 4, BOX_WIDTH, BOX_HEIGHT, 4);
    context.fill();
    context.stroke();
  }
  outline(brush, box);
  context.fillStyle = box.node?.exit ? colours.surface2 : colours.surface;
  context.fill();
  context.lineWidth = inks.isHeld || box.node?.is_victim ? 1.5 : 1;
  context.strokeStyle = inks.stroke;
  context.stroke();
  if (inks.isHeld) {
    context.fillStyle = colours.green;
    context.fillRect(box.x, box.y + 1, 4, BOX_HEIGHT - 2);
  }
  if (scale >= TEXT_SCALE) paintText(brush, box, inks);
  else paintAmount(brush, box, inks);
  paintBar(brush, box);
}

/** Boxes too small for text: what became of their money, by colour. */
function paintBlocks({ context, colours, scene, scale }: Brush, boxes: ReadonlySet<FlowBox>): void {
  const blocks = new Map<string, FlowBox[]>();
  for (const box of boxes) {
    const { received, present, held } = figuresOfBox(scene, box);
    const ink =
      received === 0n
        ? colours.line
        : held > 0n
          ? colours.green
          : box.node?.exit
            ? colours.ink3
            : box.node?.is_victim
              ? colours.ink2
              : present * 4n > received
                ? colours.amber
                : colours.gone;
    const known = blocks.get(ink);
    if (known) known.push(box);
    else blocks.set(ink, [box]);
  }
  const gap = Math.min(6, 1 / scale);
  for (const [ink, group] of blocks) {
    context.fillStyle = ink;
    for (const box of group) context.fillRect(box.x, box.y, BOX_WIDTH - gap, BOX_HEIGHT - gap);
  }
}

/** A ring around a box; marks keep their width on the screen whatever the size of the picture. */
function paintRing({ context, scale }: Brush, box: FlowBox, colour: string, width: number): void {
  const space = 3 / scale;
  context.strokeStyle = colour;
  context.lineWidth = width / scale;
  context.beginPath();
  context.roundRect(box.x - space, box.y - space, BOX_WIDTH + space * 2, BOX_HEIGHT + space * 2, 6);
  context.stroke();
}

function paintMarks(brush: Brush, boxes: ReadonlySet<FlowBox>): void {
  const { context, colours, scene, view, scale } = brush;
  for (const box of boxes) {
    if (scene.pathBoxes.has(box)) paintRing(brush, box, colours.accent, 1.5);
    if (box.node && scene.pinned.has(box.node.id)) {
      context.fillStyle = colours.accent;
      context.beginPath();
      context.arc(box.x + BOX_WIDTH - 9, box.y + 10, Math.max(4, 4 / scale), 0, Math.PI * 2);
      context.fill();
    }
    if (box.key === view.hovered) paintRing(brush, box, colours.accent, 1.5);
    if (box.key === view.selected || box.key === view.focused) paintRing(brush, box, colours.accent, 2.5);
  }
}

/** Draws what is in the window of `view`; says whether payments are left for another slice. */
export function paintFlow(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  colours: Palette,
): boolean {
  const { camera, room, density } = view;
  const { x: left, y: top, scale } = camera;
  const [right, bottom] = [left + room.width / scale, top + room.height / scale];
  const key = view.hovered ?? view.focused ?? view.selected;
  const marked = key === null ? null : (scene.layout.byKey.get(key) ?? null);
  const brush: Brush = { context, colours, scene, view, scale, left, top, right, bottom, marked };
  context.setTransform(density, 0, 0, density, 0, 0);
  if (view.slice === null || view.slice === 0) {
    context.clearRect(0, 0, room.width, room.height);
    paintLanes(brush);
  }
  const zoom = density * scale;
  context.setTransform(zoom, 0, 0, zoom, -left * zoom, -top * zoom);
  const hasMore = paintCurves(brush);
  const boxes = boxesIn(scene.grid, left, top, right, bottom);
  if (scale < (view.isTimeMoving ? TEXT_SCALE : AMOUNT_SCALE)) paintBlocks(brush, boxes);
  else for (const box of boxes) paintBox(brush, box);
  paintMarks(brush, boxes);
  context.setTransform(density, 0, 0, density, 0, 0);
  paintMargins(brush);
  return hasMore;
}
