import { describe, expect, it } from 'vitest';
import { toHex } from './merkle';
import { parseVerifierKey, verifyNote } from './note';

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** The verifier key and the note of the C2SP signed-note specification's reference implementation (golang.org/x/mod). */
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

async function signed(name: string, text: string) {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const key = Uint8Array.of(1, ...raw);
  const hashed = new Uint8Array([...new TextEncoder().encode(`${name}\n`), ...key]);
  const keyId = new Uint8Array(await crypto.subtle.digest('SHA-256', hashed)).slice(0, 4);
  const signature = await crypto.subtle.sign('Ed25519', pair.privateKey, new TextEncoder().encode(text));
  const line = `— ${name} ${base64(new Uint8Array([...keyId, ...new Uint8Array(signature)]))}\n`;
  return { vkey: `${name}+${toHex(keyId)}+${base64(key)}`, note: `${text}\n${line}`, line };
}

const root = base64(new Uint8Array(32));
const text = `stanch.test/audit\n8\n${root}\n`;

describe('verifier keys', () => {
  it('are read, and refused when a part was changed', async () => {
    const key = await parseVerifierKey(PETER);
    expect([key.name, key.keyId, key.publicKey.length]).toEqual(['PeterNeumann', 'c74f20a3', 32]);
    await expect(parseVerifierKey(PETER.replace('c74f', 'c74e'))).rejects.toThrow('key id');
    await expect(parseVerifierKey(PETER.replace('Peter', 'Petra'))).rejects.toThrow('key id');
    await expect(parseVerifierKey('whpk_AAAA')).rejects.toThrow('not a verifier key');
  });
});

describe('signed checkpoints', () => {
  it('are good under the key that signed them', async () => {
    const { vkey, note } = await signed('stanch.test/audit', text);
    expect(await verifyNote(note, await parseVerifierKey(vkey))).toBe('good');
  });
  it('are bad when the text was changed, and unsigned under another key or name', async () => {
    const { vkey, note, line } = await signed('stanch.test/audit', text);
    const key = await parseVerifierKey(vkey);
    expect(await verifyNote(note.replace('\n8\n', '\n9\n'), key)).toBe('bad');
    const other = await signed('stanch.test/audit', text);
    expect(await verifyNote(note, await parseVerifierKey(other.vkey))).toBe('unsigned');
    expect(await verifyNote(`${other.note}${line}`, key)).toBe('good');
    const elsewhere = await signed('elsewhere/audit', text);
    expect(await verifyNote(elsewhere.note, await parseVerifierKey(elsewhere.vkey))).toBe('unsigned');
  });
});
