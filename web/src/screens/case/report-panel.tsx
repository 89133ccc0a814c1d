import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Report } from '../../api/types';
import { maskName, maskPhone } from '../../format/mask';
import { useSpeech } from '../../i18n/language';
import { Account } from '../../parts/account';

/** A piece of personal data, masked until the reader asks. */
function Private({ value, masked }: { value: string; masked: string }) {
  const { t } = useSpeech();
  const [shown, setShown] = useState(false);
  return (
    <button
      type="button"
      className="plain-button private num"
      aria-pressed={shown}
      title={shown ? t.app.hide : t.app.reveal}
      onClick={() => setShown(!shown)}
    >
      {shown ? value : masked}
    </button>
  );
}

/** What the victim told; `matched`: how many of the payments the institutions know, on the page of a case. */
export function ReportPanel({ report, matched }: { report: Report; matched: number | null }) {
  const { t, money, moment } = useSpeech();
  const { content, received_at } = report;
  const { reporter } = content;
  const dangers = [
    content.still_paying && t.case.stillPaying,
    content.still_in_contact && t.case.stillInContact,
    content.remote_controlled && t.case.remoteControlled,
  ].filter((text): text is string => typeof text === 'string');
  return (
    <section className="panel" aria-label={t.case.report}>
      <header>
        <h2>{t.case.report}</h2>
        <span className="small quiet num">{moment(received_at)}</span>
        {matched !== null && (
          <Link to="/reports/$reportId" params={{ reportId: report.id }}>
            {t.reports.open}
          </Link>
        )}
      </header>
      <div className="panel-body stack">
        {dangers.length > 0 && (
          <ul className="alert red dangers">
            {dangers.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
        <p className="narrative">{content.narrative}</p>
        <dl className="facts">
          <dt>{t.case.reporter}</dt>
          <dd>
            {reporter.name ? <Private value={reporter.name} masked={maskName(reporter.name)} /> : '—'}{' '}
            <span className="quiet">{t.relation[reporter.relation]}</span>
          </dd>
          <dt>{t.case.phone}</dt>
          <dd>
            {reporter.phone ? <Private value={reporter.phone} masked={maskPhone(reporter.phone)} /> : '—'}
          </dd>
          {content.contact_channel && (
            <>
              <dt>{t.case.contactChannel}</dt>
              <dd>{content.contact_channel}</dd>
            </>
          )}
          {content.counterpart && (
            <>
              <dt>{t.case.counterpart}</dt>
              <dd>{content.counterpart}</dd>
            </>
          )}
          {content.contacted_at && (
            <>
              <dt>{t.case.contacted}</dt>
              <dd className="num">{moment(content.contacted_at)}</dd>
            </>
          )}
          <dt>{t.case.reportState}</dt>
          <dd>{t.reportState[report.state.state]}</dd>
          <dt>{t.case.consent}</dt>
          <dd>{t.consent[content.consent]}</dd>
        </dl>
        <div>
          <h3>{t.case.payments}</h3>
          {matched !== null && (
            <p className="small quiet">{t.case.matched(matched, content.payments.length)}</p>
          )}
          <ul className="told">
            {content.payments.map((payment, index) => (
              <li key={payment.tx_id ?? index}>
                <span className="row spread">
                  <span className="num quiet small">{moment(payment.occurred_at)}</span>
                  <strong className="num">{money(payment.amount)}</strong>
                </span>
                <span className="told-way">
                  <span className="quiet small">{t.case.paidFrom}</span> <Account value={payment.from} />
                </span>
                <span className="told-way">
                  <span className="quiet small">{t.case.paidTo}</span> <Account value={payment.to} />
                </span>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </section>
  );
}
