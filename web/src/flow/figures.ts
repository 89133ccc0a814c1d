/** The amounts of a laid-out flow at a moment: what each box had, what each curve carried. */

import { figuresOfAll, type Figures, type FlowGraph } from './graph';
import type { FlowLayout } from './layout';

const CURVE_WIDTH_MIN = 1;
const CURVE_WIDTH_MAX = 14;

export interface CurveFigures {
  readonly stolen: bigint;
  /** Payments up to the moment. */
  readonly count: number;
  /** In CSS pixels at full size; the area of money, not of payments. */
  readonly width: number;
}

export interface FlowFigures {
  /** By the index of the box. */
  readonly boxes: readonly Figures[];
  /** By place in the layout's curves. */
  readonly curves: readonly CurveFigures[];
}

/** Amounts at `until`; `null`: at the end of the trace. Widths are relative to the whole trace, whatever the moment. */
export function figuresOf(graph: FlowGraph, layout: FlowLayout, until: number | null): FlowFigures {
  const sums = layout.curves.map((curve) => {
    let [stolen, whole, count] = [0n, 0n, 0];
    for (const edge of curve.edges) {
      whole += edge.stolen;
      if (until !== null && edge.at > until) continue;
      stolen += edge.stolen;
      count += 1;
    }
    return { stolen, whole, count };
  });
  const most = sums.reduce((max, sum) => (sum.whole > max ? sum.whole : max), 1n);
  return {
    boxes: layout.boxes.map((box) => figuresOfAll(graph, box.members, until)),
    curves: sums.map(({ stolen, count }) => {
      const share = Number((stolen * 10_000n) / most) / 10_000;
      return {
        stolen,
        count,
        width: CURVE_WIDTH_MIN + (CURVE_WIDTH_MAX - CURVE_WIDTH_MIN) * Math.sqrt(share),
      };
    }),
  };
}
