/** The money flow of a case: picture or table, with the same tools, marks, search and time for both. */

import { App } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useInstitutionName } from '../api/queries';
import type { CaseTrace, TraceNode } from '../api/types';
import { useSpeech } from '../i18n/language';
import { saveFlow } from './download';
import type { ExportForm } from './export-menu';
import { FlowCanvas, type CanvasCommand, type CanvasHandle } from './flow-canvas';
import { FlowDetails } from './flow-details';
import { FlowTable } from './flow-table';
import { foldKey, keyOf } from './fold';
import type { FlowBox } from './layout';
import { FOLDS } from './model';
import { sceneOf } from './scene';
import { FlowScrubber } from './scrubber';
import { searchFlow } from './search';
import { stepMoment } from './time';
import { FlowToolbar } from './toolbar';
import { useWidth } from './use-camera';
import { useExportWords } from './use-export';
import { useFigures, useFlow, useLayout, type Flow } from './use-flow';

interface FlowViewProps {
  readonly trace: CaseTrace;
  readonly form: 'graph' | 'table';
  /** Beginning of the names of saved files. */
  readonly name: string;
}

const NARROWEST = 320;

/** How a key of the picture changes the model. */
function runCommand(flow: Flow, command: CanvasCommand, box: FlowBox | null): void {
  const { dispatch, history, graph } = flow;
  const { now } = history;
  const node = box?.node ?? null;
  switch (command) {
    case 'expand': {
      const fold = node ? foldKey(now, node.tier, node.institution) : box?.key;
      if (fold && (box?.node === null || now.open.has(fold))) dispatch({ do: 'toggle', fold });
      return;
    }
    case 'pin':
      if (node) dispatch({ do: 'pin', node: node.id });
      return;
    case 'path':
      dispatch({ do: 'path', to: node && node.id !== now.pathTo ? node.id : null });
      return;
    case 'fold':
      dispatch({ do: 'fold', by: FOLDS[(FOLDS.indexOf(now.foldBy) + 1) % FOLDS.length] ?? 'top' });
      return;
    case 'earlier':
    case 'later':
      dispatch({
        do: 'until',
        at: stepMoment(graph.moments, now.until, command === 'later' ? 1 : -1),
      });
      return;
    case 'undo':
    case 'redo':
      dispatch({ do: command });
      return;
    case 'search':
      return;
  }
}

/** What is marked and what moment is shown, in words. */
function Notes({ flow }: { flow: Flow }) {
  const { t, moment } = useSpeech();
  const { pathTo, until } = flow.history.now;
  const last = flow.path.at(-1);
  return (
    <div className="flow-notes small" role="status">
      {pathTo !== null && (
        <p className="accent">
          {last ? t.flow.pathOf(flow.path.length, moment(last.edge.occurred_at)) : t.flow.noPath}
        </p>
      )}
      {until !== null && (
        <p className="amber">
          {t.flow.atMoment(moment(new Date(until).toISOString()))} · {t.flow.momentNote}
        </p>
      )}
    </div>
  );
}

export function FlowView({ trace, form, name }: FlowViewProps) {
  const speech = useSpeech();
  const { t } = speech;
  const { message } = App.useApp();
  const institution = useInstitutionName();
  const words = useExportWords();
  const [frame, width] = useWidth();
  const handle = useRef<CanvasHandle>(null);
  const searchInput = useRef<HTMLInputElement>(null);
  const [sought, setSought] = useState<number | null>(null);
  const flow = useFlow(trace);
  const { graph, history, dispatch, path, selected, onSelect } = flow;
  const { now } = history;
  const layout = useLayout(flow, Math.max(width, NARROWEST));
  const figures = useFigures(flow, layout);
  const scene = useMemo(
    () =>
      sceneOf({ layout, figures, currency: graph.currency, path, pinned: now.pinned, speech, institution }),
    [layout, figures, graph, path, now.pinned, speech, institution],
  );
  // What was found is shown once it has a box.
  useEffect(() => {
    const box = sought === null ? undefined : layout.byKey.get(keyOf(sought));
    if (!box) return;
    handle.current?.show(box);
    setSought(null);
  }, [sought, layout]);
  // Another folding is another picture: all of it is shown first.
  const folding = `${now.foldBy}/${now.top ?? ''}`;
  const shownFolding = useRef(folding);
  useEffect(() => {
    if (shownFolding.current === folding) return;
    shownFolding.current = folding;
    handle.current?.fit();
  }, [folding]);

  const find = useCallback((text: string) => searchFlow(graph, text, institution), [graph, institution]);
  const pick = useCallback(
    (node: TraceNode) => {
      if (form === 'graph' && !layout.byKey.has(keyOf(node.id))) dispatch({ do: 'pin', node: node.id });
      onSelect(node.id);
      setSought(node.id);
    },
    [form, layout, dispatch, onSelect],
  );
  const onUntil = useCallback((at: number | null) => dispatch({ do: 'until', at }), [dispatch]);
  const label = t.flow.summary(trace.nodes.length, trace.edges.length);
  const { until } = now;
  const onExport = (chosen: ExportForm) => {
    const colours = handle.current?.palette() ?? null;
    void saveFlow(chosen, { graph, scene, colours, words, until, title: label, name }).then((file) =>
      file === null ? message.error(t.flow.exportFailed) : message.success(t.flow.exported(file)),
    );
  };
  const latestExport = useRef(onExport);
  useEffect(() => {
    latestExport.current = onExport;
  });
  const tools = useMemo(
    () => ({
      onZoom: (factor: number) => handle.current?.zoom(factor),
      onFit: () => handle.current?.fit(),
      onExport: (chosen: ExportForm) => latestExport.current(chosen),
    }),
    [],
  );
  return (
    <div ref={frame} className="flow-view">
      <FlowToolbar
        {...tools}
        ref={searchInput}
        find={find}
        onPick={pick}
        foldBy={now.foldBy}
        top={now.top}
        hasOpen={now.open.size > 0}
        canUndo={history.past.length > 0}
        canRedo={history.future.length > 0}
        isPinned={selected !== null && now.pinned.has(selected)}
        pathTo={now.pathTo}
        dispatch={dispatch}
        selected={selected}
        hasPicture={form === 'graph'}
      />
      <Notes flow={flow} />
      {form === 'graph' ? (
        <>
          <FlowCanvas
            ref={handle}
            scene={scene}
            width={width}
            selected={selected}
            institution={institution}
            label={label}
            onSelect={onSelect}
            onOpenFold={(fold) => dispatch({ do: 'toggle', fold })}
            onCommand={(command, box) =>
              command === 'search' ? searchInput.current?.focus() : runCommand(flow, command, box)
            }
          />
          <FlowScrubber graph={graph} until={now.until} onChange={onUntil} />
          <p id="flow-keys" className="flow-foot small quiet">
            <span className="keys-hint">{t.flow.keys} · </span>
            {t.flow.compressed}
          </p>
          <FlowDetails trace={trace} selected={selected} onSelect={onSelect} />
        </>
      ) : (
        <>
          <FlowScrubber graph={graph} until={now.until} onChange={onUntil} />
          <FlowTable flow={flow} />
        </>
      )}
    </div>
  );
}
