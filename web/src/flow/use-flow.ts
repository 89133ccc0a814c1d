/** A trace with what the reader has made of it: the model's state and everything derived from it. */

import { useMemo, useReducer, useState, type Dispatch } from 'react';
import type { CaseTrace, TraceNode } from '../api/types';
import { figuresOf } from './figures';
import { graphOf, type FlowEdge, type FlowGraph } from './graph';
import { layOut, type FlowLayout } from './layout';
import { BEGINNING, flowReducer, type FlowAction, type FlowHistory } from './model';
import { earliestPath } from './path';

export interface Flow {
  readonly graph: FlowGraph;
  readonly history: FlowHistory;
  readonly dispatch: Dispatch<FlowAction>;
  /** Payments of the marked path. */
  readonly path: readonly FlowEdge[];
  readonly selected: number | null;
  readonly onSelect: (node: number | null) => void;
}

const identity = ({ institution, account }: TraceNode): string => `${institution}/${account}`;

/** The numbers of the accounts of `before` in `after`. */
function numbersOf(before: CaseTrace, after: CaseTrace): Map<number, number> {
  const now = new Map(after.nodes.map((node) => [identity(node), node.id]));
  return new Map(
    before.nodes.flatMap((node) => {
      const id = now.get(identity(node));
      return id === undefined ? [] : [[node.id, id]];
    }),
  );
}

/** The reader's flow of `trace`; pins, path and selection stay with their accounts when it is traced anew. */
export function useFlow(trace: CaseTrace): Flow {
  const graph = useMemo(() => graphOf(trace), [trace]);
  const [history, dispatch] = useReducer(flowReducer, BEGINNING);
  const [selected, onSelect] = useState<number | null>(null);
  const [known, setKnown] = useState(trace);
  if (known !== trace) {
    const numbers = numbersOf(known, trace);
    setKnown(trace);
    dispatch({ do: 'renumber', numbers });
    if (selected !== null) onSelect(numbers.get(selected) ?? null);
  }
  const { pathTo } = history.now;
  const path = useMemo(() => (pathTo === null ? [] : earliestPath(graph, pathTo)), [graph, pathTo]);
  return { graph, history, dispatch, path, selected, onSelect };
}

/** The layout of the flow in `width`, laid out anew only when folding does change. */
export function useLayout({ graph, history, path }: Flow, width: number): FlowLayout {
  const { foldBy, top, open, pinned } = history.now;
  return useMemo(() => {
    const onPath = new Set(path.flatMap(({ edge }) => [edge.from, edge.to]));
    return layOut(graph, { width, folding: { foldBy, top, open, pinned }, path: onPath });
  }, [graph, width, foldBy, top, open, pinned, path]);
}

/** Amounts of the layout at the moment shown. */
export const useFigures = ({ graph, history }: Flow, layout: FlowLayout) => {
  const { until } = history.now;
  return useMemo(() => figuresOf(graph, layout, until), [graph, layout, until]);
};
