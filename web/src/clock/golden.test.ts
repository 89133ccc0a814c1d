import { describe, expect, it } from 'vitest';
import { formatElapsed } from '../format/time';
import { readClock } from './golden';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
const now = 1_700_000_000_000 + 600_000;

describe('golden hour clock', () => {
  it('runs from the payment and shows the first missing mark as running', () => {
    const clock = readClock({ transfer_at: at(0), report_at: at(120), trace_at: at(125) }, now);
    expect(clock.elapsed).toBe(600_000);
    expect(clock.stopped).toBe(false);
    expect(clock.marks.map((mark) => mark.state)).toEqual(['done', 'done', 'done', 'running', 'waiting']);
    expect(clock.marks[1]?.sinceStart).toBe(120_000);
  });
  it('stops when money is held', () => {
    const clock = readClock(
      { transfer_at: at(0), report_at: at(1), trace_at: at(2), order_sent_at: at(3), executed_at: at(90) },
      now,
    );
    expect(clock.elapsed).toBe(90_000);
    expect(clock.stopped).toBe(true);
    expect(clock.marks.every((mark) => mark.state === 'done')).toBe(true);
  });
  it('starts at the report when the payment is unknown, which never runs', () => {
    const clock = readClock({ report_at: at(60) }, now);
    expect(clock.elapsed).toBe(540_000);
    expect(clock.marks.map((mark) => mark.state)).toEqual([
      'waiting',
      'done',
      'running',
      'waiting',
      'waiting',
    ]);
  });
  it('writes lengths of time', () => {
    expect(formatElapsed(187_000)).toBe('3:07');
    expect(formatElapsed(3_723_000)).toBe('1:02:03');
    expect(formatElapsed(183_845_000)).toBe('2d 03:04:05');
    expect(formatElapsed(-5)).toBe('0:00');
  });
});
