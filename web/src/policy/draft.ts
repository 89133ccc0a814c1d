/** A policy that is being written: what differs from the version it grows from. */

export interface BaseFile {
  readonly path: string;
  readonly bytes: number;
  /** None for a list's file that is too large to show. */
  readonly text: string | null;
}

export interface Draft {
  /** Hash of the version it grows from; none for a policy from nothing. */
  readonly base: string | null;
  /** Texts of new and changed files by path. */
  readonly texts: Readonly<Record<string, string>>;
  /** Paths of files of the base that it does not have. */
  readonly removed: readonly string[];
}

export type FileState = 'same' | 'changed' | 'added' | 'removed';

export interface DraftFile extends BaseFile {
  readonly state: FileState;
}

export const emptyDraft = (base: string | null): Draft => ({ base, texts: {}, removed: [] });

/** The files of base and draft by path, removed ones too. */
export function filesOf(base: readonly BaseFile[], draft: Draft): DraftFile[] {
  const known = new Set(base.map((file) => file.path));
  const all = base.map((file): DraftFile => {
    const text = draft.texts[file.path];
    if (text !== undefined) return { path: file.path, bytes: text.length, text, state: 'changed' };
    return { ...file, state: draft.removed.includes(file.path) ? 'removed' : 'same' };
  });
  for (const [path, text] of Object.entries(draft.texts))
    if (!known.has(path)) all.push({ path, bytes: text.length, text, state: 'added' });
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The draft with another text of a file; a text as in the base is no change. */
export function withText(base: readonly BaseFile[], draft: Draft, path: string, text: string): Draft {
  const texts = { ...draft.texts, [path]: text };
  const original = base.find((file) => file.path === path);
  if (original?.text === text) Reflect.deleteProperty(texts, path);
  return { ...draft, texts, removed: draft.removed.filter((removed) => removed !== path) };
}

/** The draft without a file. */
export function without(base: readonly BaseFile[], draft: Draft, path: string): Draft {
  const texts = { ...draft.texts };
  Reflect.deleteProperty(texts, path);
  const isKnown = base.some((file) => file.path === path);
  const removed = draft.removed.filter((other) => other !== path);
  return { ...draft, texts, removed: isKnown ? [...removed, path] : removed };
}

/** The draft with a file as it is in the base. */
export function restored(draft: Draft, path: string): Draft {
  const texts = { ...draft.texts };
  Reflect.deleteProperty(texts, path);
  return { ...draft, texts, removed: draft.removed.filter((removed) => removed !== path) };
}

export const isClean = (draft: Draft): boolean =>
  Object.keys(draft.texts).length === 0 && draft.removed.length === 0;

/** The draft as the API takes it. */
export function bodyOf(draft: Draft) {
  return {
    ...(draft.base ? { base: draft.base } : {}),
    files: Object.entries(draft.texts).map(([path, text]) => ({ path, text })),
    removed: [...draft.removed],
  };
}

/** Why a path cannot be a new file; null when it can. */
export function pathProblem(path: string, taken: readonly string[]): 'empty' | 'wrong' | 'taken' | null {
  if (path.trim() === '') return 'empty';
  if (!/^[\w-]+(\/[\w-]+)*\.policy$/.test(path)) return 'wrong';
  return taken.includes(path) ? 'taken' : null;
}
