/** Where the reader looks: the part of the picture in the window and how large it is drawn. */

import { AXIS_HEIGHT, BOX_HEIGHT, BOX_WIDTH, LEFT, type FlowBox, type FlowLayout } from './layout';

export interface Camera {
  /** Left and upper edge of the window, in the picture's own measure. */
  readonly x: number;
  readonly y: number;
  /** CSS pixels for one of the picture. */
  readonly scale: number;
}

export interface Room {
  readonly width: number;
  readonly height: number;
}

export const SCALE_MAX = 2.5;
/** The whole picture always fits beside its margins, which keep their size. */
export const scaleMin = (layout: FlowLayout, room: Room): number =>
  Math.min(
    1,
    (room.width - LEFT) / (layout.width - LEFT),
    (room.height - AXIS_HEIGHT) / (layout.height - AXIS_HEIGHT),
  );

/** The camera kept within the picture, whose first boxes begin right of the names and below the times. */
export function clamp(camera: Camera, layout: FlowLayout, room: Room): Camera {
  const scale = Math.min(SCALE_MAX, Math.max(scaleMin(layout, room), camera.scale));
  const least = { x: LEFT - LEFT / scale, y: AXIS_HEIGHT - AXIS_HEIGHT / scale };
  const most = { x: layout.width - room.width / scale, y: layout.height - room.height / scale };
  return {
    scale,
    x: Math.max(least.x, Math.min(camera.x, most.x)),
    y: Math.max(least.y, Math.min(camera.y, most.y)),
  };
}

/** Larger or smaller by `factor`, the point of the window at (`x`, `y`) staying where it is. */
export function zoomAt(
  camera: Camera,
  factor: number,
  point: { readonly x: number; readonly y: number },
  layout: FlowLayout,
  room: Room,
): Camera {
  const scale = Math.min(SCALE_MAX, Math.max(scaleMin(layout, room), camera.scale * factor));
  const shift = 1 / camera.scale - 1 / scale;
  return clamp({ scale, x: camera.x + point.x * shift, y: camera.y + point.y * shift }, layout, room);
}

/** The least move that brings `box` into sight, at a size at which its text can be read. */
export function reveal(camera: Camera, box: FlowBox, layout: FlowLayout, room: Room): Camera {
  const scale = Math.max(camera.scale, 0.8);
  const [wide, high] = [room.width / scale, room.height / scale];
  const isNew = scale !== camera.scale;
  const from = isNew ? { x: box.x + BOX_WIDTH / 2 - wide / 2, y: box.y + BOX_HEIGHT / 2 - high / 2 } : camera;
  const x = Math.min(box.x - LEFT / scale, Math.max(from.x, box.x + BOX_WIDTH + 12 - wide));
  const y = Math.min(box.y - (AXIS_HEIGHT + 14) / scale, Math.max(from.y, box.y + BOX_HEIGHT + 12 - high));
  return clamp({ x, y, scale }, layout, room);
}
