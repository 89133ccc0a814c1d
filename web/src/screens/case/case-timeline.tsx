import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { auditQuery } from '../../api/queries';
import type { CaseDetail } from '../../api/types';
import { MARKS } from '../../clock/golden';
import { msOf } from '../../format/time';
import { useSpeech, wordOf } from '../../i18n/language';
import { useActorText } from '../../parts/actor';

interface Moment {
  readonly key: string;
  readonly at: number;
  readonly text: string;
  readonly who: string;
  readonly mark: boolean;
  readonly seq: number | null;
}

/** What happened, from the audit record and the marks of the clock; newest first. */
export function CaseTimeline({ item }: { item: CaseDetail }) {
  const { t, locale } = useSpeech();
  const actorText = useActorText();
  const query = useQuery(auditQuery(item.id));
  const clock = item.clock;
  const times = [clock.transfer_at, clock.report_at, clock.trace_at, clock.order_sent_at, clock.executed_at];
  const marks = MARKS.flatMap((name, index): Moment[] => {
    const at = msOf(times[index]);
    return at === null
      ? []
      : [{ key: name, at, text: `${name} ${t.clock[name]}`, who: '', mark: true, seq: null }];
  });
  const entries = (query.data?.items ?? []).map((entry): Moment => ({
    key: `${entry.seq}`,
    at: msOf(entry.at) ?? 0,
    text: wordOf(t.auditAction, entry.action),
    who: actorText(entry.actor),
    mark: false,
    seq: entry.seq,
  }));
  const moments = [...marks, ...entries].sort((a, b) => b.at - a.at || Number(a.mark) - Number(b.mark));
  const time = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (
    <section className="panel" aria-label={t.case.timeline}>
      <header>
        <h2>{t.case.timeline}</h2>
      </header>
      {moments.length === 0 && <p className="blank">{t.case.noTimeline}</p>}
      <ol className="timeline">
        {moments.map((moment) => (
          <li key={moment.key} className={moment.mark ? 'milestone' : ''}>
            <span className="num small quiet">{time.format(moment.at)}</span>
            <span>{moment.text}</span>
            {moment.seq === null ? (
              <span />
            ) : (
              <Link className="small num" to="/audit" search={{ subject: item.id, seq: moment.seq }}>
                #{moment.seq}
              </Link>
            )}
            {moment.who && <span className="who small quiet">{moment.who}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
