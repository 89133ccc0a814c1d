/** Everything that is drawn, whatever the window: places, amounts, marks and the texts of boxes. */

import type { Speech } from '../i18n/language';
import { maskAccount } from '../format/mask';
import type { FlowFigures } from './figures';
import type { Figures, FlowEdge } from './graph';
import { gridOf, type Grid } from './grid';
import type { FlowBox, FlowCurve, FlowLayout } from './layout';

export interface Scene {
  readonly layout: FlowLayout;
  readonly figures: FlowFigures;
  readonly grid: Grid;
  readonly currency: string;
  /** Boxes and curves of the marked money path. */
  readonly pathBoxes: ReadonlySet<FlowBox>;
  readonly pathCurves: ReadonlySet<FlowCurve>;
  readonly pinned: ReadonlySet<number>;
  readonly speech: Speech;
  /** The two lines of a box. */
  readonly label: (box: FlowBox) => readonly [string, string];
}

export interface SceneParts {
  readonly layout: FlowLayout;
  readonly figures: FlowFigures;
  readonly currency: string;
  readonly path: readonly FlowEdge[];
  readonly pinned: ReadonlySet<number>;
  readonly speech: Speech;
  readonly institution: (code: string) => string;
}

const NOTHING: Figures = { received: 0n, present: 0n, held: 0n };

/** Figures of a box at the moment shown. */
export const figuresOfBox = (scene: Scene, box: FlowBox): Figures =>
  scene.figures.boxes[box.index] ?? NOTHING;

/** Green only where something is held, and for a fold only when nothing in it is left to hold. */
export function isHeld(box: FlowBox, { held, present }: Figures): boolean {
  return held > 0n && (box.node !== null || held >= present);
}

/** The name of a box: the account as masked, what stolen money became there, or how many are folded. */
export function nameOf(box: FlowBox, speech: Speech, institution: (code: string) => string): string {
  const { node } = box;
  if (!node) {
    const others = speech.t.flow.others(box.members.length);
    return box.institution === null ? others : `${institution(box.institution)} ×${box.members.length}`;
  }
  const name = institution(node.institution);
  return node.exit ? `${speech.t.exit[node.exit]} · ${name}` : `${name} ${maskAccount(node.account)}`;
}

/** Made once for each layout, whatever the moment. */
const grids = new WeakMap<FlowLayout, Grid>();

function gridFor(layout: FlowLayout): Grid {
  const known = grids.get(layout);
  if (known) return known;
  const made = gridOf(layout.boxes);
  grids.set(layout, made);
  return made;
}

/** Makes a scene of its parts. */
export function sceneOf(parts: SceneParts): Scene {
  const { layout, figures, currency, speech, institution } = parts;
  const edges = new Set(parts.path);
  const pathCurves = new Set(
    edges.size === 0 ? [] : layout.curves.filter((curve) => curve.edges.some((edge) => edges.has(edge))),
  );
  const labels = new Map<FlowBox, readonly [string, string]>();
  const label = (box: FlowBox): readonly [string, string] => {
    const known = labels.get(box);
    if (known) return known;
    const minor = figures.boxes[box.index]?.received ?? 0n;
    const made = [nameOf(box, speech, institution), speech.moneyShort({ minor, currency })] as const;
    labels.set(box, made);
    return made;
  };
  return {
    layout,
    figures,
    grid: gridFor(layout),
    currency,
    pathBoxes: new Set([...pathCurves].flatMap((curve) => [curve.from, curve.to])),
    pathCurves,
    pinned: parts.pinned,
    speech,
    label,
  };
}
