/** What the policy as a whole did, beside the other one; and the events decided otherwise. */

import type { BacktestComparison, BacktestReport, Hits } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { DecisionWord } from '../../parts/policy-words';
import { amountText, bpText, signed } from './backtest-figures';
import { ExampleLinks } from './examples';

interface Line {
  readonly label: string;
  readonly own: string;
  readonly other: string | null;
  readonly difference: string;
  /** Whether more is better, worse, or neither. */
  readonly better: 1 | -1 | 0;
  readonly by: number;
}

function useLines(report: BacktestReport): Line[] {
  const { t, locale } = useSpeech();
  const other = report.against ?? null;
  const count = (label: string, own: number, there: number | undefined, better: Line['better']): Line => ({
    label,
    own: own.toLocaleString(locale),
    other: there === undefined ? null : there.toLocaleString(locale),
    difference: there === undefined ? '' : signed(own - there, locale),
    better,
    by: own - (there ?? own),
  });
  const text = (label: string, show: (hits: Hits) => string): Line => ({
    label,
    own: show(report.stopped),
    other: other ? show(other.stopped) : null,
    difference: '',
    better: 0,
    by: 0,
  });
  const { stopped } = report;
  return [
    count(t.backtests.stopped, stopped.events, other?.stopped.events, 0),
    count(t.backtests.fraud, stopped.fraud, other?.stopped.fraud, 1),
    count(t.backtests.good, stopped.good, other?.stopped.good, -1),
    text(t.backtests.precision, (hits) => bpText(hits.precision_bp, locale)),
    text(t.backtests.recall, (hits) => bpText(hits.recall_bp, locale)),
    text(t.backtests.amount, (hits) => amountText(hits.amount_minor, locale)),
    text(t.backtests.fraudAmount, (hits) => amountText(hits.fraud_amount_minor, locale)),
    count(t.backtests.alerts, report.alerts.total, other?.alerts, 0),
  ];
}

export function ReportSummary({ report }: { report: BacktestReport }) {
  const { t } = useSpeech();
  const lines = useLines(report);
  const hasOther = Boolean(report.against);
  const tone = ({ better, by }: Line) => (by * better > 0 ? 'green' : by * better < 0 ? 'red' : '');
  return (
    <section className="panel" aria-label={t.backtests.summary}>
      <header>
        <h2>{t.backtests.summary}</h2>
      </header>
      <table className="grid summary-table">
        <thead>
          <tr>
            <th scope="col">{t.backtests.measure}</th>
            <th scope="col" className="end">
              {t.backtests.thisOne}
            </th>
            {hasOther && (
              <>
                <th scope="col" className="end">
                  {t.backtests.otherOne}
                </th>
                <th scope="col" className="end">
                  {t.backtests.difference}
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.label}>
              <th scope="row">{line.label}</th>
              <td className="end num strong">{line.own}</td>
              {hasOther && (
                <>
                  <td className="end num">{line.other}</td>
                  <td className={`end num ${tone(line)}`}>{line.difference}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Changed({ against }: { against: BacktestComparison }) {
  const { t, locale } = useSpeech();
  const changes = Object.entries(against.changed).sort(([, a], [, b]) => b.events - a.events);
  return (
    <section className="panel" aria-label={t.backtests.changed}>
      <header>
        <h2>{t.backtests.changed}</h2>
        <span className="small quiet num">
          {`${t.backtests.same(against.same.toLocaleString(locale))} · ${t.backtests.differs(against.differs.toLocaleString(locale))}`}
        </span>
      </header>
      {changes.length === 0 && <p className="panel-body quiet">{t.backtests.noChanged}</p>}
      {changes.length > 0 && (
        <table className="grid cards">
          <thead>
            <tr>
              <th scope="col">{t.backtests.change}</th>
              <th scope="col" className="end">
                {t.backtests.judged}
              </th>
              <th scope="col" className="end">
                {t.backtests.exampleKind.fraud}
              </th>
              <th scope="col" className="end">
                {t.backtests.exampleKind.good}
              </th>
              <th scope="col">{t.backtests.examples}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(([way, change]) => {
              const [before = '', after = ''] = way.split('->');
              const name = `${wordOf(t.decision, before)} → ${wordOf(t.decision, after)}`;
              return (
                <tr key={way} data-way={way}>
                  <td className="lead">
                    <span className="row" style={{ gap: 4 }}>
                      <DecisionWord value={before} /> <span aria-hidden="true">→</span>{' '}
                      <DecisionWord value={after} />
                    </span>
                  </td>
                  <td data-label={t.backtests.judged} className="end num">
                    {change.events.toLocaleString(locale)}
                  </td>
                  <td data-label={t.backtests.exampleKind.fraud} className="end num">
                    {change.fraud.toLocaleString(locale)}
                  </td>
                  <td data-label={t.backtests.exampleKind.good} className="end num">
                    {change.good.toLocaleString(locale)}
                  </td>
                  <td data-label={t.backtests.examples}>
                    <ExampleLinks examples={change.examples} name={name} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}
