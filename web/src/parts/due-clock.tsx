import { useNow } from '../clock/ticker';
import { dueOf } from '../clock/due';
import { formatElapsed } from '../format/time';

interface DueClockProps {
  /** The deadline, in milliseconds since 1970. */
  readonly at: number;
  /** From when on before it the clock is amber. */
  readonly nearMs: number;
  readonly left: (length: string) => string;
  readonly late: (length: string) => string;
}

/** The clock of a deadline: amber when it is near, red when it is past. */
export function DueClock({ at, nearMs, left, late }: DueClockProps) {
  const { tone, ms } = dueOf(at, useNow(), nearMs);
  const text = tone === 'late' ? late(formatElapsed(ms)) : left(formatElapsed(ms));
  const look = { late: 'num red strong', near: 'num amber strong', far: 'num' }[tone];
  return (
    <span className={look} data-due={tone}>
      {text}
    </span>
  );
}
