/** The money flow as a picture: pan, zoom, hover, keyboard focus and selection around `paintFlow`. */

import { Button } from 'antd';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { useInstitutionName } from '../api/queries';
import type { CaseTrace } from '../api/types';
import { useTheme } from '../app/theme';
import { maskAccount } from '../format/mask';
import { useSpeech } from '../i18n/language';
import { BOX_HEIGHT, BOX_WIDTH, LANE_LABEL_WIDTH, layOut, neighbour, type FlowBox } from './layout';
import { paintFlow, readPalette } from './paint';

const HEIGHT_MAX = 800;
/** On a narrow screen the page scrolls, not the picture. */
const HEIGHT_MAX_NARROW = 1400;
const STRETCH_MAX = 8;
const STRETCH_STEP = 1.4;
/** A press that moves less than this is a click. */
const CLICK_SLACK = 4;

interface FlowCanvasProps {
  readonly trace: CaseTrace;
  readonly selected: number | null;
  readonly onSelect: (node: number | null) => void;
}

type Drag = { x: number; y: number; offsetX: number; offsetY: number; moved: boolean };

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)));
    observer.observe(element);
    setWidth(Math.floor(element.clientWidth));
    return () => observer.disconnect();
  }, []);
  return [frame, width];
}

export function FlowCanvas({ trace, selected, onSelect }: FlowCanvasProps) {
  const speech = useSpeech();
  const { t } = speech;
  const { theme } = useTheme();
  const institution = useInstitutionName();
  const [frame, width] = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<Drag | null>(null);
  const [stretch, setStretch] = useState(1);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const [offset, setOffset] = useState({ x: 0, y: 0 });
  const [hovered, setHovered] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);

  const layout = useMemo(
    () => layOut(trace, { width: Math.max(width, 320), stretch, unfolded }),
    [trace, width, stretch, unfolded],
  );
  const height = Math.min(layout.height + 2, width < 600 ? HEIGHT_MAX_NARROW : HEIGHT_MAX);
  const clamp = useCallback(
    (x: number, y: number) => ({
      x: Math.max(0, Math.min(x, layout.width - width)),
      y: Math.max(0, Math.min(y, layout.height + 2 - height)),
    }),
    [layout, width, height],
  );
  const view = useMemo(() => {
    const { x, y } = clamp(offset.x, offset.y);
    const chosen = selected === null ? null : `n${selected}`;
    return { offsetX: x, offsetY: y, width, height, focused, hovered, selected: chosen };
  }, [clamp, offset, width, height, focused, hovered, selected]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || width === 0) return undefined;
    const request = requestAnimationFrame(() => {
      const scale = window.devicePixelRatio || 1;
      const [pixelWidth, pixelHeight] = [Math.round(width * scale), Math.round(height * scale)];
      if (element.width !== pixelWidth) element.width = pixelWidth;
      if (element.height !== pixelHeight) element.height = pixelHeight;
      paintFlow(context, layout, view, scale, readPalette(element), speech, institution);
    });
    return () => cancelAnimationFrame(request);
  });

  const boxAt = (event: PointerEvent): FlowBox | null => {
    const bounds = canvas.current?.getBoundingClientRect();
    if (!bounds) return null;
    const x = event.clientX - bounds.left + view.offsetX;
    const y = event.clientY - bounds.top + view.offsetY;
    const hits = (box: FlowBox) =>
      x >= box.x && x <= box.x + BOX_WIDTH && y >= box.y && y <= box.y + BOX_HEIGHT;
    return layout.boxes.findLast(hits) ?? null;
  };
  const activate = (box: FlowBox | null) => {
    if (box && box.folded > 0) setUnfolded(new Set([...unfolded, box.tier]));
    else onSelect(box?.node ? box.node.id : null);
  };
  const zoom = (factor: number) => {
    const next = Math.max(1, Math.min(STRETCH_MAX, stretch * factor));
    const middle = view.offsetX + width / 2;
    setOffset({ x: middle * (next / stretch) - width / 2, y: view.offsetY });
    setStretch(next);
  };
  const fit = () => {
    setStretch(1);
    setOffset({ x: 0, y: 0 });
    setUnfolded(new Set());
  };
  const showBox = (box: FlowBox) => {
    const x = Math.min(box.x - LANE_LABEL_WIDTH - 8, Math.max(view.offsetX, box.x + BOX_WIDTH + 12 - width));
    const y = Math.min(box.y - 40, Math.max(view.offsetY, box.y + BOX_HEIGHT + 12 - height));
    setOffset({ x, y });
    setFocused(box.key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const current = layout.boxes.find((box) => box.key === focused) ?? null;
    if (key === 'ArrowLeft' || key === 'ArrowRight' || key === 'ArrowUp' || key === 'ArrowDown') {
      const next = neighbour(layout.boxes, current, key);
      if (next) showBox(next);
    } else if (key === 'Enter' || key === ' ') activate(current);
    else if (key === '+' || key === '=') zoom(STRETCH_STEP);
    else if (key === '-') zoom(1 / STRETCH_STEP);
    else if (key === '0') fit();
    else if (key === 'Escape') onSelect(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const describe = (box: FlowBox | undefined): string => {
    if (!box) return '';
    const amount = speech.money({ minor: box.received, currency: box.currency });
    if (!box.node) return `${t.flow.tier(box.tier)}, ${t.flow.others(box.folded)}, ${amount}`;
    const account = `${institution(box.node.institution)} ${maskAccount(box.node.account)}`;
    return `${t.flow.tier(box.tier)}, ${box.exit ? t.exit[box.exit] : account}, ${amount}`;
  };

  return (
    <div className="flow-picture">
      <div ref={frame} className="flow-frame" style={{ height }}>
        <div
          className="flow-focus"
          role="application"
          aria-label={t.flow.summary(trace.nodes.length, trace.edges.length)}
          aria-describedby="flow-keys"
          tabIndex={0}
          onKeyDown={onKeyDown}
          onFocus={() => setFocused((old) => old ?? layout.boxes[0]?.key ?? null)}
          onBlur={() => setFocused(null)}
        >
          <canvas
            ref={canvas}
            className="flow-canvas"
            data-theme-drawn={theme}
            data-boxes={layout.boxes.length}
            style={{ width, height, cursor: hovered ? 'pointer' : 'grab' }}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              drag.current = {
                x: event.clientX,
                y: event.clientY,
                offsetX: view.offsetX,
                offsetY: view.offsetY,
                moved: false,
              };
            }}
            onPointerMove={(event) => {
              const start = drag.current;
              if (!start) {
                setHovered(boxAt(event)?.key ?? null);
                return;
              }
              const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
              if (Math.abs(dx) + Math.abs(dy) > CLICK_SLACK) start.moved = true;
              if (start.moved) setOffset({ x: start.offsetX - dx, y: start.offsetY - dy });
            }}
            onPointerUp={(event) => {
              if (drag.current && !drag.current.moved) activate(boxAt(event));
              drag.current = null;
            }}
            onPointerCancel={() => (drag.current = null)}
            onPointerLeave={() => setHovered(null)}
          />
        </div>
      </div>
      <div className="flow-foot">
        <p id="flow-keys" className="small quiet">
          <span className="keys-hint">{t.flow.keys} · </span>
          {t.flow.compressed}
        </p>
        <div className="flow-tools">
          <Button
            size="small"
            aria-label={t.flow.zoomOut}
            onClick={() => zoom(1 / STRETCH_STEP)}
            disabled={stretch <= 1}
          >
            −
          </Button>
          <Button
            size="small"
            aria-label={t.flow.zoomIn}
            onClick={() => zoom(STRETCH_STEP)}
            disabled={stretch >= STRETCH_MAX}
          >
            +
          </Button>
          <Button size="small" onClick={fit}>
            {t.flow.fit}
          </Button>
        </div>
      </div>
      <p className="visually-hidden" aria-live="polite">
        {describe(layout.boxes.find((box) => box.key === focused))}
      </p>
    </div>
  );
}
