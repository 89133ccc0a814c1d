/** A script that the event's exchange is in: stage, what helps best, and the cues it rests on. */

import { useSpeech, wordOf } from '../../i18n/language';
import { roughly, type ScriptSight } from '../../policy/script-sight';

/** The stages as a row of marks: those passed, the one at hand, those to come. */
function Stages({ sight }: { sight: ScriptSight }) {
  return (
    <ol className="script-stages" aria-hidden="true">
      {Array.from({ length: sight.stages }, (_, at) => (
        <li key={at} className={at + 1 === sight.stage ? 'now' : at + 1 < sight.stage ? 'past' : ''} />
      ))}
    </ol>
  );
}

export function ScriptPanel({ sight }: { sight: ScriptSight }) {
  const { t, language, locale, moment } = useSpeech();
  const words = t.decisions.script;
  const { unit, n } = roughly(sight.inStageSecs);
  const length = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(n);
  const share = new Intl.NumberFormat(locale, { style: 'percent' }).format(sight.confidence);
  return (
    <article className="panel fired-rule" aria-label={sight.title[language]} data-script={sight.script}>
      <header>
        <h2>{sight.title[language]}</h2>
        <span className="word">{words.stage(sight.stage, sight.stages)}</span>
        <span className="small quiet">{sight.stageTitle[language]}</span>
      </header>
      <div className="panel-body stack">
        <Stages sight={sight} />
        <p className="small quiet num">{words.since(share, moment(sight.entered), length)}</p>
        <div className="script-card" role="note">
          <p className="reason">{sight.card[language]}</p>
          <p className="small">
            {sight.acts.map((act) => (
              <span key={act} className="word">
                {wordOf(words.act, act)}
              </span>
            ))}
          </p>
        </div>
        <div>
          <h3>{words.evidence}</h3>
          <ul className="because">
            {sight.evidence.map((cue) => (
              <li key={cue.cue}>
                <span className="mono">{cue.cue}</span>{' '}
                <span className="small quiet num">{words.cue(cue.stage, moment(cue.first))}</span>{' '}
                {cue.here && <span className="word">{words.here}</span>}
                {cue.spans.length > 0 && (
                  <span className="small quiet">
                    {' '}
                    {cue.spans.map((span) => `${span.field}: ${span.says}`).join(', ')}
                  </span>
                )}
              </li>
            ))}
          </ul>
        </div>
      </div>
    </article>
  );
}
