import { expect, it } from 'vitest';
import type { Deployment, PolicyChange } from '../api/types';
import { basisPointsOf, percentText, shareText, shortHash, statesOf } from './version-state';

const deployment = {
  live: 'a',
  standby: 'b',
  shadow: 'c',
  canary: { policy: 'c', share_bp: 500, key: 'account' },
} as Deployment;
const change = { policy: 'd', state: { state: 'done' } } as PolicyChange;

it('a version is what it does now, or what became of it', () => {
  const states = (hash: string) => statesOf(hash, deployment, [change]).join(' ');
  expect(['a', 'b', 'c', 'd', 'e'].map(states)).toEqual([
    'live',
    'standby',
    'canary shadow',
    'retired',
    'draft',
  ]);
  expect(statesOf('a', undefined, [])).toEqual(['draft']);
});

it('shares are exact', () => {
  expect(['5', '0.25', '12.5', '100', '１0%'].map(basisPointsOf)).toEqual([500, 25, 1250, 10_000, 1000]);
  for (const bad of ['', '0', '100.01', '1.234', '-1', '1e2', '0.00'])
    expect(basisPointsOf(bad), bad).toBeNull();
  expect(shareText(25, 'en-GB')).toBe('0.25%');
  expect(percentText(1, 3, 'en-GB')).toBe('33.33%');
  expect(percentText(0, 0, 'en-GB')).toBe('—');
  expect(shortHash(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
});
