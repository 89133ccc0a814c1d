/** The record of a collection as it is written, and the media type of its file: pure, so that it can be tested. */

import type { CollectionForm, EvidenceItem } from '../../api/types';

export const FILE_BYTES_MAX = 64 * 1024 * 1024;
export const NAME_MAX = 200;
export const TEXT_MAX = 500;

/** The types that are taken, by the ending of the name: `docs/formats/evidence.md`. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  m4a: 'audio/mp4',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  txt: 'text/plain',
  log: 'text/plain',
  html: 'text/html',
  htm: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  eml: 'message/rfc822',
  zip: 'application/zip',
};

/** Browsers name some types otherwise: the ending decides, and what is not known is a medium's image. */
export function mediaTypeOf(name: string): string {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(TYPES, ending) ? (TYPES[ending] ?? '') : 'application/octet-stream';
}

export const NEEDED = ['second', 'source', 'method', 'place'] as const;
export const FURTHER = ['matter', 'object', 'content', 'process', 'tool', 'witness'] as const;
export type NeededField = (typeof NEEDED)[number];
export type FurtherField = (typeof FURTHER)[number];
export type CollectDraft = Readonly<Record<NeededField | FurtherField, string>>;

export const NEW_COLLECTION: CollectDraft = {
  second: '',
  source: '',
  method: '',
  place: '',
  matter: '',
  object: '',
  content: '',
  process: '',
  tool: '',
  witness: '',
};

export interface FileFacts {
  readonly name: string;
  readonly size: number;
}

/** What is missing, in the order of the screen. */
export function collectProblems(draft: CollectDraft, file: FileFacts | null): ('file' | NeededField)[] {
  const isFile = file !== null && file.size > 0 && file.size <= FILE_BYTES_MAX;
  const missing = NEEDED.filter((field) => draft[field].trim() === '');
  return isFile ? missing : ['file', ...missing];
}

/** The record as it is sent; what nobody wrote is left to the server. Call it only without problems. */
export function collectionOf(draft: CollectDraft, file: FileFacts): CollectionForm {
  const told = FURTHER.filter((field) => draft[field].trim() !== '').map(
    (field) => [field, draft[field].trim()] as const,
  );
  return {
    name: file.name.slice(-NAME_MAX),
    second: draft.second,
    source: draft.source.trim(),
    method: draft.method.trim(),
    place: draft.place.trim(),
    ...Object.fromEntries(told),
  };
}

/** What `me` is offered with an item: its bytes for those who work on cases, handing it over for its holder. */
export function offeredWith(
  item: Pick<EvidenceItem, 'holder' | 'state'>,
  me: { readonly id: string; readonly works: boolean },
): { readonly view: boolean; readonly handOver: boolean } {
  return {
    view: me.works,
    handOver: me.works && item.state === 'in_custody' && item.holder?.id === me.id,
  };
}
