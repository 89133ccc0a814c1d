/** A backtest: how far it is, then what it found. */

import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { backtestQuery } from '../../api/policy-queries';
import type { BacktestDetail, BacktestReport } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { VersionLink } from '../../parts/policy-words';
import { BacktestStateLine, CancelButton } from './backtest-state';
import { ReportAlerts } from './report-alerts';
import { OverlapTable, RuleTable, RulesetTable } from './report-rules';
import { Changed, ReportSummary } from './report-summary';

function Facts({ backtest }: { backtest: BacktestDetail }) {
  const { t, locale, moment } = useSpeech();
  const { report } = backtest;
  const number = new Intl.NumberFormat(locale);
  return (
    <dl className="panel inline-facts decision-facts">
      <div>
        <dt>{t.backtests.policy}</dt>
        <dd>
          <VersionLink hash={backtest.policy} />
        </dd>
      </div>
      {backtest.against && (
        <div>
          <dt>{t.backtests.against}</dt>
          <dd>
            <VersionLink hash={backtest.against} />
          </dd>
        </div>
      )}
      <div>
        <dt>{t.backtests.range}</dt>
        <dd className="range">
          <span className="num">{moment(backtest.from)}</span> –{' '}
          <span className="num">{moment(backtest.to)}</span>
        </dd>
      </div>
      {report && (
        <>
          <div>
            <dt>{t.backtests.judged}</dt>
            <dd className="num">{number.format(report.events_judged)}</dd>
          </div>
          <div>
            <dt>{t.backtests.labelled}</dt>
            <dd className="num">
              {t.backtests.labelledText(
                number.format(report.labelled.fraud),
                number.format(report.labelled.good),
              )}
            </dd>
          </div>
        </>
      )}
    </dl>
  );
}

function Report({ report }: { report: BacktestReport }) {
  const { t, locale } = useSpeech();
  return (
    <div className="stack report">
      {report.events_unfit > 0 && (
        <p className="alert amber">{t.backtests.unfit(report.events_unfit.toLocaleString(locale))}</p>
      )}
      <div className="report-top">
        <ReportSummary report={report} />
        <ReportAlerts alerts={report.alerts} />
      </div>
      {report.against && <Changed against={report.against} />}
      <RuleTable rules={report.rules} />
      <RulesetTable rulesets={report.rulesets} />
      <OverlapTable report={report} />
    </div>
  );
}

export function BacktestScreen() {
  const { t } = useSpeech();
  const { id } = useParams({ from: '/frame/backtests/$id' });
  const query = useQuery(backtestQuery(id));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const backtest = query.data;
  return (
    <>
      <div className="page-head">
        <h1>{t.backtests.report}</h1>
        <span role="status">
          <BacktestStateLine backtest={backtest} />
        </span>
        <CancelButton backtest={backtest} />
      </div>
      <Facts backtest={backtest} />
      {backtest.report && <Report report={backtest.report} />}
    </>
  );
}
