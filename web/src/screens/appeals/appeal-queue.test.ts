import { describe, expect, it } from 'vitest';
import type { Appeal } from '../../api/types';
import { inOrder, nextDeadline, whyNot } from './appeal-queue';

const at = (hours: number) => new Date(1_700_000_000_000 + hours * 3_600_000).toISOString();
const ms = (hours: number) => Date.parse(at(hours));

function appeal(id: string, more: Partial<Appeal> = {}): Appeal {
  return {
    id,
    measure_id: `measure_${id}`,
    channel: 'web',
    filed_at: at(0),
    says: '',
    materials: [],
    livelihood: null,
    deadlines: { acknowledge_by: at(24), decide_by: at(72), ease_by: null },
    eased_at: null,
    reviewer: null,
    stands: { state: 'submitted' },
    ...more,
  } as Appeal;
}
const decision = { by: null, at: at(5), outcome: 'upheld', reason: '' } as never;

describe('the next deadline', () => {
  it('is the first that is still to be met', () => {
    expect(nextDeadline(appeal('a'))).toEqual({ kind: 'acknowledge', at: ms(24) });
    const taken = appeal('b', { stands: { state: 'under_review', reviewer: 'user_1', since: at(1) } });
    expect(nextDeadline(taken)).toEqual({ kind: 'decide', at: ms(72) });
  });
  it('is partial access where a livelihood hangs on it, until it is given', () => {
    const deadlines = { acknowledge_by: at(24), decide_by: at(72), ease_by: at(4) };
    const urgent = appeal('a', { livelihood: 'salary', deadlines });
    expect(nextDeadline(urgent)).toEqual({ kind: 'ease', at: ms(4) });
    expect(nextDeadline({ ...urgent, eased_at: at(2) })?.kind).toBe('acknowledge');
  });
  it('is none once it is decided', () => {
    expect(nextDeadline(appeal('a', { stands: { state: 'decided', decision } }))).toBeNull();
  });
});

describe('the queue', () => {
  it('has livelihoods first, then what is due first, then what is closed', () => {
    const due = (hours: number) => ({ acknowledge_by: at(1), decide_by: at(hours), ease_by: null });
    const acknowledged = { stands: { state: 'acknowledged', at: at(1) } } as const;
    const queue = inOrder([
      appeal('closed', { stands: { state: 'decided', decision } }),
      appeal('late', { deadlines: due(90), ...acknowledged }),
      appeal('soon', { deadlines: due(2), ...acknowledged }),
      appeal('salary', { livelihood: 'salary', deadlines: due(99), ...acknowledged }),
    ]);
    expect(queue.map(({ id }) => id)).toEqual(['salary', 'soon', 'late', 'closed']);
  });
});

describe('a reviewer', () => {
  const me = { id: 'user_1', name: '王复核', isReviewer: true };
  const measure = (name: string, confirmed: string | null) => ({
    decided_by: { kind: 'user', name } as const,
    state: { state: 'active', confirmed_by: confirmed } as const,
  });
  it('is nobody who decided or confirmed the measure', () => {
    expect(whyNot(measure('王复核', null), me)).toBe('decided_it');
    expect(whyNot(measure('李分析', 'user_1'), me)).toBe('confirmed_it');
    expect(whyNot(measure('李分析', 'user_2'), me)).toBeNull();
    expect(whyNot(measure('李分析', null), { ...me, isReviewer: false })).toBe('not_reviewer');
  });
  it('may review what no person decided, whatever the name of the machine', () => {
    const automatic = {
      decided_by: { kind: 'system', name: '王复核' } as const,
      state: measure('', null).state,
    };
    expect(whyNot(automatic, me)).toBeNull();
  });
});
