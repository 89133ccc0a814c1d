/** The golden hour on screen: one running number, and the five marks. */

import { formatDay, formatElapsed } from '../format/time';
import { useSpeech } from '../i18n/language';
import { readClock, type CaseClock, type Mark } from './golden';
import { useNow } from './ticker';

const HOUR_MS = 3_600_000;
/** Beyond a day the clock no longer asks for haste. */
const CALM_AFTER_MS = 24 * HOUR_MS;

/** For a row of the queue: elapsed time and which marks are reached. */
export function GoldenClockBrief({ clock }: { clock: CaseClock }) {
  const { t } = useSpeech();
  const read = readClock(clock, useNow());
  const last = read.marks.findLast((mark) => mark.state === 'done');
  return (
    <span className="clock-brief">
      <span
        className={`clock-elapsed num ${read.stopped ? 'green' : read.elapsed > CALM_AFTER_MS ? 'quiet' : 'amber'}`}
      >
        {formatElapsed(read.elapsed)}
      </span>
      <span className="clock-dots" aria-hidden="true">
        {read.marks.map((mark) => (
          <i key={mark.name} className={mark.state} />
        ))}
      </span>
      <span className="small quiet">{last ? `${last.name} ${t.clock[last.name]}` : ''}</span>
    </span>
  );
}

function MarkCell({ mark }: { mark: Mark }) {
  const { t, clock, locale } = useSpeech();
  return (
    <li className={`mark ${mark.state}`}>
      <span className="mark-name">
        <span className="mono">{mark.name}</span> {t.clock[mark.name]}
      </span>
      <span className="mark-value num">
        {mark.state === 'waiting' || mark.sinceStart === null
          ? '—'
          : mark.name === 't0'
            ? clock(mark.at ?? 0)
            : `+${formatElapsed(mark.sinceStart)}`}
      </span>
      <span className="small quiet num">
        {mark.state === 'running' && t.clock.running}
        {mark.state === 'waiting' && t.clock.waiting}
        {mark.state === 'done' &&
          mark.at !== null &&
          (mark.name === 't0' ? formatDay(mark.at, locale) : clock(mark.at))}
      </span>
    </li>
  );
}

/** For the head of a case. */
export function GoldenClockFull({ clock }: { clock: CaseClock }) {
  const { t } = useSpeech();
  const read = readClock(clock, useNow());
  const share = Math.min(1, read.elapsed / HOUR_MS);
  return (
    <section className="golden" aria-label={t.clock.title}>
      <div
        className={`golden-now ${read.stopped ? 'green' : read.elapsed > CALM_AFTER_MS ? 'quiet' : 'amber'}`}
      >
        <span className="small">{read.stopped ? t.clock.took : t.clock.elapsed}</span>
        <strong className="num">{formatElapsed(read.elapsed)}</strong>
        <span className="golden-track" aria-hidden="true">
          <span style={{ width: `${share * 100}%` }} />
        </span>
      </div>
      <ol className="marks">
        {read.marks.map((mark) => (
          <MarkCell key={mark.name} mark={mark} />
        ))}
      </ol>
    </section>
  );
}

/** Time left until `at`, running. */
export function TimeLeft({ at }: { at: number }) {
  const { t } = useSpeech();
  return <span className="num">{t.clock.left(formatElapsed(at - useNow()))}</span>;
}
