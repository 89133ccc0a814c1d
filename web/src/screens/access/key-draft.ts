/** What an administrator types about a key: pure, so that it can be tested without a screen. */

import type { ApiKey, ApiScope, KeyWish } from '../../api/types';
import { msOf } from '../../format/time';

export const NAME_MAX = 128;
const DAYS_MAX = 366;
const NETWORKS_MAX = 16;

export interface KeyDraft {
  readonly user: string;
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  readonly days: string;
  /** One network a line. */
  readonly networks: string;
}
export type KeyField = keyof KeyDraft;

export const NEW_KEY: KeyDraft = { user: '', name: '', scopes: [], days: '90', networks: '' };

const linesOf = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Whether `text` looks like a network; the server has the last word. */
function isNetwork(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  if (more.length > 0 || !/^\d{1,3}$/.test(length)) return false;
  const parts = address.split('.');
  if (parts.length === 4)
    return parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255) && Number(length) <= 32;
  return /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(address) && Number(length) <= 128;
}

const daysOf = (text: string): number => (/^\d{1,3}$/.test(text.trim()) ? Number(text.trim()) : 0);

/** The fields that are not right yet, in the order of the screen. */
export function keyProblems(draft: KeyDraft): KeyField[] {
  const name = Array.from(draft.name.trim()).length;
  const days = daysOf(draft.days);
  const networks = linesOf(draft.networks);
  const rules: [KeyField, boolean][] = [
    ['user', draft.user !== ''],
    ['name', name >= 1 && name <= NAME_MAX],
    ['days', days >= 1 && days <= DAYS_MAX],
    ['networks', networks.length <= NETWORKS_MAX && networks.every(isNetwork)],
    ['scopes', draft.scopes.length > 0],
  ];
  return rules.flatMap(([field, holds]) => (holds ? [] : [field]));
}

/** The request for a draft without problems. */
export function wishOf(draft: KeyDraft): KeyWish {
  return {
    user_id: draft.user,
    name: draft.name.trim(),
    scopes: [...draft.scopes],
    days: daysOf(draft.days),
    networks: linesOf(draft.networks),
  };
}

/** The field that a JSON pointer of the server's answer names. */
export function fieldOfPointer(pointer: string): KeyField | null {
  const first = pointer.split('/')[1];
  if (first === 'user_id') return 'user';
  return first === 'name' || first === 'scopes' || first === 'days' || first === 'networks' ? first : null;
}

export type KeyState = 'works' | 'revoked' | 'expired';

/** What a key is good for at `now`. */
export function keyState(key: Pick<ApiKey, 'revoked_at' | 'expires_at'>, now: number): KeyState {
  if (key.revoked_at !== null) return 'revoked';
  return (msOf(key.expires_at) ?? 0) <= now ? 'expired' : 'works';
}
