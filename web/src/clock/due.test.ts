import { describe, expect, it } from 'vitest';
import { dueOf } from './due';

describe('a deadline', () => {
  it('is far, near, and late from its own instant on', () => {
    expect(dueOf(1_000, 0, 100)).toEqual({ tone: 'far', ms: 1_000 });
    expect(dueOf(1_000, 900, 100)).toEqual({ tone: 'near', ms: 100 });
    expect(dueOf(1_000, 1_000, 100)).toEqual({ tone: 'late', ms: 0 });
    expect(dueOf(1_000, 4_000, 100)).toEqual({ tone: 'late', ms: 3_000 });
  });
});
