import { describe, expect, it } from 'vitest';
import { missingWords } from '../../parts/step-fields';
import { reportStepOf, reportStepsOf } from '../reports/report-steps';
import { caseStepOf, caseStepsOf } from './case-steps';

describe('the steps of a case', () => {
  it('go from open to filed to its end', () => {
    expect(caseStepsOf('open', 'new').steps).toEqual(['file', 'withdraw']);
    expect(caseStepsOf('filed', 'new').steps).toEqual(['solve', 'suspend', 'withdraw']);
    expect(caseStepsOf('closed', 'outcome_recorded')).toEqual({ steps: [], waitsForLead: false });
  });
  it('close no case whose lead has no outcome', () => {
    expect(caseStepsOf('suspended', 'referred')).toEqual({ steps: ['file'], waitsForLead: true });
    expect(caseStepsOf('solved', 'outcome_recorded')).toEqual({ steps: ['close'], waitsForLead: false });
    // Nothing is said to wait where it could not be closed anyway.
    expect(caseStepsOf('open', 'referred').waitsForLead).toBe(false);
  });
  it('are sent without the blanks around their words', () => {
    expect(caseStepOf('close', { outcome: ' a ', answer: 'b ' })).toEqual({
      step: 'close',
      outcome: 'a',
      answer: 'b',
    });
    expect(caseStepOf('solve', {})).toEqual({ step: 'solve' });
  });
});

describe('the steps of a report', () => {
  const lead = { state: 'lead_opened', lead_id: 'lead_1' } as const;
  it('let everything be added to until it is closed', () => {
    expect(reportStepsOf({ state: lead })).toEqual(['add', 'ask', 'prevent', 'close', 'not_fraud']);
    expect(reportStepsOf({ state: { state: 'needs_info', question: '?' } })).toEqual([
      'add',
      'prevent',
      'close',
    ]);
    expect(reportStepsOf({ state: { state: 'closed', reason: 'x', answer: 'y' } })).toEqual([]);
  });
  it('answer before they close', () => {
    expect(reportStepOf('close', { reason: ' a', answer: 'b' }, 'CNY')).toEqual({
      step: 'close',
      reason: 'a',
      answer: 'b',
    });
  });
});

describe('the words of a step', () => {
  const fields = [
    { name: 'reason', label: '', lines: 1, max: 3 },
    { name: 'answer', label: '', lines: 1, max: 3 },
  ];
  it('are counted as characters, blanks around them left out', () => {
    expect(missingWords(fields, { reason: ' ', answer: '𠮷𠮷𠮷 ' })).toEqual(['reason']);
    expect(missingWords(fields, { reason: 'abcd', answer: 'a' })).toEqual(['reason']);
  });
});
