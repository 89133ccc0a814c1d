/** A lead's state with the colour of its meaning, and the clock of what it waits for. */

import type { Lead, LeadStateWord } from '../../api/types';
import { useNow } from '../../clock/ticker';
import { formatElapsed, msOf } from '../../format/time';
import { useSpeech } from '../../i18n/language';
import { DueClock } from '../../parts/due-clock';
import { answerDue, hasEnded } from './lead-list';

/** A day before another unit must have answered. */
const NEAR_MS = 86_400_000;

export function LeadStateMark({ state }: { state: LeadStateWord }) {
  const { t } = useSpeech();
  const tone = state === 'outcome_recorded' ? 'green' : state === 'new' ? 'amber' : '';
  return (
    <span className={`word ${tone}`} data-lead-state={state}>
      {t.leadState[state]}
    </span>
  );
}

/** What is waited for: another unit's answer, or the outcome. */
export function LeadClock({ lead }: { lead: Lead }) {
  const { t } = useSpeech();
  const now = useNow();
  const due = answerDue(lead);
  if (due !== null)
    return <DueClock at={due} nearMs={NEAR_MS} left={t.leads.answerIn} late={t.leads.answerLate} />;
  if (hasEnded(lead)) return <span className="quiet">—</span>;
  return (
    <span className="num quiet">{t.leads.openFor(formatElapsed(now - (msOf(lead.opened_at) ?? now)))}</span>
  );
}
