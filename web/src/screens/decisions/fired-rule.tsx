/** A rule that fired: its reason, the conditions that held with what they saw, and what would have stopped it. */

import { useSpeech, wordOf } from '../../i18n/language';
import { DecisionWord, VersionLink } from '../../parts/policy-words';
import { CodePiece } from '../../policy/code';
import { valueText, type FiredRule } from '../../policy/explanation';

export function FiredRulePanel({ rule, policy }: { rule: FiredRule; policy: string }) {
  const { t, language, locale } = useSpeech();
  const words = { yes: t.app.yes, no: t.app.no, missing: t.decisions.missing };
  return (
    <article className="panel fired-rule" aria-label={rule.rule} data-fired={rule.rule}>
      <header>
        <h2 className="mono">{rule.rule}</h2>
        <span className="small quiet">{t.decisions.asks}</span>
        <DecisionWord value={rule.decision} />
        {rule.score !== 0 && <span className="num small quiet">{`${t.decisions.score} ${rule.score}`}</span>}
      </header>
      <div className="panel-body stack">
        <p className="reason">{rule.reason[language]}</p>
        <div>
          <h3>{t.decisions.because}</h3>
          <ul className="because">
            {rule.because.map((because) => (
              <li key={because.condition}>
                <CodePiece text={because.condition} />
                {because.saw.length > 0 && (
                  <dl className="saw">
                    {because.saw.map((saw) => (
                      <div key={saw.operand}>
                        <dt className="mono">{saw.operand}</dt>
                        <dd className="num">{valueText(saw.value, locale, words)}</dd>
                      </div>
                    ))}
                  </dl>
                )}
              </li>
            ))}
          </ul>
        </div>
        {rule.flips.length > 0 && (
          <div>
            <h3>{t.decisions.flips}</h3>
            <ul className="flips">
              {rule.flips.map((flip) => (
                <li key={flip.operand} data-flip>
                  {flip.text[language]}
                </li>
              ))}
            </ul>
          </div>
        )}
        <p className="small quiet rule-foot">
          <span>{`${t.decisions.owner} ${rule.owner}`}</span>
          {rule.typologies.map((typology) => (
            <span key={typology}>{wordOf(t.typology, typology)}</span>
          ))}
          <span>
            {t.decisions.ruleInPolicy} <VersionLink hash={policy} rule={rule.rule} />
          </span>
        </p>
      </div>
    </article>
  );
}
