/** Saves the flow as a file of the reader's choice. */

import type { ExportForm } from './export-menu';
import { accountsCsv, transfersCsv, type ExportWords } from './export';
import type { FlowGraph } from './graph';
import { paintFlow, type Palette } from './paint';
import type { Scene } from './scene';
import { svgOf } from './svg';
import { saveFile as save } from '../parts/save-file';

/** Pixels of a picture at most: browsers refuse much larger canvases. */
const PIXELS_MAX = 48_000_000;
const SIDE_MAX = 16_000;
/** Pixels for one of the picture where that is not too many: sharp in print. */
const DENSITY = 2;

/** The whole picture, not only what is in the window, on a ground of its own. */
function pictureOf(scene: Scene, colours: Palette): Promise<Blob | null> {
  const { width, height } = scene.layout;
  const density = Math.min(
    DENSITY,
    SIDE_MAX / width,
    SIDE_MAX / height,
    Math.sqrt(PIXELS_MAX / (width * height)),
  );
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(width * density);
  canvas.height = Math.floor(height * density);
  const context = canvas.getContext('2d');
  if (!context) return Promise.resolve(null);
  const camera = { x: 0, y: 0, scale: 1 };
  const room = { width, height };
  paintFlow(
    context,
    scene,
    { camera, room, density, slice: null, isTimeMoving: false, focused: null, hovered: null, selected: null },
    colours,
  );
  context.globalCompositeOperation = 'destination-over';
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

export interface Saved {
  readonly graph: FlowGraph;
  readonly scene: Scene;
  readonly colours: Palette | null;
  readonly words: ExportWords;
  readonly until: number | null;
  /** Title of the picture and, made safe, the beginning of the file's name. */
  readonly title: string;
  readonly name: string;
}

/** Saves in `form`; gives the file's name, or `null` where no picture could be made. */
export async function saveFlow(form: ExportForm, saved: Saved): Promise<string | null> {
  const { graph, scene, colours, words, until, title } = saved;
  const name = saved.name.replace(/[^\w-]+/g, '-');
  const asCsv = (part: 'accounts' | 'transfers', whole: boolean) => {
    const write = part === 'accounts' ? accountsCsv : transfersCsv;
    const file = `${name}-${part}.csv`;
    save(new Blob([write(graph, words, { until, whole })], { type: 'text/csv;charset=utf-8' }), file);
    return file;
  };
  switch (form) {
    case 'accounts':
      return asCsv('accounts', false);
    case 'transfers':
      return asCsv('transfers', false);
    case 'accounts-whole':
      return asCsv('accounts', true);
    case 'transfers-whole':
      return asCsv('transfers', true);
    case 'svg':
      if (!colours) return null;
      save(new Blob([svgOf(scene, colours, title)], { type: 'image/svg+xml' }), `${name}.svg`);
      return `${name}.svg`;
    case 'png': {
      const blob = colours && (await pictureOf(scene, colours));
      if (!blob) return null;
      save(blob, `${name}.png`);
      return `${name}.png`;
    }
  }
}
