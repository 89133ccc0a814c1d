import { describe, expect, it } from 'vitest';
import type { BatchSubject } from '../../api/types';
import { linesToLift, stepsOn } from './batch-steps';

const asked_by = { id: 'user_1', name: '林分析' };
const approver = { id: 'user_2', isApprover: true, isWorker: true };
const at = '2026-11-22T00:00:00Z';

describe('steps on a batch', () => {
  it('let a second person approve a dry run, never the one who asked', () => {
    const batch = { asked_by, state: { state: 'dry_run' } } as const;
    expect(stepsOn(batch, approver)).toMatchObject({ approve: true, rollBack: false });
    expect(stepsOn(batch, { ...approver, id: 'user_1' })).toMatchObject({ approve: false, isOwn: true });
    expect(stepsOn(batch, { ...approver, isApprover: false }).approve).toBe(false);
  });
  it('do not let anybody approve what the dry run refused', () => {
    const batch = { asked_by, state: { state: 'refused', why: 'region_sole_ground' } } as const;
    expect(stepsOn(batch, approver)).toMatchObject({ approve: false, rollBack: false });
  });
  it('let what was carried out be rolled back once', () => {
    const applied = { state: 'applied', approved_by: 'user_2', approved_at: at, at } as const;
    expect(stepsOn({ asked_by, state: applied }, approver).rollBack).toBe(true);
    const rolled = { state: 'rolled_back', approved_by: 'user_2', at, by: 'user_2', reason: '' } as const;
    expect(stepsOn({ asked_by, state: rolled }, approver).rollBack).toBe(false);
  });
  it('roll back only lines that were imposed', () => {
    const subject = (line: number, result: string) => ({ line, result }) as BatchSubject;
    const subjects = [subject(1, 'imposed'), subject(2, 'excluded'), subject(3, 'imposed')];
    expect(linesToLift(subjects, new Set([1, 2]))).toEqual([1]);
  });
});
