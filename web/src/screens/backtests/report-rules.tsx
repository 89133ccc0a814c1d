/** What each rule set and each rule did, and which rules fire together. */

import { useState } from 'react';
import type { BacktestReport, Hits, RuleReport } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { DecisionWord } from '../../parts/policy-words';
import { amountText, bpText, overlapMatrix, sortRules, type RuleSort } from './backtest-figures';
import { ExampleLinks } from './examples';

/** Rules in the matrix of overlaps. */
const MATRIX_RULES = 12;
const SORTS: readonly RuleSort[] = ['fired', 'fraud', 'good', 'name'];

/** The cells that rules and rule sets share. */
function HitCells({ hits }: { hits: Hits }) {
  const { t, locale } = useSpeech();
  return (
    <>
      <td data-label={t.backtests.fired} className="end num">
        {hits.events.toLocaleString(locale)}
      </td>
      <td data-label={t.backtests.fraud} className="end num">
        {hits.fraud.toLocaleString(locale)}
      </td>
      <td data-label={t.backtests.good} className={hits.good > 0 ? 'end num red' : 'end num'}>
        {hits.good.toLocaleString(locale)}
      </td>
      <td data-label={t.backtests.precision} className="end num">
        {bpText(hits.precision_bp, locale)}
      </td>
      <td data-label={t.backtests.amountHit} className="end num">
        {amountText(hits.amount_minor, locale)}
      </td>
    </>
  );
}

function HitHeads() {
  const { t } = useSpeech();
  const { fired, fraud, good, precision, amountHit } = t.backtests;
  return [fired, fraud, good, precision, amountHit].map((label) => (
    <th key={label} scope="col" className="end">
      {label}
    </th>
  ));
}

export function RulesetTable({ rulesets }: { rulesets: BacktestReport['rulesets'] }) {
  const { t, locale } = useSpeech();
  return (
    <section className="panel" aria-label={t.backtests.rulesets}>
      <header>
        <h2>{t.backtests.rulesets}</h2>
      </header>
      <table className="grid cards">
        <thead>
          <tr>
            <th scope="col">{t.backtests.ruleset}</th>
            <HitHeads />
            <th scope="col" className="end">
              {t.backtests.amount}
            </th>
            <th scope="col" className="end">
              {t.backtests.alerts}
            </th>
            <th scope="col">{t.backtests.examples}</th>
          </tr>
        </thead>
        <tbody>
          {rulesets.map((set) => (
            <tr key={set.ruleset} data-ruleset={set.ruleset}>
              <td className="lead mono">{set.ruleset}</td>
              <HitCells hits={set} />
              <td data-label={t.backtests.amount} className="end num">
                {amountText(set.stopped.amount_minor, locale)}
              </td>
              <td data-label={t.backtests.alerts} className="end num">
                <span>
                  {set.alerts.toLocaleString(locale)}
                  {set.alerts > 0 && (
                    <span className="small quiet day-most">
                      {t.backtests.alertsMax(set.alerts_a_day_max.toLocaleString(locale))}
                    </span>
                  )}
                </span>
              </td>
              <td data-label={t.backtests.examples}>
                <ExampleLinks examples={set.examples} name={set.ruleset} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RuleRow({ rule }: { rule: RuleReport }) {
  const { t, locale } = useSpeech();
  return (
    <tr data-rule={rule.rule}>
      <td className="lead rule-cell">
        <span className="mono">{rule.rule}</span>
        <span className="small quiet">{rule.owner}</span>
      </td>
      <td data-label={t.backtests.asks}>
        <DecisionWord value={rule.decision} />
      </td>
      <HitCells hits={rule} />
      <td data-label={t.backtests.alone} className="end num">
        {rule.alone.toLocaleString(locale)}
      </td>
      <td data-label={t.backtests.fraudAlone} className="end num">
        {rule.fraud_alone.toLocaleString(locale)}
      </td>
      <td data-label={t.backtests.examples}>
        <ExampleLinks examples={rule.examples} name={rule.rule} />
      </td>
    </tr>
  );
}

export function RuleTable({ rules }: { rules: readonly RuleReport[] }) {
  const { t } = useSpeech();
  const [sort, setSort] = useState<RuleSort>('fired');
  const [all, setAll] = useState(false);
  const quiet = rules.filter((rule) => rule.events === 0).length;
  const shown = sortRules(all ? rules : rules.filter((rule) => rule.events > 0), sort);
  return (
    <section className="panel" aria-label={t.backtests.rules}>
      <header>
        <h2>{t.backtests.rules}</h2>
        {quiet > 0 && (
          <label className="small">
            <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />{' '}
            {t.backtests.quiet(quiet)}
          </label>
        )}
        <label className="row small">
          {t.backtests.sortBy}
          <select
            className="select"
            value={sort}
            onChange={(event) => setSort(SORTS.find((word) => word === event.target.value) ?? 'fired')}
          >
            {SORTS.map((word) => (
              <option key={word} value={word}>
                {t.backtests.sorts[word]}
              </option>
            ))}
          </select>
        </label>
      </header>
      {shown.length === 0 && <p className="panel-body quiet">{t.backtests.noExamples}</p>}
      {shown.length > 0 && (
        <table className="grid cards">
          <thead>
            <tr>
              <th scope="col">{t.backtests.rule}</th>
              <th scope="col">{t.backtests.asks}</th>
              <HitHeads />
              <th scope="col" className="end">
                {t.backtests.alone}
              </th>
              <th scope="col" className="end">
                {t.backtests.fraudAlone}
              </th>
              <th scope="col">{t.backtests.examples}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((rule) => (
              <RuleRow key={rule.rule} rule={rule} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** A cell's ground: the stronger, the more events. */
function heat(count: number, most: number): string {
  const share = Math.round((count / Math.max(1, most)) * 100);
  return `color-mix(in srgb, var(--accent-ground) ${share}%, var(--surface))`;
}

export function OverlapTable({ report }: { report: BacktestReport }) {
  const { t, locale } = useSpeech();
  const fired = new Map(report.rules.map((rule) => [rule.rule, rule.events]));
  const { rules, cells, most } = overlapMatrix(report.overlap, fired, MATRIX_RULES);
  return (
    <section className="panel" aria-label={t.backtests.overlap}>
      <header>
        <h2>{t.backtests.overlap}</h2>
        <span className="small quiet">{t.backtests.overlapHint}</span>
      </header>
      {rules.length === 0 && <p className="panel-body quiet">{t.backtests.noOverlap}</p>}
      {rules.length > 0 && (
        <div className="scroll-x" role="group" aria-label={t.backtests.overlapHint} tabIndex={0}>
          <table className="matrix">
            <thead>
              <tr>
                <td />
                {rules.map((rule, index) => (
                  <th key={rule} scope="col" title={rule}>
                    <span aria-hidden="true">{index + 1}</span>
                    <span className="visually-hidden">{rule}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rules.map((rule, row) => (
                <tr key={rule}>
                  <th scope="row" className="mono">
                    <span className="quiet">{row + 1}</span> {rule}
                  </th>
                  {cells[row]?.map((count, column) => (
                    <td
                      key={rules[column]}
                      className={row === column ? 'own num' : 'num'}
                      style={row === column ? {} : { background: heat(count, most) }}
                    >
                      {count === 0 ? <span className="quiet">·</span> : count.toLocaleString(locale)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
