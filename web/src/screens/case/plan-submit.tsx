/** The first of two persons puts orders forward. */

import { useMutation } from '@tanstack/react-query';
import { App, Button, Checkbox, type InputRef } from 'antd';
import { useRef, useState } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { queryClient } from '../../api/queries';
import type { CaseDetail, Plan } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { AuthorityFields, storeBody, storedBody } from '../../parts/authority-fields';
import { problemsOf, submissionOf, type Choice, type Particulars } from './plan-choice';

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
    body: storedBody(),
    reference: '',
    // Triage rule: money that moved less than 2 h ago is stopped first, paperwork after.
    emergency: item.priority === 'p0',
    reason: t.plan.causeDefault,
  }));
  const submit = useMutation({
    mutationFn: () => api.submitPlan(plan.id, submissionOf(choices, form)),
    onSuccess: (done) => {
      storeBody(form.body);
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
  const whole = chosen.filter((choice) => choice.whole !== null);
  const limited = chosen.filter((choice) => choice.whole === null);
  const minor = limited.reduce((sum, choice) => sum + (choice.minor ?? 0n), 0n);
  const needed = { body: t.plan.bodyNeeded, reference: t.plan.referenceNeeded, reason: t.plan.causeNeeded };
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
      <AuthorityFields
        value={form}
        onChange={(change) => setForm({ ...form, ...change })}
        problem={(field) => (shows(field) ? needed[field] : null)}
        bodyRef={bodyInput}
        referenceRef={referenceInput}
      />
      <div role="alert">
        {shows('lines') && <p className="alert red">{t.plan.linesNeeded}</p>}
        {shows('amounts') && <p className="alert red">{t.plan.holdTooMuch}</p>}
        {shows('whole') && <p className="alert red">{t.plan.wholeNeeded}</p>}
        {shows('fund') && <p className="alert red">{t.plan.fundNeedsAuthority}</p>}
      </div>
      <div className="row spread">
        <span className="chosen">
          {t.plan.chosen(chosen.length, money({ minor, currency: plan.out_of_reach.currency }))}
          {whole.length > 0 && ` ${t.plan.wholeCount(whole.length)}`}
        </span>
        <Button type="primary" htmlType="submit" loading={submit.isPending}>
          {t.plan.submit} <kbd aria-hidden="true">S</kbd>
        </Button>
      </div>
    </form>
  );
}
