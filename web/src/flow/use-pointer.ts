/** Mouse and fingers on the canvas: drag, press, hover, and two fingers to zoom. */

import { useEffect, useMemo, useRef } from 'react';
import type { PointerEvent, RefObject } from 'react';
import { boxAt } from './grid';
import type { FlowBox } from './layout';
import type { Scene } from './scene';
import type { CameraWork } from './use-camera';

/** A press that moves less than this many CSS pixels is a click. */
const CLICK_SLACK = 4;
/** How much larger the picture gets for one notch of the wheel. */
const WHEEL_STEP = 0.0022;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface PointerWork {
  readonly onPointerDown: (event: PointerEvent<HTMLCanvasElement>) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLCanvasElement>) => void;
  readonly onPointerUp: (event: PointerEvent<HTMLCanvasElement>) => void;
  readonly onPointerCancel: (event: PointerEvent<HTMLCanvasElement>) => void;
  readonly onPointerLeave: () => void;
}

interface Answers {
  readonly scene: Scene;
  readonly onHover: (key: string | null) => void;
  readonly onPress: (box: FlowBox | null) => void;
}

const middleOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, point) => sum + point.x, 0) / Math.max(1, points.length),
  y: points.reduce((sum, point) => sum + point.y, 0) / Math.max(1, points.length),
});
const spread = ([first, second]: readonly Point[]): number =>
  first && second ? Math.hypot(first.x - second.x, first.y - second.y) : 0;

/** Handlers for the canvas; Ctrl with the wheel zooms at the pointer, the wheel alone is the page's. */
export function usePointer(
  canvas: RefObject<HTMLCanvasElement | null>,
  camera: CameraWork,
  answers: Answers,
): PointerWork {
  const latest = useRef(answers);
  const fingers = useRef(new Map<number, Point>());
  const travelled = useRef(0);
  useEffect(() => {
    latest.current = answers;
  });
  useEffect(() => {
    const element = canvas.current;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      camera.zoom(Math.exp(-event.deltaY * WHEEL_STEP), { x: event.offsetX, y: event.offsetY });
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [canvas, camera]);
  return useMemo(() => {
    const pointOf = (event: PointerEvent<HTMLCanvasElement>): Point => {
      const bounds = event.currentTarget.getBoundingClientRect();
      return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
    };
    const at = ({ x, y }: Point): FlowBox | null => {
      const { x: left, y: top, scale } = camera.now();
      return boxAt(latest.current.scene.grid, left + x / scale, top + y / scale);
    };
    const lift = (event: PointerEvent<HTMLCanvasElement>) => fingers.current.delete(event.pointerId);
    return {
      onPointerDown: (event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        if (fingers.current.size === 0) travelled.current = 0;
        fingers.current.set(event.pointerId, pointOf(event));
      },
      onPointerMove: (event) => {
        const point = pointOf(event);
        if (!fingers.current.has(event.pointerId)) {
          latest.current.onHover(at(point)?.key ?? null);
          return;
        }
        const before = [...fingers.current.values()];
        fingers.current.set(event.pointerId, point);
        const after = [...fingers.current.values()];
        const [from, to] = [middleOf(before), middleOf(after)];
        const [dx, dy] = [to.x - from.x, to.y - from.y];
        travelled.current += Math.abs(dx) + Math.abs(dy) + (after.length > 1 ? CLICK_SLACK : 0);
        if (travelled.current <= CLICK_SLACK) return;
        camera.move((now) => ({ ...now, x: now.x - dx / now.scale, y: now.y - dy / now.scale }));
        if (after.length > 1) camera.zoom(spread(after) / Math.max(1, spread(before)), to);
      },
      onPointerUp: (event) => {
        const wasDown = fingers.current.has(event.pointerId);
        lift(event);
        if (wasDown && travelled.current <= CLICK_SLACK) latest.current.onPress(at(pointOf(event)));
      },
      onPointerCancel: lift,
      onPointerLeave: () => latest.current.onHover(null),
    };
  }, [camera]);
}
