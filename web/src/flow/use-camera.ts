/** The camera of the canvas, moved without a render of the page: one repaint a frame, however many events. */

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { clamp, reveal, scaleMin, zoomAt, type Camera, type Room } from './camera';
import type { FlowBox, FlowLayout } from './layout';

export interface CameraWork {
  /** The camera kept within the picture as it is now. */
  readonly now: () => Camera;
  readonly move: (next: (camera: Camera) => Camera) => void;
  readonly zoom: (factor: number, point?: { readonly x: number; readonly y: number }) => void;
  readonly fit: () => void;
  readonly show: (box: FlowBox) => void;
}

const BEGINNING: Camera = { x: 0, y: 0, scale: 1 };

/** A picture that has not moved for so long is drawn in full, a slice a frame. */
const REST_MS = 140;

/**
 * A camera over `layout` in a window of `room`; `paint` is called at most once a frame, with slice 0 while the camera
 * moves or `moment` changes. When they have come to rest the further slices follow, until `paint` says there are none.
 */
export function useCamera(
  layout: FlowLayout,
  room: Room,
  moment: unknown,
  paint: (camera: Camera, slice: number, isTimeMoving: boolean) => boolean,
): CameraWork {
  const camera = useRef(BEGINNING);
  const frame = useRef(0);
  const rest = useRef(0);
  const slice = useRef(0);
  const isTimeMoving = useRef(false);
  const latest = useRef({ layout, room, paint });
  const schedule = useCallback(function next() {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      const { layout: shown, room: there, paint: draw } = latest.current;
      camera.current = clamp(camera.current, shown, there);
      const hasMore = draw(camera.current, slice.current, isTimeMoving.current);
      slice.current += 1;
      if (hasMore && rest.current === 0) next();
    });
  }, []);
  const request = useCallback(() => {
    slice.current = 0;
    schedule();
  }, [schedule]);
  const touch = useCallback(() => {
    window.clearTimeout(rest.current);
    rest.current = window.setTimeout(() => {
      rest.current = 0;
      isTimeMoving.current = false;
      schedule();
    }, REST_MS);
  }, [schedule]);
  useLayoutEffect(() => {
    latest.current = { layout, room, paint };
    request();
  }, [layout, room, paint, request]);
  useLayoutEffect(() => {
    isTimeMoving.current = true;
    touch();
  }, [moment, touch]);
  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      window.clearTimeout(rest.current);
      frame.current = 0;
    },
    [],
  );
  return useMemo(() => {
    const set = (next: Camera) => {
      camera.current = clamp(next, latest.current.layout, latest.current.room);
      touch();
      request();
    };
    return {
      now: () => clamp(camera.current, latest.current.layout, latest.current.room),
      move: (next) => set(next(camera.current)),
      zoom: (factor, point) => {
        const { layout: shown, room: there } = latest.current;
        set(
          zoomAt(camera.current, factor, point ?? { x: there.width / 2, y: there.height / 2 }, shown, there),
        );
      },
      fit: () =>
        set({ x: -Infinity, y: -Infinity, scale: scaleMin(latest.current.layout, latest.current.room) }),
      show: (box) => set(reveal(camera.current, box, latest.current.layout, latest.current.room)),
    };
  }, [request, touch]);
}

/** The width of an element in CSS pixels, as it changes. */
export function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
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
