import { describe, expect, it } from 'vitest';
import { draftOf, draftProblems, latencyMs, newSecret, requestOf } from './institution-draft';

const draft = { ...draftOf(null), code: 'BK01', name: ' First Bank ', latency: '1.5' };

describe('an institution as typed', () => {
  it('becomes a request; a secret left out stays', () => {
    expect(draftProblems(draft, new Set())).toEqual([]);
    expect(requestOf(draft)).toEqual({
      name: 'First Bank',
      kind: 'bank',
      endpoint: null,
      order_latency_ms: 1500,
    });
    const secret = newSecret();
    expect(requestOf({ ...draft, secret }).webhook_secret).toBe(secret);
    expect(draftProblems({ ...draft, secret }, new Set())).toEqual([]);
  });
  it('names the fields at fault', () => {
    const bad = { ...draft, code: 'bk 1', name: ' ', endpoint: 'bank', secret: 'whsec_YQ==', latency: '-1' };
    expect(draftProblems(bad, new Set())).toEqual(['code', 'name', 'endpoint', 'secret', 'latency']);
    expect(draftProblems(draft, new Set(['BK01']))).toEqual(['code']);
    expect(draftProblems({ ...draft, secret: 'hunter2' }, new Set())).toEqual(['secret']);
  });
  it('counts seconds to the millisecond, up to a day', () => {
    expect(latencyMs('0')).toBe(0);
    expect(latencyMs('０.25')).toBe(250);
    expect(latencyMs('86400')).toBe(86_400_000);
    expect(latencyMs('86400.001')).toBeNull();
    expect(latencyMs('1.2345')).toBeNull();
  });
});
