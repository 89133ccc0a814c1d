import { describe, expect, it } from 'vitest';
import { purposeIn } from './purpose-cookie';

describe('purposeIn', () => {
  const known = ['case_work', 'measure'];
  it('reads the cookie and nothing else', () => {
    expect(purposeIn('a=1; stanch_purpose=case_work; b=2', known)).toBe('case_work');
    expect(purposeIn('stanch_purpose=measure', known)).toBe('measure');
    expect(purposeIn('stanch_purpose=curiosity', known)).toBeNull();
    expect(purposeIn('xstanch_purpose=measure', known)).toBeNull();
    expect(purposeIn('', known)).toBeNull();
  });
});
