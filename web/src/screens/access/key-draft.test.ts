import { describe, expect, it } from 'vitest';
import { NEW_KEY, fieldOfPointer, keyProblems, keyState, wishOf, type KeyDraft } from './key-draft';

const whole: KeyDraft = { ...NEW_KEY, user: 'user_1', name: ' import ', scopes: ['payments:write'] };
const problems = (part: Partial<KeyDraft>) => keyProblems({ ...whole, ...part });

describe('a key to be', () => {
  it('has an account, a name, a scope and an end', () => {
    expect(keyProblems(NEW_KEY)).toEqual(['user', 'name', 'scopes']);
    expect(problems({})).toEqual([]);
    for (const days of ['0', '367', '1.5', '', '1e2']) expect(problems({ days })).toEqual(['days']);
    expect(problems({ days: '366' })).toEqual([]);
    expect(problems({ name: 'a'.repeat(129) })).toEqual(['name']);
  });
  it('is bound to networks, not to addresses', () => {
    expect(problems({ networks: '192.0.2.0/24\n\n2001:db8::/32, ::1/128' })).toEqual([]);
    for (const networks of ['192.0.2.1', '192.0.2.0/33', '300.0.2.0/24', 'host/24', '::/129', '1.2.3.4/8/8'])
      expect(problems({ networks })).toEqual(['networks']);
    expect(problems({ networks: Array(17).fill('192.0.2.0/24').join('\n') })).toEqual(['networks']);
  });
  it('is asked for without blanks', () => {
    expect(wishOf({ ...whole, days: ' 7 ', networks: ' 192.0.2.0/24 \n' })).toEqual({
      user_id: 'user_1',
      name: 'import',
      scopes: ['payments:write'],
      days: 7,
      networks: ['192.0.2.0/24'],
    });
  });
  it('is refused at its field', () => {
    expect(fieldOfPointer('/networks/2')).toBe('networks');
    expect(fieldOfPointer('/user_id')).toBe('user');
    expect(fieldOfPointer('')).toBeNull();
  });
});

describe('a key', () => {
  it('works until it ends or is revoked', () => {
    const now = Date.parse('2026-11-23T08:00:00Z');
    expect(keyState({ revoked_at: null, expires_at: '2026-11-23T08:00:01Z' }, now)).toBe('works');
    expect(keyState({ revoked_at: null, expires_at: '2026-11-23T08:00:00Z' }, now)).toBe('expired');
    expect(keyState({ revoked_at: '2026-11-01T00:00:00Z', expires_at: '2026-11-01T00:00:00Z' }, now)).toBe(
      'revoked',
    );
  });
});
