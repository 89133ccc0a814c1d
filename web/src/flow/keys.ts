/** The picture by keyboard: what each key does, and how arrows walk along the money. */

import type { FlowFigures } from './figures';
import type { FlowBox, FlowCurve, FlowLayout } from './layout';

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';
export type FlowCommand =
  | { readonly do: 'walk' | 'nearest'; readonly arrow: Arrow }
  | {
      readonly do:
        | 'first'
        | 'activate'
        | 'expand'
        | 'pin'
        | 'path'
        | 'search'
        | 'fold'
        | 'earlier'
        | 'later'
        | 'undo'
        | 'redo'
        | 'larger'
        | 'smaller'
        | 'fit'
        | 'leave';
    };

const COMMANDS: Readonly<Record<string, Exclude<FlowCommand['do'], 'walk' | 'nearest'>>> = {
  home: 'first',
  enter: 'activate',
  ' ': 'activate',
  e: 'expand',
  p: 'pin',
  h: 'path',
  '/': 'search',
  f: 'fold',
  '[': 'earlier',
  ']': 'later',
  z: 'undo',
  y: 'redo',
  '+': 'larger',
  '=': 'larger',
  '-': 'smaller',
  '0': 'fit',
  escape: 'leave',
};

export interface Pressed {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const isArrow = (key: string): key is Arrow =>
  key === 'ArrowLeft' || key === 'ArrowRight' || key === 'ArrowUp' || key === 'ArrowDown';

/** What a key does in the picture; `null`: it is not the picture's. */
export function commandOf(event: Pressed): FlowCommand | null {
  if (event.altKey) return null;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === 'z') return { do: event.shiftKey ? 'redo' : 'undo' };
    return key === 'y' ? { do: 'redo' } : null;
  }
  if (isArrow(event.key)) return { do: event.shiftKey ? 'nearest' : 'walk', arrow: event.key };
  const found = Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : undefined;
  return found ? { do: found } : null;
}

/** Payments that begin and end at each box, the largest first. */
export interface Links {
  readonly out: readonly (readonly FlowCurve[])[];
  readonly into: readonly (readonly FlowCurve[])[];
}

/** Links at the moment of `figures`: what had not been paid then is none. */
export function linksOf(layout: FlowLayout, figures: FlowFigures): Links {
  const out: FlowCurve[][] = layout.boxes.map(() => []);
  const into: FlowCurve[][] = layout.boxes.map(() => []);
  const order = layout.curves
    .map((curve, index) => ({ curve, stolen: figures.curves[index]?.stolen ?? 0n }))
    .filter(({ stolen }) => stolen > 0n)
    .sort((a, b) =>
      a.stolen === b.stolen ? a.curve.to.index - b.curve.to.index : a.stolen < b.stolen ? 1 : -1,
    );
  for (const { curve } of order) {
    out[curve.from.index]?.push(curve);
    into[curve.to.index]?.push(curve);
  }
  return { out, into };
}

/**
 * Where an arrow leads from `from`: down to whom it paid most, up to the payer come from or else the one that paid
 * most, sideways among all whom that payer paid. `null`: nowhere.
 */
export function walk(
  layout: FlowLayout,
  links: Links,
  from: FlowBox | null,
  cameFrom: FlowBox | null,
  arrow: Arrow,
): FlowBox | null {
  if (!from) return layout.boxes[0] ?? null;
  const payers = links.into[from.index] ?? [];
  const payer = payers.find((curve) => curve.from === cameFrom)?.from ?? payers[0]?.from ?? null;
  switch (arrow) {
    case 'ArrowDown':
      return links.out[from.index]?.[0]?.to ?? null;
    case 'ArrowUp':
      return payer;
    case 'ArrowLeft':
    case 'ArrowRight': {
      const beside = payer
        ? (links.out[payer.index] ?? []).map((curve) => curve.to)
        : layout.boxes.filter((box) => box.tier === from.tier);
      const ordered = [...beside].sort((a, b) => a.x - b.x || a.y - b.y);
      return ordered[ordered.indexOf(from) + (arrow === 'ArrowRight' ? 1 : -1)] ?? null;
    }
  }
}

/** The nearest box that way, whoever paid whom; `null`: none. */
export function nearest(boxes: readonly FlowBox[], from: FlowBox | null, arrow: Arrow): FlowBox | null {
  if (!from) return boxes[0] ?? null;
  const forward = arrow === 'ArrowRight' || arrow === 'ArrowDown';
  const vertical = arrow === 'ArrowUp' || arrow === 'ArrowDown';
  let best: FlowBox | null = null;
  let bestCost = Infinity;
  for (const box of boxes) {
    const along = (vertical ? box.y - from.y : box.x - from.x) * (forward ? 1 : -1);
    if (box === from || along <= 0) continue;
    const across = Math.abs(vertical ? box.x - from.x : box.y - from.y);
    const cost = along + across * 2;
    if (cost < bestCost) {
      bestCost = cost;
      best = box;
    }
  }
  return best;
}
