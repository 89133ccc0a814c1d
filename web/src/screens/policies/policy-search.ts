/** The part of a policy, or of the editor, that an address points at. */

export const TABS = ['rules', 'files', 'diff', 'tests'] as const;
export type Tab = (typeof TABS)[number];

export interface PolicySearch {
  readonly tab?: Tab;
  /** The version it is compared with. */
  readonly from?: string;
  /** A rule that stands out. */
  readonly rule?: string;
  readonly file?: string;
  readonly line?: number;
}

export interface EditorSearch {
  /** The version that the draft grows from; empty for a policy from nothing. */
  readonly base?: string;
  readonly file?: string;
  readonly line?: number;
}

const HASH = /^sha256:[0-9a-f]{64}$/;
const PATH_MAX = 512;

const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value);
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= PATH_MAX;

function placeOf(raw: Record<string, unknown>): { file?: string; line?: number } {
  const { file, line } = raw;
  return {
    ...(isText(file) ? { file } : {}),
    ...(typeof line === 'number' && Number.isInteger(line) && line > 0 ? { line } : {}),
  };
}

export function readPolicySearch(raw: Record<string, unknown>): PolicySearch {
  const tab = TABS.find((word) => word === raw['tab']);
  return {
    ...(tab ? { tab } : {}),
    ...(isHash(raw['from']) ? { from: raw['from'] } : {}),
    ...(isText(raw['rule']) ? { rule: raw['rule'] } : {}),
    ...placeOf(raw),
  };
}

export function readEditorSearch(raw: Record<string, unknown>): EditorSearch {
  const base = raw['base'];
  return { ...(isHash(base) || base === '' ? { base: base } : {}), ...placeOf(raw) };
}
