import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  HOURS_MAX,
  draftProblems,
  fieldOfPointer,
  kindsFor,
  newDraft,
  onSubject,
  wishOf,
  type ImposeDraft,
} from './impose-draft';

const CASE = `case_${'0a'.repeat(16)}`;
const NOTHING = { caseId: '', operation: '' };

function draft(more: Partial<ImposeDraft> = {}): ImposeDraft {
  return {
    ...newDraft('2026-11-23T12:00', NOTHING),
    platform: 'WL01',
    reference: ' ACC-8801 ',
    scope: '全部付款功能',
    groundReference: '第十八条',
    explanation: '收到涉诈资金',
    facts: '三笔到账后两分钟内转出',
    signals: [{ kind: 'payment', detail: ' 快进快出 ', seenAt: '2026-11-23T11:58' }],
    ...more,
  };
}

describe('a measure that is typed', () => {
  it('has every fault told, in the order of the screen', () => {
    expect(draftProblems(newDraft('', NOTHING))).toEqual([
      'platform',
      'reference',
      'scope',
      'groundReference',
      'explanation',
      'facts',
      'signal0',
    ]);
    expect(draftProblems(draft())).toEqual([]);
  });
  it('needs a signal against this very subject, with its time', () => {
    expect(draftProblems(draft({ signals: [] }))).toEqual(['signals']);
    const late = { kind: 'report', detail: 'x', seenAt: '' } as const;
    expect(draftProblems(draft({ signals: [...draft().signals, late] }))).toEqual(['signal1']);
  });
  it('ends, and no later than its kind may', () => {
    for (const hours of ['0', '', '1.5', '2161', '-3', 'x'])
      expect(draftProblems(draft({ hours })), hours).toEqual(['hours']);
    expect(draftProblems(draft({ hours: '２１６０' }))).toEqual([]);
    expect(draftProblems(draft({ kind: 'delay_settlement', hours: '72' }))).toEqual(['hours']);
  });
  it('names the machine with its version, or no machine', () => {
    expect(draftProblems(draft({ detectorName: 'pass-through' }))).toEqual(['detectorVersion']);
    expect(draftProblems(draft({ detectorVersion: '4' }))).toEqual(['detectorName']);
  });
  it('takes money and a case, or neither', () => {
    expect(draftProblems(draft({ held: '12.345', caseId: 'case_1' }))).toEqual(['held', 'caseId']);
    expect(draftProblems(draft({ held: '1,234.5', caseId: CASE }))).toEqual([]);
  });
  it('stays what it is on another kind of subject where it can', () => {
    expect(onSubject(draft(), 'social_account').kind).toBe('suspend');
    expect(kindsFor('content')).toContain(onSubject(draft(), 'content').kind);
  });
});

describe('the request', () => {
  it('is a person’s decision unless a machine is named', () => {
    const wish = wishOf(draft());
    expect(wish).toEqual({
      subject: { platform: 'WL01', kind: 'account', reference: 'ACC-8801' },
      kind: 'suspend',
      scope: '全部付款功能',
      ground: { basis: 'illegal_content', reference: '第十八条', explanation: '收到涉诈资金' },
      facts: '三笔到账后两分钟内转出',
      signals: [{ kind: 'payment', detail: '快进快出', seen_at: new Date('2026-11-23T11:58').toISOString() }],
      automation: 'not_automated',
      lasts_hours: 72,
      partners: [],
    });
    const found = wishOf(draft({ detectorName: 'pass-through', detectorVersion: '4' }));
    expect([found.automation, found.detector]).toEqual(['partially', { name: 'pass-through', version: '4' }]);
  });
  it('has money in minor units, the case, the operation, and other platforms only', () => {
    const belongs = { caseId: ` ${CASE} `, operation: 'operation_1' };
    const wish = wishOf(draft({ held: '18,600.05', ...belongs, partners: ['WL01', 'BK02'] }));
    expect([wish.money_held, wish.case_id, wish.operation_id, wish.partners]).toEqual([
      { minor: 1_860_005, currency: 'CNY' },
      CASE,
      'operation_1',
      ['BK02'],
    ]);
  });
});

describe('what the server refuses', () => {
  it('is told at its field', () => {
    expect(fieldOfPointer('/ground/reference')).toBe('groundReference');
    expect(fieldOfPointer('/signals/2/detail')).toBe('signal2');
    expect(fieldOfPointer('/partners/0')).toBe('partners');
    expect(fieldOfPointer('/operation_id')).toBe('operation');
    expect(fieldOfPointer('/event')).toBeNull();
  });
  it('has the same longest times as here', () => {
    const rust = readFileSync(new URL('../../../../crates/types/src/terms.rs', import.meta.url), 'utf8');
    const body = /fn longest\(.*?\n {4}\}\n/s.exec(rust)?.[0] ?? '';
    const arms = body.matchAll(/((?:MeasureKind::\w+[\s|]*)+)=> Duration::from_(hours|days)\((\d+)\)/g);
    const told = [...arms].flatMap(([, kinds = '', unit, count]) =>
      [...kinds.matchAll(/::(\w+)/g)].map(([, name = '']) => [
        name.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase(),
        Number(count) * (unit === 'days' ? 24 : 1),
      ]),
    );
    expect(Object.fromEntries(told)).toEqual(HOURS_MAX);
  });
});
