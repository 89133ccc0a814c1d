import { describe, expect, it } from 'vitest';
import type { Appeal } from '../../api/types';
import { NEW_APPEAL, whyNoAppeal, writtenAppeal } from './written-appeal';

const UNTIL = '2026-11-23T12:00:00Z';
const at = Date.parse(UNTIL);
const measure = (...states: Appeal['stands']['state'][]) => ({
  appeals: states.map((state) => ({ stands: { state } }) as Appeal),
  state: { state: 'active', confirmed_by: null } as const,
  notice: { appeal_until: UNTIL },
});

describe('an appeal that a caller tells', () => {
  it('says something', () => {
    expect(writtenAppeal({ ...NEW_APPEAL, says: ' \n' })).toBeNull();
    expect(writtenAppeal({ ...NEW_APPEAL, says: ' 这是工资卡 ' })).toEqual({
      by: 'phone',
      says: '这是工资卡',
    });
  });
  it('names the livelihood that hangs on it', () => {
    expect(writtenAppeal({ by: 'paper', says: 'x', livelihood: 'salary' })).toEqual({
      by: 'paper',
      says: 'x',
      livelihood: 'salary',
    });
  });
  it('waits for an open one, and comes in time', () => {
    expect(whyNoAppeal(measure('decided', 'under_review'), at - 1)).toBe('open');
    expect(whyNoAppeal(measure('decided', 'external_review'), at - 1)).toBeNull();
    expect(whyNoAppeal(measure(), at)).toBe('late');
    const lifted = { state: 'lifted', at: UNTIL, cause: { cause: 'withdrawn', by: '', reason: '' } } as const;
    expect(whyNoAppeal({ ...measure(), state: lifted }, at - 1)).toBe('lifted');
  });
});
