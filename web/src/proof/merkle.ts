/** RFC 6962 inclusion proofs and C2SP checkpoints, checked here in the browser with WebCrypto. */

export type Digest = Uint8Array<ArrayBuffer>;

export function fromHex(hex: string): Digest {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new Error('not hexadecimal');
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function sha256(...parts: Uint8Array[]): Promise<Digest> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

/** Hash of a leaf: `SHA-256(0x00 || data)` (RFC 6962 section 2.1). */
export const leafHash = (data: Uint8Array): Promise<Digest> => sha256(Uint8Array.of(0), data);

/** Hash of an inner node: `SHA-256(0x01 || left || right)`. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Digest> =>
  sha256(Uint8Array.of(1), left, right);

export interface ProofStep {
  readonly side: 'left' | 'right';
  readonly sibling: string;
  readonly result: string;
}

/**
 * Root that `leaf` at `index` of a tree of `size` leaves leads to by `path` (RFC 9162 section 2.1.3.2), with every
 * step taken; throws when the path has the wrong length.
 */
export async function walkInclusion(
  leaf: Digest,
  index: number,
  size: number,
  path: readonly Digest[],
): Promise<{ root: Digest; steps: ProofStep[] }> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new Error('leaf is outside the tree');
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  let result = leaf;
  const steps: ProofStep[] = [];
  for (const sibling of path) {
    if (last === 0n) throw new Error('path is too long');
    const left = (node & 1n) === 1n || node === last;
    result = left ? await nodeHash(sibling, result) : await nodeHash(result, sibling);
    steps.push({ side: left ? 'left' : 'right', sibling: toHex(sibling), result: toHex(result) });
    if (left) {
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Error('path is too short');
  return { root: result, steps };
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly rootHex: string;
  readonly signatures: readonly { name: string; keyId: string; bytes: Digest }[];
  /** What is signed: the text up to and including the newline before the blank line. */
  readonly signedText: string;
}

function fromBase64(text: string): Digest {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Reads a C2SP signed checkpoint (origin, tree size, root in base64, blank line, signature lines). */
export function parseCheckpoint(note: string): Checkpoint {
  const split = note.indexOf('\n\n');
  const signedText = note.slice(0, split + 1);
  const [origin, size, root] = signedText.split('\n');
  if (split < 0 || !origin || !size || !root || !/^\d+$/.test(size)) throw new Error('not a checkpoint');
  const signatures = note
    .slice(split + 2)
    .split('\n')
    .flatMap((line) => {
      const match = /^— (\S+) (\S+)$/.exec(line);
      if (!match?.[1] || !match[2]) return [];
      const bytes = fromBase64(match[2]);
      return [{ name: match[1], keyId: toHex(bytes.slice(0, 4)), bytes: bytes.slice(4) }];
    });
  return { origin, size: Number(size), rootHex: toHex(fromBase64(root)), signatures, signedText };
}

export interface ProofInput {
  readonly index: number;
  readonly size: number;
  readonly leaf_hash: string;
  readonly root_hash: string;
  readonly path: readonly string[];
  readonly checkpoint: string;
}

export interface ProofResult {
  readonly steps: readonly ProofStep[];
  readonly computedRoot: string;
  readonly rootMatches: boolean;
  readonly checkpoint: Checkpoint;
  readonly checkpointMatches: boolean;
}

/** Recomputes the root from the leaf and compares it with the server's root and with the signed checkpoint. */
export async function verifyInclusion(input: ProofInput): Promise<ProofResult> {
  const walked = await walkInclusion(
    fromHex(input.leaf_hash),
    input.index,
    input.size,
    input.path.map(fromHex),
  );
  const computedRoot = toHex(walked.root);
  const checkpoint = parseCheckpoint(input.checkpoint);
  return {
    steps: walked.steps,
    computedRoot,
    rootMatches: computedRoot === input.root_hash.toLowerCase(),
    checkpoint,
    checkpointMatches: checkpoint.size === input.size && checkpoint.rootHex === computedRoot,
  };
}
