/** One case: clocks, money flow, plan with approval, orders with answers, report, timeline. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { App, Button } from 'antd';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { caseQuery, queryClient, useMe } from '../../api/queries';
import type { CaseDetail } from '../../api/types';
import { GoldenClockFull } from '../../clock/golden-clock';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { CaseStateLabel, PriorityWord } from '../../parts/words';
import { CaseOrders } from './case-orders';
import { CaseStepsPanel } from './case-steps-panel';
import { CaseTimeline } from './case-timeline';
import { CaseSeizures } from './case-seizures';
import { CaseNotes, CaseTasks } from './case-work';
import { FlowPanel } from './flow-panel';
import { PlanPanel } from './plan-panel';
import { ReportPanel } from './report-panel';

function CaseHead({ item }: { item: CaseDetail }) {
  const { t, money } = useSpeech();
  const { message } = App.useApp();
  const { user, has } = useMe();
  const take = useMutation({
    mutationFn: () => api.assign(item.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['case', item.id] }),
    onError: (error) => void message.error(sayError(error, t)),
  });
  const facts: [string, CaseDetail['loss'], string][] = [
    [t.case.loss, item.totals.loss, ''],
    [t.case.traced, item.totals.traced, ''],
    [t.case.held, item.totals.held, item.totals.held.minor > 0 ? 'green' : ''],
    [t.case.outOfReach, item.totals.out_of_reach, ''],
  ];
  return (
    <>
      <div className="page-head case-head">
        <div className="row case-name">
          <PriorityWord value={item.priority} />
          <h1 className="num">{t.case.title(item.number)}</h1>
          <CaseStateLabel state={item.state} />
        </div>
        <div className="row">
          <span className="quiet">{t.desk.assigned}</span>
          <span>{item.assigned_to ? item.assigned_to.name : t.desk.unassigned}</span>
          {has('analyst') && item.assigned_to?.id !== user?.id && (
            <Button size="small" loading={take.isPending} onClick={() => take.mutate()}>
              {t.case.take}
            </Button>
          )}
          {has('analyst') && (
            <Link to="/measures/new" search={{ case: item.id }}>
              {t.measures.impose}
            </Link>
          )}
          <Link to="/cases/$caseId/evidence" params={{ caseId: item.id }}>
            {t.evidence.title}
          </Link>
          {item.lead && (
            <Link to="/leads/$leadId" params={{ leadId: item.lead.id }}>
              {t.reports.lead}: {t.leadState[item.lead.state.state]}
            </Link>
          )}
          <Link to="/audit" search={{ subject: item.id }}>
            {t.case.proof}
          </Link>
        </div>
      </div>
      <section className="panel case-summary">
        <GoldenClockFull clock={item.clock} />
        <dl className="totals in-panel" data-held={item.totals.held.minor}>
          {facts.map(([label, amount, tone]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd className={`num ${tone}`}>{money(amount)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </>
  );
}

export function CaseScreen() {
  const { t } = useSpeech();
  const { caseId } = useParams({ from: '/frame/cases/$caseId' });
  const query = useQuery(caseQuery(caseId));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const item = query.data;
  return (
    <div className="case">
      <CaseHead item={item} />
      <div className="case-columns">
        <div className="case-work">
          <FlowPanel caseId={caseId} />
          <PlanPanel key={item.plan?.id ?? 'none'} item={item} />
          <CaseOrders caseId={caseId} />
        </div>
        <div className="case-side">
          {item.report && <ReportPanel report={item.report} matched={item.victim_payments.length} />}
          <CaseStepsPanel key={item.state.state} item={item} />
          <CaseTasks caseId={caseId} />
          <CaseNotes caseId={caseId} />
          <CaseSeizures caseId={caseId} />
          <CaseTimeline item={item} />
        </div>
      </div>
    </div>
  );
}
