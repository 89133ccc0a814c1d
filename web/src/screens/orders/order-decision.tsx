/** What is due on an order that is not signed yet: the second person's word, or taking it back. */

import { useMutation } from '@tanstack/react-query';
import { App, Button, Input } from 'antd';
import { useState } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { queryClient, useMe } from '../../api/queries';
import type { OrderDetail } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { decisionsOn } from './order-steps';

function refreshOrder(order: OrderDetail): void {
  for (const queryKey of [['order'], ['orders'], ['case', order.case_id], ['audit', order.id], ['cases']])
    void queryClient.invalidateQueries({ queryKey });
}

function Withdrawal({ order, onClose }: { order: OrderDetail; onClose: () => void }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const withdraw = useMutation({
    mutationFn: () => api.withdrawOrder(order.id, reason.trim()),
    onSuccess: () => void message.success(t.orderState.withdrawn),
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => refreshOrder(order),
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setMissing(reason.trim() === '');
        if (reason.trim() !== '' && !withdraw.isPending) withdraw.mutate();
      }}
    >
      <div className="field">
        <label htmlFor="withdraw-reason">{t.orders.withdrawReason}</label>
        <Input
          id="withdraw-reason"
          autoFocus
          maxLength={500}
          status={missing ? 'error' : ''}
          aria-invalid={missing}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {missing && <div className="field-error">{t.orders.withdrawNeeded}</div>}
      </div>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button danger htmlType="submit" loading={withdraw.isPending}>
          {t.orders.withdraw}
        </Button>
      </div>
    </form>
  );
}

export function OrderDecision({ order }: { order: OrderDetail }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const { user, has } = useMe();
  const [withdrawing, setWithdrawing] = useState(false);
  const may = decisionsOn(order, { id: user?.id ?? '', has });
  const approve = useMutation({
    mutationFn: () => api.approveOrder(order.id),
    onSuccess: () => void message.success(t.plan.approved(1)),
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => refreshOrder(order),
  });
  const tryApprove = () => {
    if (may.approve && !approve.isPending) approve.mutate();
  };
  useShortcuts(may.approve ? { a: tryApprove } : {});
  if (order.state.state !== 'draft' && !may.withdraw) return null;
  return (
    <section className="panel order-due" aria-label={t.orders.due}>
      <div className="panel-body stack">
        {order.state.state === 'draft' && (
          <p className={may.approve ? 'alert amber' : 'alert'}>
            {may.own ? t.orders.ownDraft : may.approve ? t.orders.approveAsk : t.plan.waitApprover}
          </p>
        )}
        {withdrawing && may.withdraw ? (
          <Withdrawal order={order} onClose={() => setWithdrawing(false)} />
        ) : (
          (may.withdraw || may.approve) && (
            <div className="row end-row">
              {may.withdraw && (
                <Button disabled={approve.isPending} onClick={() => setWithdrawing(true)}>
                  {t.orders.withdraw}
                </Button>
              )}
              {may.approve && (
                <Button type="primary" loading={approve.isPending} onClick={tryApprove}>
                  {t.plan.approve} <kbd aria-hidden="true">A</kbd>
                </Button>
              )}
            </div>
          )
        )}
      </div>
    </section>
  );
}
