/** The first of two persons puts orders forward. */

import { useMutation } from '@tanstack/react-query';
import { App, Button, Checkbox, Input, type InputRef } from 'antd';
import { useRef, useState } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { queryClient } from '../../api/queries';
import type { CaseDetail, Plan } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { problemsOf, submissionOf, type Choice, type Particulars } from './plan-choice';

/** The desk's own authority is the same for every case: kept for the next one. */
const STORED_BODY = 'stanch.authority';

interface PlanSubmitProps {
  readonly item: CaseDetail;
  readonly plan: Plan;
  readonly choices: readonly Choice[];
  readonly allowed: boolean;
}

/** Reads a case and everything shown beside it again. */
export function refreshCase(caseId: string): void {
  for (const queryKey of [['case', caseId], ['trace', caseId], ['audit', caseId], ['orders'], ['cases']]) {
    void queryClient.invalidateQueries({ queryKey });
  }
}

export function PlanSubmit({ item, plan, choices, allowed }: PlanSubmitProps) {
  const { t, money } = useSpeech();
  const { message } = App.useApp();
  const bodyInput = useRef<InputRef>(null);
  const referenceInput = useRef<InputRef>(null);
  const [tried, setTried] = useState(false);
  const [form, setForm] = useState<Particulars>(() => ({
    body: localStorage.getItem(STORED_BODY) ?? '',
    reference: '',
    // Triage rule: money that moved less than 2 h ago is stopped first, paperwork after.
    emergency: item.priority === 'p0',
    reason: t.plan.causeDefault,
  }));
  const submit = useMutation({
    mutationFn: () => api.submitPlan(plan.id, submissionOf(choices, form)),
    onSuccess: (done) => {
      localStorage.setItem(STORED_BODY, form.body.trim());
      void message.success(t.plan.submitted(done.orders.length));
    },
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => refreshCase(item.id),
  });
  const problems = problemsOf(choices, form);
  const trySubmit = () => {
    if (!allowed || submit.isPending) return;
    setTried(true);
    if (problems.length === 0) submit.mutate();
    else if (problems.includes('body')) bodyInput.current?.focus();
    else if (problems.includes('reference')) referenceInput.current?.focus();
  };
  useShortcuts(allowed ? { s: trySubmit } : {});
  if (!allowed) return <p className="alert">{t.plan.notAnalyst}</p>;

  const chosen = choices.filter((choice) => choice.selected);
  const minor = chosen.reduce((sum, choice) => sum + (choice.minor ?? 0n), 0n);
  const shows = (problem: (typeof problems)[number]) => tried && problems.includes(problem);
  return (
    <form
      className="plan-form"
      onSubmit={(event) => {
        event.preventDefault();
        trySubmit();
      }}
    >
      <Checkbox
        checked={form.emergency}
        onChange={(event) => setForm({ ...form, emergency: event.target.checked })}
      >
        {t.plan.emergency}
      </Checkbox>
      <div className="plan-fields">
        <div className="field">
          <label htmlFor="authority-body">{t.plan.body}</label>
          <Input
            ref={bodyInput}
            id="authority-body"
            maxLength={140}
            status={shows('body') ? 'error' : ''}
            value={form.body}
            onChange={(event) => setForm({ ...form, body: event.target.value })}
          />
          {shows('body') && <div className="field-error">{t.plan.bodyNeeded}</div>}
        </div>
        <div className="field">
          <label htmlFor="authority-reference">{t.plan.reference}</label>
          <Input
            ref={referenceInput}
            id="authority-reference"
            maxLength={64}
            status={shows('reference') ? 'error' : ''}
            value={form.reference}
            onChange={(event) => setForm({ ...form, reference: event.target.value })}
          />
          {shows('reference') && <div className="field-error">{t.plan.referenceNeeded}</div>}
        </div>
        <div className="field">
          <label htmlFor="cause">{t.plan.cause}</label>
          <Input
            id="cause"
            maxLength={500}
            status={shows('reason') ? 'error' : ''}
            value={form.reason}
            onChange={(event) => setForm({ ...form, reason: event.target.value })}
          />
          {shows('reason') && <div className="field-error">{t.plan.causeNeeded}</div>}
        </div>
      </div>
      <div role="alert">
        {shows('lines') && <p className="alert red">{t.plan.linesNeeded}</p>}
        {shows('amounts') && <p className="alert red">{t.plan.holdTooMuch}</p>}
        {shows('fund') && <p className="alert red">{t.plan.fundNeedsAuthority}</p>}
      </div>
      <div className="row spread">
        <span className="num">
          {t.plan.chosen(chosen.length, money({ minor, currency: plan.out_of_reach.currency }))}
        </span>
        <Button type="primary" htmlType="submit" loading={submit.isPending}>
          {t.plan.submit} <kbd aria-hidden="true">S</kbd>
        </Button>
      </div>
    </form>
  );
}
