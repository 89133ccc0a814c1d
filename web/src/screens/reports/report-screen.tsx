/** One report: what was told, what came with it and after it, and the lead and case it became. */

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { reportQuery } from '../../api/casework-queries';
import { useMe, usePersonName } from '../../api/queries';
import type { Report } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { PriorityWord } from '../../parts/words';
import { ReportPanel } from '../case/report-panel';
import { AttachForm } from './attach-form';
import { ATTACHMENTS_MAX } from './attachment-file';
import { ReportStepsPanel } from './report-steps-panel';

function Standing({ report }: { report: Report }) {
  const { t, money } = useSpeech();
  const { state } = report;
  const leadId = state.state === 'lead_opened' ? state.lead_id : null;
  return (
    <section className="panel">
      <div className="panel-body">
        <Facts
          facts={[
            [t.case.reportState, t.reportState[state.state]],
            [
              t.reports.lead,
              leadId ? (
                <Link key="lead" to="/leads/$leadId" params={{ leadId }}>
                  …{leadId.slice(-6)}
                </Link>
              ) : null,
            ],
            [
              t.reports.case,
              report.case_id ? (
                <Link key="case" to="/cases/$caseId" params={{ caseId: report.case_id }} className="num">
                  {report.case_number}
                </Link>
              ) : null,
            ],
            [t.reportSteps.prevented, report.prevented ? money(report.prevented.amount) : null],
            [t.reports.asked, state.state === 'needs_info' ? state.question : null],
            [t.reports.reason, state.state === 'not_fraud' || state.state === 'closed' ? state.reason : null],
            [t.reports.answer, state.state === 'closed' ? state.answer : null],
          ]}
        />
      </div>
    </section>
  );
}

function Attachments({ report }: { report: Report }) {
  const { t, moment } = useSpeech();
  const { has } = useMe();
  const mayOpen = has('analyst') || has('approver');
  const mayAdd =
    has('analyst') && report.state.state !== 'closed' && report.attachments.length < ATTACHMENTS_MAX;
  return (
    <section className="panel" aria-label={t.reports.attachments}>
      <header>
        <h2>{t.reports.attachments}</h2>
      </header>
      {report.attachments.length === 0 && <Blank text={t.reports.noAttachments} />}
      <ul className="panel-list">
        {report.attachments.map((file) => (
          <li key={file.sha256} className="row">
            {mayOpen ? (
              <a href={`/v1/reports/${report.id}/attachment?sha256=${file.sha256}`} download>
                {file.file_name}
              </a>
            ) : (
              <span>{file.file_name}</span>
            )}
            <span className="quiet small num">{Math.ceil(file.size_bytes / 1024)} kB</span>
            <span className="quiet small num">{moment(file.received_at)}</span>
            <span className="mono quiet">SHA-256 {file.sha256.slice(0, 16)}…</span>
          </li>
        ))}
      </ul>
      {mayAdd && (
        <div className="panel-body">
          <AttachForm reportId={report.id} count={report.attachments.length} />
        </div>
      )}
    </section>
  );
}

function Additions({ report }: { report: Report }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  return (
    <section className="panel" aria-label={t.reports.additions}>
      <header>
        <h2>{t.reports.additions}</h2>
      </header>
      {report.additions.length === 0 && <Blank text={t.reports.noAdditions} />}
      <ul className="panel-list">
        {report.additions.map((addition) => (
          <li key={addition.at + addition.text}>
            <p className="said">{addition.text}</p>
            <p className="small quiet">
              {addition.by.kind === 'user' ? person(addition.by.id) : t.actor[addition.by.kind]} ·{' '}
              <span className="num">{moment(addition.at)}</span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function ReportScreen() {
  const { reportId } = useParams({ from: '/frame/reports/$reportId' });
  const { t, moment } = useSpeech();
  const query = useQuery(reportQuery(reportId));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const report = query.data;
  return (
    <div className="stack" data-report={report.id}>
      <div className="page-head">
        <h1>
          <PriorityWord value={report.priority} /> {t.reports.title}{' '}
          <span className="num quiet">{moment(report.received_at)}</span>
        </h1>
        <Link to="/audit" search={{ subject: report.id }}>
          {t.case.proof}
        </Link>
      </div>
      <div className="order-columns">
        <ReportPanel report={report} matched={null} />
        <div className="stack">
          <Standing report={report} />
          <ReportStepsPanel key={report.state.state} report={report} />
          <Attachments report={report} />
          <Additions report={report} />
        </div>
      </div>
    </div>
  );
}
