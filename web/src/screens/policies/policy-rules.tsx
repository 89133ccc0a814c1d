/** The rules of a version with a filter; each leads to its text and to where it fired. */

import { Link } from '@tanstack/react-router';
import { Input } from 'antd';
import { useState } from 'react';
import type { PolicyOutline, RuleOutline } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { DecisionWord } from '../../parts/policy-words';

/** Whether a rule has all words of `text` somewhere: in its name, text, owner or typologies (by their words too). */
export function matchesRule(rule: RuleOutline, text: string, typology: (word: string) => string): boolean {
  const typologies = rule.typologies.flatMap((word) => [word, typology(word)]);
  const haystack = [rule.name, rule.doc, rule.owner, ...rule.events, ...typologies].join(' ').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

export function PolicyRules({
  hash,
  outline,
  rule: chosen,
}: {
  hash: string;
  outline: PolicyOutline;
  rule: string | undefined;
}) {
  const { t } = useSpeech();
  const [filter, setFilter] = useState(chosen ?? '');
  const rules = outline.rules.filter((rule) => matchesRule(rule, filter, (word) => wordOf(t.typology, word)));
  return (
    <>
      <div className="panel-body row spread">
        <label className="rule-filter">
          <span className="visually-hidden">{t.policies.filter}</span>
          <Input
            allowClear
            value={filter}
            placeholder={`${t.policies.filter}: ${t.policies.filterHint}`}
            onChange={(event) => setFilter(event.target.value)}
          />
        </label>
        <span className="small quiet num" role="status">
          {t.policies.ruleCount(rules.length)}
        </span>
      </div>
      {rules.length === 0 && <Blank text={t.policies.noMatch} />}
      {rules.length > 0 && (
        <table className="grid cards rule-table">
          <thead>
            <tr>
              <th scope="col">{t.declaration.rule}</th>
              <th scope="col">{t.decisions.asks}</th>
              <th scope="col" className="end">
                {t.decisions.score}
              </th>
              <th scope="col">{t.policies.onEvents}</th>
              <th scope="col">{t.policies.owner}</th>
              <th scope="col">
                <span className="visually-hidden">{t.policies.fired}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr key={rule.name} data-rule={rule.name} className={rule.name === chosen ? 'selected' : ''}>
                <td className="lead rule-cell">
                  <Link
                    to="/policies/$hash"
                    params={{ hash }}
                    search={{ tab: 'files', file: rule.at.path, line: rule.at.line }}
                    className="mono"
                  >
                    {rule.name}
                  </Link>
                  <span className="small quiet">{rule.doc}</span>
                  <span className="small quiet">
                    {rule.typologies.map((word) => wordOf(t.typology, word)).join(' · ')}
                  </span>
                </td>
                <td data-label={t.decisions.asks}>
                  <DecisionWord value={rule.decision} />
                </td>
                <td data-label={t.decisions.score} className="end num">
                  {rule.score}
                </td>
                <td data-label={t.policies.onEvents} className="mono">
                  {rule.events.join(', ')}
                </td>
                <td data-label={t.policies.owner}>{rule.owner}</td>
                <td className="bare end">
                  <Link to="/decisions" search={{ rule: rule.name }} className="small">
                    {t.policies.fired}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
