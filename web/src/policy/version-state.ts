/** What a version of the policy does now, and what it did: from what is at work and the changes on record. */

import type { Deployment, PolicyChange } from '../api/types';

export type VersionState = 'live' | 'canary' | 'shadow' | 'standby' | 'retired' | 'draft';

/** All that holds of a version, strongest first. */
export function statesOf(
  hash: string,
  deployment: Deployment | undefined,
  changes: readonly PolicyChange[],
): VersionState[] {
  const now: VersionState[] = [];
  if (deployment?.live === hash) now.push('live');
  if (deployment?.canary?.policy === hash) now.push('canary');
  if (deployment?.shadow === hash) now.push('shadow');
  if (deployment?.standby === hash) now.push('standby');
  if (now.length > 0) return now;
  const was = changes.some((change) => change.policy === hash && change.state.state === 'done');
  return [was ? 'retired' : 'draft'];
}

/** `sha256:` and the first twelve digits: enough to tell versions apart by eye. */
export function shortHash(hash: string): string {
  return hash.replace(/^sha256:/, '').slice(0, 12);
}

/** Basis points as a share: `5%`, `0.25%`. */
export function shareText(basisPoints: number, locale: string): string {
  return (basisPoints / 10_000).toLocaleString(locale, { style: 'percent', maximumFractionDigits: 2 });
}

/** Basis points of a percentage that somebody typed; null unless it is 0.01 to 100. */
export function basisPointsOf(text: string): number | null {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(text.normalize('NFKC').trim());
  if (!match?.[1]) return null;
  const points = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return points >= 1 && points <= 10_000 ? points : null;
}

/** The part of a whole in percent; a dash of nothing. */
export function percentText(part: number, whole: number, locale: string): string {
  if (whole === 0) return '—';
  return (part / whole).toLocaleString(locale, { style: 'percent', maximumFractionDigits: 2 });
}
