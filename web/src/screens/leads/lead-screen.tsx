/** One lead: where it stands, its report and case, related cases, and what may be done next. */

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { leadQuery, relatedQuery } from '../../api/casework-queries';
import { usePersonName } from '../../api/queries';
import type { Lead } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { CaseStateLabel, PriorityWord } from '../../parts/words';
import { LeadStepsPanel } from './lead-steps-panel';
import { LeadClock, LeadStateMark } from './lead-words';

/** How the lead ended, or that it has not. */
function Standing({ lead }: { lead: Lead }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const { state } = lead;
  if (state.state !== 'outcome_recorded') return <p className="alert amber">{t.leads.noOutcome}</p>;
  return (
    <div className="alert green">
      <p>
        <strong>
          {t.leads.outcome}: {t.outcomeKind[state.kind]}
        </strong>{' '}
        — {state.detail}
      </p>
      <p className="small">
        {t.leads.toldBy}: {state.told_by} · {t.leads.recordedBy}:{' '}
        {state.by.kind === 'user' ? person(state.by.id) : t.actor.system} · {moment(state.at)}
      </p>
    </div>
  );
}

function stateFacts(lead: Lead, t: ReturnType<typeof useSpeech>['t'], moment: (at: string) => string) {
  const { state } = lead;
  switch (state.state) {
    case 'referred':
      return [
        [t.leads.unit, state.to],
        [t.leads.referDue, moment(state.due_at)],
        [t.leads.escalated, state.escalated_at ? moment(state.escalated_at) : null],
      ] as const;
    case 'no_action':
      return [[t.leads.reason, state.reason]] as const;
    case 'merged':
      return [
        [
          t.leads.mergedInto,
          <Link key="into" to="/leads/$leadId" params={{ leadId: state.into }}>
            …{state.into.slice(-6)}
          </Link>,
        ],
      ] as const;
    case 'new':
    case 'assigned':
    case 'investigating':
    case 'outcome_recorded':
      return [] as const;
  }
}

function Origin({ lead }: { lead: Lead }) {
  const { t, moment } = useSpeech();
  return (
    <section className="panel" aria-label={t.leads.reports}>
      <header>
        <h2>{t.leads.reports}</h2>
      </header>
      <div className="panel-body">
        <Facts
          facts={[
            [
              t.leads.report,
              <Link key="report" to="/reports/$reportId" params={{ reportId: lead.report_id }}>
                {t.leads.openReport}
              </Link>,
            ],
            [
              t.leads.case,
              <Link key="case" to="/cases/$caseId" params={{ caseId: lead.case_id }} className="num">
                {lead.case_number}
              </Link>,
            ],
            [t.leads.opened, moment(lead.opened_at)],
            [t.leads.owner, lead.owner?.name ?? t.leads.noOwner],
            ...stateFacts(lead, t, moment),
          ]}
        />
      </div>
    </section>
  );
}

function Related({ caseId }: { caseId: string }) {
  const { t } = useSpeech();
  const query = useQuery(relatedQuery(caseId));
  const items = query.data?.items ?? [];
  return (
    <section className="panel" aria-label={t.leads.related}>
      <header>
        <h2>{t.leads.related}</h2>
      </header>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && <Blank text={t.leads.noRelated} />}
      <ul className="panel-list">
        {items.map((item) => (
          <li key={item.id} className="row">
            <Link to="/cases/$caseId" params={{ caseId: item.id }} className="num">
              {item.number}
            </Link>
            <CaseStateLabel state={item.state} />
            {Object.entries(item.shared).map(([what, count]) => (
              <span key={what} className="small quiet num">
                {wordOf(t.shared, what)} {count}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function LeadScreen() {
  const { leadId } = useParams({ from: '/frame/leads/$leadId' });
  const { t } = useSpeech();
  const query = useQuery(leadQuery(leadId));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const lead = query.data;
  return (
    <div className="stack" data-lead={lead.id}>
      <div className="page-head">
        <h1>
          <PriorityWord value={lead.priority} /> {t.leads.one(lead.case_number)}
        </h1>
        <LeadStateMark state={lead.state.state} />
        <LeadClock lead={lead} />
        <Link to="/audit" search={{ subject: lead.id }}>
          {t.case.proof}
        </Link>
      </div>
      <Standing lead={lead} />
      <LeadStepsPanel key={lead.state.state} lead={lead} />
      <div className="order-columns">
        <Origin lead={lead} />
        <Related caseId={lead.case_id} />
      </div>
    </div>
  );
}
