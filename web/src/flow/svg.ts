/** The whole picture as SVG: the same places, shapes and amounts as on the canvas, text as text. */

import { barOf, bezierOf, exitCorners } from './geometry';
import { AXIS_HEIGHT, BOX_HEIGHT, BOX_WIDTH, type FlowBox } from './layout';
import type { Palette } from './paint';
import { figuresOfBox, isHeld, type Scene } from './scene';

/** Text as XML: its signs escaped, control characters, which XML does not allow, left out. */
const escaped = (text: string): string =>
  text.replace(/\p{Cc}/gu, '').replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0) ?? 0};`);
const at = (value: number): string => String(Math.round(value * 100) / 100);

/** Letters of about this width in pixels fit into a box; SVG measures nothing. */
const LETTER = 6.4;
const WIDE_LETTER = 11;

function cut(text: string, room: number): string {
  let used = 0;
  let kept = '';
  for (const sign of text) {
    used += (sign.codePointAt(0) ?? 0) > 0x2e7f ? WIDE_LETTER : LETTER;
    if (used > room) return `${kept}…`;
    kept += sign;
  }
  return kept;
}

function text(x: number, y: number, size: number, weight: number, fill: string, words: string): string {
  return `<text x="${at(x)}" y="${at(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(words)}</text>`;
}

const rect = (x: number, y: number, width: number, height: number, rest: string): string =>
  `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" ${rest}/>`;

function boxSvg(scene: Scene, colours: Palette, box: FlowBox): string {
  const figures = figuresOfBox(scene, box);
  const held = isHeld(box, figures);
  const [name, amount] = scene.label(box);
  const isExit = Boolean(box.node?.exit);
  const stroke = held ? colours.green : box.node?.is_victim ? colours.ink2 : colours.lineStrong;
  const paint = `fill="${isExit ? colours.surface2 : colours.surface}" stroke="${stroke}"`;
  const corners = exitCorners(box.x, box.y).map(([x, y]) => `${at(x)},${at(y)}`);
  const inset = isExit ? 14 : 10;
  const bar = barOf(box, figures);
  const parts = [
    box.node ? '' : rect(box.x + 4, box.y + 4, BOX_WIDTH, BOX_HEIGHT, `rx="4" ${paint}`),
    isExit
      ? `<polygon points="${corners.join(' ')}" ${paint}/>`
      : rect(box.x, box.y, BOX_WIDTH, BOX_HEIGHT, `rx="4" ${paint}`),
    held ? rect(box.x, box.y + 1, 4, BOX_HEIGHT - 2, `fill="${colours.green}"`) : '',
    text(box.x + inset, box.y + 15, 11, 400, colours.ink2, cut(name, BOX_WIDTH - inset * 2)),
    text(box.x + inset, box.y + 31, 12, 600, colours.ink, cut(amount, BOX_WIDTH - inset * 2)),
    rect(box.x + bar.inset, box.y + BOX_HEIGHT - 8, bar.room, 3, `fill="${colours.gone}" opacity="0.55"`),
    rect(
      box.x + bar.inset,
      box.y + BOX_HEIGHT - 8,
      bar.present,
      3,
      `fill="${isExit ? colours.ink3 : colours.amber}"`,
    ),
    rect(box.x + bar.inset, box.y + BOX_HEIGHT - 8, bar.held, 3, `fill="${colours.green}"`),
  ];
  const opacity = figures.received === 0n ? ' opacity="0.35"' : '';
  return `<g${opacity}><title>${escaped(`${name} ${amount}`)}</title>${parts.join('')}</g>`;
}

function curvesSvg(scene: Scene, colours: Palette): string[] {
  return scene.layout.curves.flatMap((curve, index) => {
    const figures = scene.figures.curves[index];
    if (!figures || figures.count === 0) return [];
    const [ax, ay, bx, by, cx, cy, dx, dy] = bezierOf(curve).map(at);
    const isPath = scene.pathCurves.has(curve);
    const width = at(isPath ? Math.max(2.5, figures.width) : figures.width);
    const ink = isPath ? colours.accent : colours.edge;
    return [
      `<path d="M${ax} ${ay}C${bx} ${by} ${cx} ${cy} ${dx} ${dy}" fill="none" stroke="${ink}" stroke-width="${width}" opacity="${isPath ? 0.95 : 0.42}"/>`,
    ];
  });
}

/** The scene as an SVG document, `title` above it for those who cannot see it. */
export function svgOf(scene: Scene, colours: Palette, title: string): string {
  const { layout } = scene;
  const lanes = layout.lanes.map((lane, index) => {
    const ground =
      index % 2 === 1 ? rect(0, lane.y, layout.width, lane.height, `fill="${colours.lane}"`) : '';
    const name = text(8, lane.y + 28, 11, 600, colours.ink2, scene.speech.t.flow.tier(lane.tier));
    return `${ground}${name}${text(8, lane.y + 44, 11, 400, colours.ink3, String(lane.accounts))}`;
  });
  const ticks = layout.ticks.map((tick) =>
    text(tick.x, AXIS_HEIGHT / 2 + 4, 11, 400, colours.ink3, scene.speech.clock(tick.ms)),
  );
  const size = `${at(layout.width)} ${at(layout.height)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" width="${at(layout.width)}" height="${at(layout.height)}" font-family="${escaped(colours.font)}">`,
    `<title>${escaped(title)}</title>`,
    rect(0, 0, layout.width, layout.height, `fill="${colours.surface}"`),
    ...lanes,
    ...ticks,
    ...curvesSvg(scene, colours),
    ...layout.boxes.map((box) => boxSvg(scene, colours, box)),
    '</svg>\n',
  ].join('\n');
}
