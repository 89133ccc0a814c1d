import { describe, expect, it } from 'vitest';
import type { LeadState } from '../../api/types';
import { answerDue, hasEnded, readLeadSearch } from './lead-list';
import { NEW_DRAFT, draftProblems, offeredSteps, stepOf } from './lead-steps';

const DUE = '2026-12-01T08:00:00Z';
const states = {
  new: { state: 'new' },
  mine: { state: 'assigned', to: 'me' },
  others: { state: 'assigned', to: 'other' },
  investigating: { state: 'investigating', by: 'me' },
  referred: { state: 'referred', to: '刑侦支队', by: 'me', due_at: DUE },
  no_action: { state: 'no_action', reason: 'x', by: 'me' },
  merged: { state: 'merged', into: 'lead_2', by: 'me' },
  ended: {
    state: 'outcome_recorded',
    kind: 'solved',
    detail: 'x',
    told_by: 'y',
    by: { kind: 'system' },
    at: DUE,
  },
} satisfies Record<string, LeadState>;
const me = { id: 'me', isAnalyst: true };
const lead = (name: keyof typeof states) => ({ state: states[name] });

describe('the steps of a lead', () => {
  it('begin with whoever has it', () => {
    expect(offeredSteps(lead('new'), me)).toEqual(['take', 'assign']);
    expect(offeredSteps(lead('mine'), me)[0]).toBe('investigate');
    expect(offeredSteps(lead('others'), me)[0]).toBe('take');
  });
  it('always lead to an outcome, and end with it alone', () => {
    for (const name of ['investigating', 'referred', 'no_action', 'merged'] as const) {
      expect(offeredSteps(lead(name), me)[0]).toBe('record_outcome');
      expect(hasEnded(lead(name))).toBe(false);
    }
    expect(offeredSteps(lead('ended'), me)).toEqual([]);
    expect(hasEnded(lead('ended'))).toBe(true);
  });
  it('are for analysts only', () => {
    for (const name of Object.keys(states) as (keyof typeof states)[])
      expect(offeredSteps(lead(name), { id: 'me', isAnalyst: false })).toEqual([]);
  });
});

describe('what a step must have', () => {
  const now = Date.parse('2026-11-23T08:00:00Z');
  it('is all of its fields', () => {
    expect(draftProblems('record_outcome', NEW_DRAFT, now)).toEqual(['kind', 'detail', 'toldBy']);
    expect(draftProblems('no_action', { ...NEW_DRAFT, reason: '  ' }, now)).toEqual(['reason']);
  });
  it('is a time to come, within a year, for an answer', () => {
    const at = (due: string) => draftProblems('refer', { ...NEW_DRAFT, unit: 'x', due }, now);
    expect(at('2026-11-30T08:00:00Z')).toEqual([]);
    expect(at('2026-11-23T07:59:00Z')).toEqual(['due']);
    expect(at('2027-12-30T08:00:00Z')).toEqual(['due']);
    expect(at('')).toEqual(['due']);
  });
  it('goes without the blanks around it', () => {
    const draft = { ...NEW_DRAFT, kind: 'solved', detail: ' a ', toldBy: ' b ' } as const;
    expect(stepOf('record_outcome', draft)).toEqual({
      step: 'record_outcome',
      kind: 'solved',
      detail: 'a',
      told_by: 'b',
    });
  });
});

describe('the ledger', () => {
  it('knows by when another unit must answer', () => {
    expect(answerDue(lead('referred'))).toBe(Date.parse(DUE));
    expect(answerDue(lead('investigating'))).toBeNull();
  });
  it('reads only what it knows from an address', () => {
    expect(
      readLeadSearch({ state: 'referred', priority: 'p9', unit: ' x ', overdue: 'true', mine: true }),
    ).toEqual({ state: 'referred', unit: 'x', mine: true });
  });
});
