/** The life of an entity in decisions: by day, latest first, with what was read about it then. */

import { Link } from '@tanstack/react-router';
import type { StoredDecision } from '../../api/types';
import { formatClock, msOf } from '../../format/time';
import { useSpeech } from '../../i18n/language';
import { DecisionWord } from '../../parts/policy-words';
import { firedRules } from '../../policy/explanation';
import { scriptSights } from '../../policy/script-sight';
import { LateWord, RuleNames } from './decision-table';

interface Day {
  readonly day: string;
  readonly items: StoredDecision[];
}

/** Runs of one day, in the order given. */
export function byDay(items: readonly StoredDecision[], dayOf: (ms: number) => string): Day[] {
  const days: Day[] = [];
  for (const item of items) {
    const day = dayOf(msOf(item.occurred_at) ?? 0);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}

function Entry({ item, selected }: { item: StoredDecision; selected: boolean }) {
  const { t, language, locale } = useSpeech();
  const sights = scriptSights(item.explanation);
  const reason = firedRules(item.explanation)[0]?.reason[language];
  return (
    <li
      data-event={item.event_id}
      data-tone={item.decision}
      className={selected ? 'selected' : ''}
      aria-current={selected ? 'true' : undefined}
    >
      <time className="num" dateTime={item.occurred_at}>
        {formatClock(msOf(item.occurred_at) ?? 0, locale)}
      </time>
      <i aria-hidden="true" />
      <div className="entry">
        <div className="row">
          <DecisionWord value={item.decision} />
          <LateWord decision={item} />
          <span className="mono">{item.kind}</span>
          <Link to="/decisions/$eventId" params={{ eventId: item.event_id }} className="mono event-id">
            {item.event_id}
          </Link>
        </div>
        {reason && <p>{reason}</p>}
        {sights.length > 0 && (
          <p className="small">
            {sights.map((sight) => (
              <span key={sight.script} className="word">
                {`${sight.title[language]}: ${t.decisions.script.stage(sight.stage, sight.stages)}`}
              </span>
            ))}
          </p>
        )}
        {item.rules.length > 0 && (
          <p className="small quiet">
            <RuleNames rules={item.rules} />
          </p>
        )}
      </div>
    </li>
  );
}

export function EntityTimeline({
  items,
  selected,
}: {
  items: readonly StoredDecision[];
  selected: string | null;
}) {
  const { locale } = useSpeech();
  const format = new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'short',
  });
  return (
    <div className="entity-timeline">
      {byDay(items, (ms) => format.format(ms)).map(({ day, items: entries }) => (
        <section key={`${day}${entries[0]?.event_id ?? ''}`} aria-label={day}>
          <h3>{day}</h3>
          <ol>
            {entries.map((item) => (
              <Entry key={item.event_id} item={item} selected={item.event_id === selected} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}
