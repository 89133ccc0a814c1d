import { describe, expect, it } from 'vitest';
import { fromBase64Url, toBase64Url } from './base64url';

describe('bytes as base64url', () => {
  it('come back as they were, without padding and without signs that addresses reserve', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, nth) => 255 - nth);
    for (const length of [0, 1, 2, 3, 255, 256]) {
      const text = toBase64Url(bytes.slice(0, length).buffer);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect(Array.from(new Uint8Array(fromBase64Url(text)))).toEqual(Array.from(bytes.slice(0, length)));
    }
    expect(toBase64Url(Uint8Array.of(0xfb, 0xff).buffer)).toBe('-_8');
  });
});
