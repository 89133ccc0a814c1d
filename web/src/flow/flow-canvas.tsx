/** The money flow as a picture: the window on it, keyboard focus and selection around `paintFlow`. */

import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, Ref } from 'react';
import { useTheme } from '../app/theme';
import type { Camera, Room } from './camera';
import { keyOf } from './fold';
import type { FlowFigures } from './figures';
import { commandOf, linksOf, nearest, walk, type FlowCommand, type Links } from './keys';
import type { FlowBox } from './layout';
import { paintFlow, readPalette, type Palette } from './paint';
import { nameOf, type Scene } from './scene';
import { useCamera, type CameraWork } from './use-camera';
import { usePointer } from './use-pointer';

const HEIGHT_MAX = 800;
const HEIGHT_MIN = 420;
const HEIGHT_MAX_NARROW = 720;
const NARROW = 600;
const ZOOM_STEP = 1.4;

export type CanvasCommand = Exclude<
  FlowCommand['do'],
  'walk' | 'nearest' | 'first' | 'activate' | 'leave' | 'larger' | 'smaller' | 'fit'
>;
/** What the tools beside the picture may ask of it. */
export type CanvasHandle = CameraWork & { readonly palette: () => Palette | null };

interface FlowCanvasProps {
  readonly scene: Scene;
  readonly width: number;
  readonly selected: number | null;
  readonly institution: (code: string) => string;
  readonly label: string;
  readonly ref: Ref<CanvasHandle>;
  readonly onSelect: (node: number | null) => void;
  readonly onOpenFold: (fold: string) => void;
  /** A key that changes the model; `at` is the box that has the focus. */
  readonly onCommand: (command: CanvasCommand, at: FlowBox | null) => void;
}

/** Where the keyboard is: its box, and the box it came from, to go back to. */
interface Place {
  readonly key: string;
  readonly cameFrom: string | null;
}

function heightOf(scene: Scene, width: number): number {
  const most = width < NARROW ? HEIGHT_MAX_NARROW : HEIGHT_MAX;
  return Math.max(Math.min(scene.layout.height + 2, most), Math.min(HEIGHT_MIN, scene.layout.height + 2));
}

/** What a box is, said aloud. */
function useAnnouncement(scene: Scene, institution: (code: string) => string) {
  const { speech, currency } = scene;
  const { t } = speech;
  // Only a key needs them: not made anew for each moment that time is moved through.
  const linksNow = useRef<{ figures: FlowFigures; links: Links } | null>(null);
  const linksFor = (): Links => {
    if (linksNow.current?.figures !== scene.figures)
      linksNow.current = { figures: scene.figures, links: linksOf(scene.layout, scene.figures) };
    return linksNow.current.links;
  };
  const describe = (box: FlowBox | null, cameFrom: FlowBox | null): string => {
    if (!box) return '';
    const links = linksFor();
    const figures = scene.figures.boxes[box.index];
    const payers = links.into[box.index] ?? [];
    const receivers = links.out[box.index] ?? [];
    const payer = payers.find((curve) => curve.from === cameFrom)?.from ?? payers[0]?.from;
    const beside = payer ? (links.out[payer.index] ?? []).map((curve) => curve.to) : [];
    const order = [...beside].sort((a, b) => a.x - b.x || a.y - b.y).indexOf(box) + 1;
    return [
      t.flow.tier(box.tier),
      nameOf(box, speech, institution),
      speech.money({ minor: figures?.received ?? 0n, currency }),
      figures && figures.held > 0n
        ? `${t.flow.heldAmount} ${speech.money({ minor: figures.held, currency })}`
        : '',
      box.node && scene.pinned.has(box.node.id) ? t.flow.pinned : '',
      payers.length > 0 ? t.flow.paidBy(payers.length) : '',
      receivers.length > 0 ? t.flow.paidTo(receivers.length) : '',
      beside.length > 1 ? t.flow.step(order, beside.length) : '',
    ]
      .filter((part) => part !== '')
      .join(', ');
  };
  return { linksFor, describe };
}

export function FlowCanvas(props: FlowCanvasProps) {
  const { scene, width, selected, institution, onSelect, onOpenFold, onCommand } = props;
  const { t } = scene.speech;
  const { layout } = scene;
  const { theme } = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = useRef<{ theme: string; colours: Palette } | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [place, setPlace] = useState<Place | null>(null);
  const [hasFocus, setHasFocus] = useState(false);
  const [said, setSaid] = useState('');
  const { linksFor, describe } = useAnnouncement(scene, institution);

  const height = heightOf(scene, width);
  const room = useMemo((): Room => ({ width, height }), [width, height]);
  const focused = hasFocus ? (place?.key ?? null) : null;
  const coloursOf = useCallback(
    (element: Element) => {
      if (palette.current?.theme !== theme) palette.current = { theme, colours: readPalette(element) };
      return palette.current.colours;
    },
    [theme],
  );
  const paint = useCallback(
    (camera: Camera, slice: number, isTimeMoving: boolean): boolean => {
      const element = canvas.current;
      const context = element?.getContext('2d');
      if (!element || !context || room.width === 0) return false;
      const density = window.devicePixelRatio || 1;
      const pixels = { width: Math.round(room.width * density), height: Math.round(room.height * density) };
      if (element.width !== pixels.width) element.width = pixels.width;
      if (element.height !== pixels.height) element.height = pixels.height;
      const chosen = selected === null ? null : keyOf(selected);
      const view = { camera, room, density, slice, isTimeMoving, focused, hovered, selected: chosen };
      return paintFlow(context, scene, view, coloursOf(element));
    },
    [scene, room, focused, hovered, selected, coloursOf],
  );
  const camera = useCamera(layout, room, scene.figures, paint);
  useImperativeHandle(
    props.ref,
    () => ({ ...camera, palette: () => (canvas.current ? coloursOf(canvas.current) : null) }),
    [camera, coloursOf],
  );
  useEffect(() => {
    // The theme's colours are on the page only after it has been drawn once.
    const request = requestAnimationFrame(() => {
      palette.current = null;
      camera.move((now) => now);
    });
    return () => cancelAnimationFrame(request);
  }, [theme, camera]);

  const current = place ? (layout.byKey.get(place.key) ?? null) : null;
  const cameFrom = place?.cameFrom ? (layout.byKey.get(place.cameFrom) ?? null) : null;
  const activate = (box: FlowBox | null) => {
    if (box && !box.node) onOpenFold(box.key);
    else onSelect(box?.node ? box.node.id : null);
  };
  const go = (box: FlowBox | null) => {
    if (!box) {
      setSaid(t.flow.nothingThere);
      return;
    }
    setPlace({ key: box.key, cameFrom: place?.key ?? null });
    setSaid(describe(box, current));
    camera.show(box);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const command = commandOf(event);
    if (!command) return;
    switch (command.do) {
      case 'walk':
        go(walk(layout, linksFor(), current, cameFrom, command.arrow));
        break;
      case 'nearest':
        go(nearest(layout.boxes, current, command.arrow));
        break;
      case 'first':
        go(layout.boxes[0] ?? null);
        break;
      case 'activate':
        activate(current);
        break;
      case 'larger':
        camera.zoom(ZOOM_STEP);
        break;
      case 'smaller':
        camera.zoom(1 / ZOOM_STEP);
        break;
      case 'fit':
        camera.fit();
        break;
      case 'leave':
        onSelect(null);
        break;
      case 'expand':
      case 'pin':
      case 'path':
      case 'search':
      case 'fold':
      case 'earlier':
      case 'later':
      case 'undo':
      case 'redo':
        onCommand(command.do, current);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const pointer = usePointer(canvas, camera, { scene, onHover: setHovered, onPress: activate });

  return (
    <div className="flow-picture">
      <div
        className="flow-focus"
        role="application"
        aria-label={props.label}
        aria-describedby="flow-keys"
        tabIndex={0}
        style={{ height }}
        onKeyDown={onKeyDown}
        onFocus={() => {
          setHasFocus(true);
          const first = current ?? layout.boxes[0] ?? null;
          setPlace((old) => (old && current ? old : first && { key: first.key, cameFrom: null }));
          setSaid(describe(first, cameFrom));
        }}
        onBlur={() => setHasFocus(false)}
      >
        <canvas
          ref={canvas}
          className="flow-canvas"
          data-theme-drawn={theme}
          data-boxes={layout.boxes.length}
          data-curves={layout.curves.length}
          style={{ width, height, cursor: hovered ? 'pointer' : 'grab' }}
          {...pointer}
        />
      </div>
      <p className="visually-hidden" aria-live="polite">
        {said}
      </p>
    </div>
  );
}
