import { describe, expect, it } from 'vitest';
import type { DeskCase, Shift } from '../../api/types';
import { NEW_HAND_OVER, handOverOf, handOverProblems, shiftStep } from './hand-over';
import { bulkSum, queueOrder } from './waiting';

const NOW = Date.parse('2026-11-23T08:00:00Z');
const inMinutes = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const waiting = (id: string, priority: DeskCase['priority'], minutes: number) =>
  ({ id, priority, take_by: inMinutes(minutes) }) as DeskCase;

describe('the queue', () => {
  it('has what is overdue first, then the urgent, then what was to be taken first', () => {
    const queue = [
      waiting('p0-later', 'p0', 3),
      waiting('p0', 'p0', 2),
      waiting('p2-late', 'p2', -60),
      waiting('p1', 'p1', 1),
      waiting('p1-late', 'p1', 0),
    ];
    expect(queueOrder(queue, NOW).map(({ id }) => id)).toEqual([
      'p1-late',
      'p2-late',
      'p0',
      'p0-later',
      'p1',
    ]);
  });
  it('says of many cases which were left as they are', () => {
    const results = [
      { case_id: 'case_1', refused: null },
      { case_id: 'case_2', refused: 'closed' },
    ];
    expect(bulkSum(results, new Map([['case_2', '2026-000001']]))).toEqual({
      done: 1,
      refused: [{ number: '2026-000001', why: 'closed' }],
    });
  });
});

describe('a shift', () => {
  const team = { members: ['me', 'other'] };
  const me = { id: 'me', works: true };
  const hand_over = { at: inMinutes(-1), by: 'other', note: 'x', cases: [] };
  const shift = (state: Shift['state']) => ({ state });
  it('begins by reading the note of the one before, and ends by writing one', () => {
    expect(shiftStep(team, [], me)).toBe('start_first');
    expect(shiftStep(team, [shift({ state: 'running' })], me)).toBe('hand_over');
    expect(shiftStep(team, [shift({ state: 'handed_over', hand_over })], me)).toBe('start_after');
  });
  it('is the business of its team alone', () => {
    expect(shiftStep(team, [], { id: 'third', works: true })).toBeNull();
    expect(shiftStep(team, [], { id: 'me', works: false })).toBeNull();
  });
});

describe('a hand-over', () => {
  const urgent = [{ id: 'case_1' }, { id: 'case_2' }];
  it('is not sent without its note and a word on each urgent case', () => {
    expect(handOverProblems(NEW_HAND_OVER, urgent)).toEqual(['note', 'case_1', 'case_2']);
    const draft = { note: 'x', cases: { case_1: 'y', case_2: '  ' } };
    expect(handOverProblems(draft, urgent)).toEqual(['case_2']);
    expect(handOverProblems({ note: 'x', cases: {} }, [])).toEqual([]);
  });
  it('names the urgent cases only', () => {
    const draft = { note: ' x ', cases: { case_1: 'y', case_2: 'z', gone: 'w' } };
    expect(handOverOf(draft, urgent)).toEqual({
      note: 'x',
      cases: [
        { case_id: 'case_1', note: 'y' },
        { case_id: 'case_2', note: 'z' },
      ],
    });
  });
});
