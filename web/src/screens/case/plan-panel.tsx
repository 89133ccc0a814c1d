/** The recovery plan: its lines, and the step that is due from this person. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { ordersQuery, useMe, usePersonName } from '../../api/queries';
import type { CaseDetail, OrderSummary, Plan, PlanLine } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { PlanStateLabel } from '../../parts/words';
import { PlanApproval } from './plan-approval';
import { choicesOf, type Edits } from './plan-choice';
import { PlanLines } from './plan-lines';
import { PlanSubmit, refreshCase } from './plan-submit';

function Standing({ plan }: { plan: Plan }) {
  const { t, moment } = useSpeech();
  const personName = usePersonName();
  const { state } = plan;
  if (state.state === 'superseded') return <p className="alert">{t.plan.superseded}</p>;
  if (state.state === 'approved') {
    return <p className="alert green">{t.plan.approvedBy(personName(state.by), moment(state.at))}</p>;
  }
  return null;
}

/** Plans anew on what is known now; a new version only when other holds follow from it. */
function Replan({ item }: { item: CaseDetail }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const { has } = useMe();
  const replan = useMutation({
    mutationFn: () => api.planCase(item.id),
    onSuccess: (plan) => {
      const same = plan.id === item.plan?.id;
      void message.success(same ? t.plan.unchanged : t.plan.replanned(plan.version));
    },
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => refreshCase(item.id),
  });
  // While a version waits for its second person it stays the latest: the server would only give it back.
  const worked = item.state.state === 'open' || item.state.state === 'filed';
  if (!has('analyst') || !worked || item.plan?.state.state === 'submitted') return null;
  return (
    <Button size="small" loading={replan.isPending} onClick={() => replan.mutate()}>
      {t.case.replan}
    </Button>
  );
}

/** The order of `plan` that was made from `line`. */
function orderOfLine(orders: readonly OrderSummary[], plan: Plan, line: PlanLine): OrderSummary | undefined {
  return orders.find(
    (order) =>
      order.plan_id === plan.id &&
      order.parent === null &&
      (order.kind === 'redemption_hold') === Boolean(line.redemption_product) &&
      order.target.institution === line.target.institution &&
      order.target.account === line.target.account,
  );
}

export function PlanPanel({ item }: { item: CaseDetail }) {
  const { t, money, moment } = useSpeech();
  const { has } = useMe();
  const [edits, setEdits] = useState<Edits>(new Map());
  const [editedVersion, setEditedVersion] = useState<number | null>(null);
  const orders = useQuery(ordersQuery({ caseId: item.id }));
  const plan = item.plan;
  if (!plan) {
    return (
      <section className="panel" aria-label={t.case.plan}>
        <header>
          <h2>{t.case.plan}</h2>
          <Replan item={item} />
        </header>
        <Blank text={t.plan.none} />
      </section>
    );
  }
  const editable = plan.state.state === 'proposed' && has('analyst');
  const choices = choicesOf(plan.lines, editable ? edits : new Map());
  return (
    <section className="panel plan-panel" aria-label={t.case.plan}>
      <header>
        <h2>{t.case.plan}</h2>
        <span className="small quiet num">
          {t.plan.version(plan.version)} · {t.flow[plan.method]} · {moment(plan.as_of)}
        </span>
        <PlanStateLabel state={plan.state.state} />
        <Replan item={item} />
      </header>
      {editable && editedVersion !== null && editedVersion !== plan.version && (
        <p className="alert amber" role="status">
          {t.plan.newer}
        </p>
      )}
      {plan.lines.length === 0 ? (
        <Blank text={t.plan.noLines} />
      ) : (
        <PlanLines
          choices={choices}
          editable={editable}
          orderOf={(line) => orderOfLine(orders.data?.items ?? [], plan, line)}
          decided={orders.isSuccess && (plan.state.state === 'submitted' || plan.state.state === 'approved')}
          onEdit={(key, edit) => {
            setEditedVersion(plan.version);
            setEdits(new Map([...edits, [key, { ...edits.get(key), ...edit }]]));
          }}
          onSelectAll={(selected) =>
            setEdits(new Map(choices.map((choice) => [choice.key, { ...edits.get(choice.key), selected }])))
          }
        />
      )}
      <div className="panel-body stack">
        {plan.out_of_reach.minor > 0 && (
          <p className="small quiet">{t.plan.outOfReach(money(plan.out_of_reach))}</p>
        )}
        <Standing plan={plan} />
        {plan.state.state === 'proposed' && plan.lines.length > 0 && (
          <PlanSubmit item={item} plan={plan} choices={choices} allowed={has('analyst')} />
        )}
        {plan.state.state === 'submitted' && <PlanApproval item={item} plan={plan} submitted={plan.state} />}
      </div>
    </section>
  );
}
