/** Tools of the picture: folding, search, marks, steps back, size, export. */

import { Button } from 'antd';
import { memo, type Dispatch } from 'react';
import { useSpeech } from '../i18n/language';
import { ExportMenu, type ExportForm } from './export-menu';
import { FOLDS, TOPS, type FlowAction, type FoldBy } from './model';
import { SearchField, type SearchFieldProps } from './search-field';

/** What the tools show of the model: plain values, so that moving time does not draw them anew. */
interface ToolbarProps extends SearchFieldProps {
  readonly foldBy: FoldBy;
  readonly top: number | null;
  readonly hasOpen: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly isPinned: boolean;
  readonly pathTo: number | null;
  readonly dispatch: Dispatch<FlowAction>;
  readonly selected: number | null;
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
  readonly onExport: (form: ExportForm) => void;
  /** Whether there is a picture: without, only what the table needs. */
  readonly hasPicture: boolean;
}

const ZOOM_STEP = 1.4;

type FoldingProps = Pick<ToolbarProps, 'foldBy' | 'top' | 'hasOpen' | 'dispatch'>;

function Folding({ foldBy, top: shown, hasOpen, dispatch }: FoldingProps) {
  const { t } = useSpeech();
  const names = { top: t.flow.foldTop, institution: t.flow.foldInstitution, none: t.flow.foldNone };
  return (
    <>
      <label className="flow-choice">
        <span>{t.flow.fold}</span>
        <select
          className="select"
          data-flow="fold"
          value={foldBy}
          onChange={(event) => {
            const by = FOLDS.find((fold) => fold === event.target.value);
            if (by) dispatch({ do: 'fold', by });
          }}
        >
          {FOLDS.map((fold) => (
            <option key={fold} value={fold}>
              {names[fold]}
            </option>
          ))}
        </select>
      </label>
      {foldBy === 'top' && (
        <label className="flow-choice">
          <span>{t.flow.top}</span>
          <select
            className="select"
            data-flow="top"
            value={shown ?? ''}
            onChange={(event) =>
              dispatch({ do: 'top', top: event.target.value === '' ? null : Number(event.target.value) })
            }
          >
            {TOPS.map((top) => (
              <option key={top ?? 'auto'} value={top ?? ''}>
                {top === null ? t.flow.topAuto : t.flow.topOf(top)}
              </option>
            ))}
          </select>
        </label>
      )}
      {hasOpen && (
        <Button size="small" onClick={() => dispatch({ do: 'close-all' })}>
          {t.flow.closeAll}
        </Button>
      )}
    </>
  );
}

/** Pin and path of the selected account. */
type MarksProps = Pick<ToolbarProps, 'isPinned' | 'pathTo' | 'selected' | 'dispatch'>;

function Marks({ isPinned, pathTo, dispatch, selected }: MarksProps) {
  const { t } = useSpeech();
  const isPath = pathTo !== null && (selected === null || pathTo === selected);
  return (
    <>
      <Button
        size="small"
        aria-pressed={isPinned}
        disabled={selected === null}
        onClick={() => selected !== null && dispatch({ do: 'pin', node: selected })}
      >
        {isPinned ? t.flow.unpin : t.flow.pin}
      </Button>
      <Button
        size="small"
        aria-pressed={isPath}
        disabled={selected === null && pathTo === null}
        onClick={() => dispatch({ do: 'path', to: isPath ? null : selected })}
      >
        {isPath ? t.flow.pathOff : t.flow.path}
      </Button>
    </>
  );
}

function Toolbar(props: ToolbarProps) {
  const { foldBy, top, hasOpen, dispatch, selected, hasPicture } = props;
  const { t } = useSpeech();
  return (
    <div className="flow-toolbar" role="toolbar" aria-label={t.flow.tools}>
      <SearchField find={props.find} onPick={props.onPick} ref={props.ref} />
      {hasPicture && <Folding foldBy={foldBy} top={top} hasOpen={hasOpen} dispatch={dispatch} />}
      <Marks isPinned={props.isPinned} pathTo={props.pathTo} dispatch={dispatch} selected={selected} />
      <Button
        size="small"
        data-flow="undo"
        disabled={!props.canUndo}
        onClick={() => dispatch({ do: 'undo' })}
      >
        {t.flow.undo}
      </Button>
      <Button
        size="small"
        data-flow="redo"
        disabled={!props.canRedo}
        onClick={() => dispatch({ do: 'redo' })}
      >
        {t.flow.redo}
      </Button>
      {hasPicture && (
        <>
          <Button size="small" aria-label={t.flow.zoomOut} onClick={() => props.onZoom(1 / ZOOM_STEP)}>
            −
          </Button>
          <Button size="small" aria-label={t.flow.zoomIn} onClick={() => props.onZoom(ZOOM_STEP)}>
            +
          </Button>
          <Button size="small" onClick={props.onFit}>
            {t.flow.fit}
          </Button>
        </>
      )}
      <ExportMenu onExport={props.onExport} hasPicture={hasPicture} />
    </div>
  );
}

export const FlowToolbar = memo(Toolbar);
