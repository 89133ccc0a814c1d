import { useMutation } from '@tanstack/react-query';
import { App, Button, Input } from 'antd';
import { useState } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { queryClient } from '../../api/queries';
import type { OrderDetail } from '../../api/types';
import { formatPlain } from '../../format/money';
import { useSpeech } from '../../i18n/language';
import { AuthorityFields, storeBody, storedBody } from '../../parts/authority-fields';
import { ChoiceRow } from '../../parts/choice-row';
import { WHOLE_REASON_MAX } from '../../parts/whole-reason';
import {
  followProblems,
  followRequest,
  freezeMax,
  type FollowForm,
  type FollowKind,
  type FollowProblem,
} from './order-steps';

interface FreezeScopeProps {
  readonly form: FollowForm;
  readonly onChange: (change: Partial<FollowForm>) => void;
  readonly shows: (problem: FollowProblem) => boolean;
}

/** How much the freeze holds: a limited amount unless somebody says why that does not do. */
function FreezeScope({ form, onChange, shows }: FreezeScopeProps) {
  const { t } = useSpeech();
  const amountProblem = shows('amount') ? t.plan.holdBad : shows('too_much') ? t.orders.freezeTooMuch : null;
  return (
    <div className="freeze-scope">
      <ChoiceRow<'limited' | 'whole'>
        label={t.orders.freezeScope}
        value={form.whole === null ? 'limited' : 'whole'}
        onChange={(scope) => onChange({ whole: scope === 'whole' ? '' : null })}
        choices={[
          ['limited', t.plan.limited],
          ['whole', t.orders.whole],
        ]}
      />
      {form.whole === null ? (
        <div className="field">
          <label htmlFor="freeze-amount">{t.orders.freezeAmount}</label>
          <Input
            id="freeze-amount"
            className="num"
            inputMode="decimal"
            status={amountProblem ? 'error' : ''}
            aria-invalid={amountProblem !== null}
            aria-describedby={amountProblem ? 'freeze-amount-problem' : undefined}
            value={form.amount}
            onChange={(event) => onChange({ amount: event.target.value })}
          />
          {amountProblem && (
            <div id="freeze-amount-problem" className="field-error">
              {amountProblem}
            </div>
          )}
        </div>
      ) : (
        <div className="field">
          <label htmlFor="freeze-whole">{t.plan.wholeReason}</label>
          <Input
            id="freeze-whole"
            maxLength={WHOLE_REASON_MAX}
            status={shows('whole') ? 'error' : ''}
            aria-invalid={shows('whole')}
            aria-describedby="freeze-whole-hint"
            value={form.whole}
            onChange={(event) => onChange({ whole: event.target.value })}
          />
          <div id="freeze-whole-hint" className={shows('whole') ? 'field-error' : 'small quiet'}>
            {t.plan.wholeHint}
          </div>
        </div>
      )}
    </div>
  );
}

interface FollowUpFormProps {
  readonly order: OrderDetail;
  readonly kind: FollowKind;
  readonly onClose: () => void;
}

/** Drafts what follows an active order; a second person approves it. */
export function FollowUpForm({ order, kind, onClose }: FollowUpFormProps) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [tried, setTried] = useState(false);
  const [form, setForm] = useState<FollowForm>(() => {
    const max = freezeMax(order);
    return {
      body: order.authority?.body ?? storedBody(),
      reference: '',
      reason: '',
      amount: max ? formatPlain(max) : '',
      whole: null,
    };
  });
  const draft = useMutation({
    mutationFn: () => api.draftOrder(followRequest(kind, order, form)),
    onSuccess: () => {
      storeBody(form.body);
      void message.success(t.orders.drafted);
      onClose();
    },
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => {
      for (const queryKey of [['order', order.id], ['orders'], ['audit', order.id], ['case', order.case_id]])
        void queryClient.invalidateQueries({ queryKey });
    },
  });
  const problems = followProblems(kind, order, form);
  const shows = (problem: FollowProblem) => tried && problems.includes(problem);
  const needed = {
    body: t.orders.bodyNeeded,
    reference: t.orders.referenceNeeded,
    reason: t.plan.causeNeeded,
  };
  const change = (part: Partial<FollowForm>) => setForm({ ...form, ...part });
  return (
    <form
      className="stack follow-form"
      aria-label={t.orderKind[kind]}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (problems.length === 0 && !draft.isPending) draft.mutate();
      }}
    >
      <p className="small quiet">{t.orders.effect[kind]}</p>
      {kind === 'freeze' && <FreezeScope form={form} onChange={change} shows={shows} />}
      <AuthorityFields
        value={form}
        onChange={change}
        problem={(field) => (shows(field) ? needed[field] : null)}
      />
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={draft.isPending}>
          {t.orders.draftFollow}
        </Button>
      </div>
    </form>
  );
}
