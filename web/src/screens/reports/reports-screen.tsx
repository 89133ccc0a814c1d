/** Every report, newest first, by state and priority. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import { reportsQuery } from '../../api/casework-queries';
import { useMe } from '../../api/queries';
import type { ReportSummary } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { NarrowBy } from '../../parts/narrow-by';
import { Pages } from '../../parts/pages';
import { PRIORITIES } from '../../parts/priorities';
import { useRowKeys } from '../../parts/use-row-keys';
import { PriorityWord } from '../../parts/words';
import { REPORT_STATES, readReportSearch } from './report-list';

function ReportRow({ report, selected }: { report: ReportSummary; selected: boolean }) {
  const { t, moment } = useSpeech();
  const received = moment(report.received_at);
  return (
    <tr className={selected ? 'selected' : ''} data-row={report.id}>
      <td className="lead">
        <PriorityWord value={report.priority} />{' '}
        <Link
          to="/reports/$reportId"
          params={{ reportId: report.id }}
          className="num"
          aria-label={t.reportList.open(received)}
        >
          {received}
        </Link>
      </td>
      <td data-label={t.reportList.state}>
        <span className={report.state.state === 'needs_info' ? 'word amber' : 'word'}>
          {t.reportState[report.state.state]}
        </span>
      </td>
      <td data-label={t.reportList.case}>
        {report.case_id ? (
          <Link to="/cases/$caseId" params={{ caseId: report.case_id }} className="num">
            {report.case_number}
          </Link>
        ) : (
          '—'
        )}
      </td>
    </tr>
  );
}

export function ReportsScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { has } = useMe();
  const search = useSearch({ from: '/frame/reports' });
  const query = useInfiniteQuery(reportsQuery(search));
  const reports = query.data?.pages.flatMap((page) => page.items) ?? [];
  const narrow = (part: Record<string, string | undefined>) =>
    void navigate({ to: '/reports', search: readReportSearch({ ...search, ...part }) });
  const take = () => void navigate({ to: '/reports/new' });
  const { current } = useRowKeys(
    reports,
    (report) => void navigate({ to: '/reports/$reportId', params: { reportId: report.id } }),
    () => (has('analyst') ? { n: take } : {}),
  );
  return (
    <>
      <div className="page-head">
        <h1>{t.reportList.title}</h1>
        <div className="row narrow-row">
          <NarrowBy
            label={t.reportList.state}
            value={search.state}
            words={REPORT_STATES}
            texts={t.reportState}
            onChoose={(state) => narrow({ state })}
          />
          <NarrowBy
            label={t.leads.priority}
            value={search.priority}
            words={PRIORITIES}
            texts={t.priority}
            onChoose={(priority) => narrow({ priority })}
          />
        </div>
        {has('analyst') && (
          <Button type="primary" onClick={take}>
            {t.hotline.title} <kbd aria-hidden="true">N</kbd>
          </Button>
        )}
      </div>
      <section className="panel" aria-label={t.reportList.title}>
        <Pages query={query} count={reports.length} empty={t.reportList.empty}>
          <table className="grid cards report-table">
            <thead>
              <tr>
                {[t.reportList.received, t.reportList.state, t.reportList.case].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {reports.map((report) => (
                <ReportRow key={report.id} report={report} selected={report.id === current?.id} />
              ))}
            </tbody>
          </table>
        </Pages>
      </section>
    </>
  );
}
