/** Signatures of checkpoints (C2SP signed-note, Ed25519), checked here in the browser with WebCrypto. */

import { parseCheckpoint, sha256, toHex, type Digest } from './merkle';

/** Signature type of Ed25519 in verifier keys and key ids (C2SP signed-note). */
const ED25519_TYPE = 1;
const KEY_BYTES = 32;

export interface VerifierKey {
  readonly name: string;
  readonly keyId: string;
  readonly publicKey: Digest;
}

/**
 * - `good`: the wanted key signed the text;
 * - `bad`: a signature of that key does not fit the text;
 * - `unsigned`: no signature of that key;
 * - `unavailable`: this browser cannot check Ed25519.
 */
export type SignatureVerdict = 'good' | 'bad' | 'unsigned' | 'unavailable';

/** Reads a verifier key, `name+keyid+base64(0x01 || public key)`; throws when its parts do not fit each other. */
export async function parseVerifierKey(text: string): Promise<VerifierKey> {
  const [, name, keyId, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim()) ?? [];
  if (!name || !keyId || !base64) throw new Error('not a verifier key');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (bytes[0] !== ED25519_TYPE || bytes.length !== 1 + KEY_BYTES) throw new Error('not an Ed25519 key');
  const hash = await sha256(new TextEncoder().encode(`${name}\n`), bytes);
  if (toHex(hash.slice(0, 4)) !== keyId) throw new Error('the key id is not that of the key');
  return { name, keyId, publicKey: bytes.slice(1) };
}

/** Whether the key `key` signed the checkpoint `note`. */
export async function verifyNote(note: string, key: VerifierKey): Promise<SignatureVerdict> {
  const checkpoint = parseCheckpoint(note);
  // Signatures of other keys, such as witnesses, are allowed and skipped.
  const signature = checkpoint.signatures.find(({ name, keyId }) => name === key.name && keyId === key.keyId);
  if (checkpoint.origin !== key.name || !signature) return 'unsigned';
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify']);
  } catch {
    return 'unavailable';
  }
  const text = new TextEncoder().encode(checkpoint.signedText);
  return (await crypto.subtle.verify('Ed25519', imported, signature.bytes, text)) ? 'good' : 'bad';
}
