import { describe, expect, it } from 'vitest';
import {
  type Digest,
  fromHex,
  leafHash,
  nodeHash,
  parseCheckpoint,
  toHex,
  verifyInclusion,
  walkInclusion,
} from './merkle';

/** The eight leaves of the reference tests of Certificate Transparency; roots below are theirs. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function split(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

async function rootOf(leaves: Digest[]): Promise<Digest> {
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  const k = split(leaves.length);
  return nodeHash(await rootOf(leaves.slice(0, k)), await rootOf(leaves.slice(k)));
}

async function pathOf(index: number, leaves: Digest[]): Promise<Digest[]> {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...(await pathOf(index, leaves.slice(0, k))), await rootOf(leaves.slice(k))]
    : [...(await pathOf(index - k, leaves.slice(k))), await rootOf(leaves.slice(0, k))];
}

const hashes = () => Promise.all(LEAVES.map((leaf) => leafHash(fromHex(leaf))));

describe('inclusion proofs', () => {
  it('match the published roots for every leaf of every size', async () => {
    const all = await hashes();
    for (let size = 1; size <= all.length; size += 1) {
      const tree = all.slice(0, size);
      for (const [index, leaf] of tree.entries()) {
        const { root } = await walkInclusion(leaf, index, size, await pathOf(index, tree));
        expect(toHex(root), `leaf ${index} of ${size}`).toBe(ROOTS[size - 1]);
      }
    }
  });
  it('refuse a path that is too short, too long or changed, and another index', async () => {
    const all = await hashes();
    const [, , leaf] = all;
    if (!leaf) throw new Error('no leaf');
    const path = await pathOf(2, all);
    await expect(walkInclusion(leaf, 2, 8, path.slice(1))).rejects.toThrow('too short');
    await expect(walkInclusion(leaf, 2, 8, [...path, leaf])).rejects.toThrow('too long');
    await expect(walkInclusion(leaf, 8, 8, path)).rejects.toThrow('outside');
    const moved = await walkInclusion(leaf, 3, 8, path);
    expect(toHex(moved.root)).not.toBe(ROOTS[7]);
  });
});

describe('checkpoints', () => {
  const root = ROOTS[7] ?? '';
  const base64 = btoa(String.fromCharCode(...fromHex(root)));
  const note = `stanch.test/audit\n8\n${base64}\n\n— stanch.test/audit ${btoa('\x01\x02\x03\x04' + 's'.repeat(64))}\n`;

  it('are read', () => {
    const checkpoint = parseCheckpoint(note);
    expect(checkpoint.size).toBe(8);
    expect(checkpoint.rootHex).toBe(root);
    expect(checkpoint.signatures[0]?.keyId).toBe('01020304');
    expect(() => parseCheckpoint('nonsense')).toThrow();
  });
  it('must carry the recomputed root', async () => {
    const all = await hashes();
    const [leaf] = all;
    if (!leaf) throw new Error('no leaf');
    const path = (await pathOf(0, all)).map(toHex);
    const input = { index: 0, size: 8, leaf_hash: toHex(leaf), root_hash: root, path, checkpoint: note };
    const good = await verifyInclusion(input);
    expect([good.rootMatches, good.checkpointMatches]).toEqual([true, true]);
    const bad = await verifyInclusion({ ...input, leaf_hash: toHex(all[1] ?? leaf) });
    expect([bad.rootMatches, bad.checkpointMatches]).toEqual([false, false]);
  });
});
