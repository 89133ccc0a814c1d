import { useNow } from '../../clock/ticker';
import type { Appeal } from '../../api/types';
import { formatElapsed } from '../../format/time';
import { useSpeech } from '../../i18n/language';
import { nextDeadline } from './appeal-queue';

/** Amber in the last quarter of a day, red when it is past. */
const NEAR_MS = 6 * 3_600_000;

/** The clock of what must happen next to an appeal. */
export function DeadlineClock({ appeal }: { appeal: Appeal }) {
  const { t } = useSpeech();
  const now = useNow();
  const due = nextDeadline(appeal);
  if (!due) return <span className="quiet">—</span>;
  const left = due.at - now;
  const kind = t.deadlineKind[due.kind];
  if (left < 0)
    return <span className="num red strong">{t.appeals.overdue(kind, formatElapsed(-left))}</span>;
  return (
    <span className={left < NEAR_MS ? 'num amber strong' : 'num'}>
      {t.appeals.left(kind, formatElapsed(left))}
    </span>
  );
}
