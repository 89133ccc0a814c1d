import { describe, expect, it } from 'vitest';
import { BEGINNING, STEPS_KEPT, flowReducer, type FlowAction, type FlowHistory } from './model';
import { dice } from './sample';

const run = (actions: readonly FlowAction[], from: FlowHistory = BEGINNING) =>
  actions.reduce(flowReducer, from);

const STEPS: readonly FlowAction[] = [
  { do: 'fold', by: 'institution' },
  { do: 'toggle', fold: 't1/BK01' },
  { do: 'pin', node: 7 },
  { do: 'top', top: 20 },
  { do: 'path', to: 7 },
  { do: 'pin', node: 9 },
  { do: 'close-all' },
  { do: 'until', at: 5 },
  { do: 'reset' },
];

describe('steps of the flow', () => {
  it('are taken back to exactly the state before, and forth again', () => {
    const random = dice(11);
    let history = BEGINNING;
    const states = [history.now];
    for (let turn = 0; turn < 120; turn += 1) {
      const step = STEPS[Math.floor(random() * STEPS.length)] ?? { do: 'reset' };
      const next = flowReducer(history, step);
      if (next.past.length > history.past.length) states.push(next.now);
      history = next;
    }
    expect(states.length).toBeGreaterThan(40);
    for (const state of states.slice(0, -1).reverse()) {
      history = flowReducer(history, { do: 'undo' });
      expect(history.now).toBe(state);
    }
    expect(flowReducer(history, { do: 'undo' })).toBe(history);
    for (const state of states.slice(1)) {
      history = flowReducer(history, { do: 'redo' });
      expect(history.now).toBe(state);
    }
  });
  it('are one step while time is dragged', () => {
    const dragged = run([
      { do: 'pin', node: 1 },
      { do: 'until', at: 10 },
      { do: 'until', at: 20 },
      { do: 'until', at: 30 },
    ]);
    expect(dragged.now.until).toBe(30);
    const back = flowReducer(dragged, { do: 'undo' });
    expect(back.now.until).toBeNull();
    expect([...back.now.pinned]).toEqual([1]);
  });
  it('leave nothing to redo after another step', () => {
    const history = run([{ do: 'pin', node: 1 }, { do: 'undo' }, { do: 'pin', node: 2 }]);
    expect(history.future).toEqual([]);
    expect(run([{ do: 'redo' }], history)).toBe(history);
  });
  it('are not counted when nothing changes, and not kept without end', () => {
    expect(run([{ do: 'fold', by: 'top' }])).toBe(BEGINNING);
    expect(run([{ do: 'close-all' }])).toBe(BEGINNING);
    const many = run(Array.from({ length: 500 }, (_, node): FlowAction => ({ do: 'pin', node })));
    expect(many.past).toHaveLength(STEPS_KEPT);
  });
  it('stay with their accounts when these get other numbers', () => {
    const numbers = new Map([
      [1, 5],
      [2, 6],
    ]);
    const history = run([
      { do: 'pin', node: 1 },
      { do: 'pin', node: 3 },
      { do: 'path', to: 2 },
      { do: 'renumber', numbers },
    ]);
    expect([...history.now.pinned]).toEqual([5]);
    expect(history.now.pathTo).toBe(6);
    expect([...flowReducer(flowReducer(history, { do: 'undo' }), { do: 'undo' }).now.pinned]).toEqual([5]);
  });
});
