/** The second of two persons approves or declines. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { App, Button, Input } from 'antd';
import { useState } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { ordersQuery, useMe, usePersonName } from '../../api/queries';
import type { CaseDetail, HoldScope, Plan, SubmittedState } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { sumMinor } from '../../format/money';
import { useSpeech } from '../../i18n/language';
import { refreshCase } from './plan-submit';

const amountOf = (scope: HoldScope) => (scope.mode === 'whole_account' ? [] : [scope.amount]);

interface PlanApprovalProps {
  readonly item: CaseDetail;
  readonly plan: Plan;
  readonly submitted: SubmittedState;
}

export function PlanApproval({ item, plan, submitted }: PlanApprovalProps) {
  const { t, money, moment } = useSpeech();
  const { message } = App.useApp();
  const { user, has } = useMe();
  const personName = usePersonName();
  const orders = useQuery(ordersQuery({ caseId: item.id }));
  const [reason, setReason] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);
  const own = submitted.by === user?.id;
  const allowed = has('approver') && !own;
  const approve = useMutation({
    mutationFn: () => api.approvePlan(plan.id),
    onSuccess: (done) => void message.success(t.plan.approved(done.orders.length)),
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => refreshCase(item.id),
  });
  const decline = useMutation({
    mutationFn: (text: string) => api.declinePlan(plan.id, text),
    onSuccess: () => void message.success(t.plan.declined),
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => refreshCase(item.id),
  });
  const busy = approve.isPending || decline.isPending;
  const tryApprove = () => {
    if (allowed && !busy) approve.mutate();
  };
  useShortcuts(allowed ? { a: tryApprove } : {});

  const drafts = (orders.data?.items ?? []).filter(
    (order) => order.plan_id === plan.id && order.state.state === 'draft',
  );
  const whole = drafts.filter((order) => order.scope.mode === 'whole_account').length;
  const total = {
    minor: sumMinor(drafts.flatMap((order) => amountOf(order.scope))),
    currency: item.loss.currency,
  };
  return (
    <div className="stack">
      <p className={allowed ? 'alert amber' : 'alert'}>
        {t.plan.submittedBy(personName(submitted.by), moment(submitted.at))}
        {' · '}
        {own
          ? t.plan.ownPlan
          : has('approver')
            ? [t.plan.drafts(drafts.length, money(total)), whole > 0 && t.plan.wholeCount(whole)]
                .filter(Boolean)
                .join(' ')
            : t.plan.notApprover}
      </p>
      {allowed && reason === null && (
        <div className="row end-row">
          <Button onClick={() => setReason('')} disabled={busy}>
            {t.plan.decline}
          </Button>
          <Button type="primary" loading={approve.isPending} onClick={tryApprove}>
            {t.plan.approve} <kbd aria-hidden="true">A</kbd>
          </Button>
        </div>
      )}
      {allowed && reason !== null && (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setMissing(reason.trim() === '');
            if (reason.trim() !== '') decline.mutate(reason.trim());
          }}
        >
          <div className="field">
            <label htmlFor="decline-reason">{t.plan.declineReason}</label>
            <Input
              id="decline-reason"
              autoFocus
              maxLength={500}
              status={missing ? 'error' : ''}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            {missing && <div className="field-error">{t.plan.declineNeeded}</div>}
          </div>
          <div className="row end-row">
            <Button onClick={() => setReason(null)}>{t.app.cancel}</Button>
            <Button danger htmlType="submit" loading={decline.isPending}>
              {t.plan.decline}
            </Button>
          </div>
        </form>
      )}
    </div>
  );
}
