/** Which version is tried on which events, and against what. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { App, Button, Input } from 'antd';
import { useState, type ReactNode } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { backtestsQuery, deploymentQuery, policiesQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { queryClient } from '../../api/queries';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { shortHash } from '../../policy/version-state';
import { instantOf, localOf } from './backtest-figures';

/** The range that is offered first; it ends with the minute at hand, so that what just arrived is in it. */
const RANGE_MS = 30 * 86_400_000;
const MINUTE_MS = 60_000;
const LIVE = 'live';

interface Wish {
  readonly policy: string;
  readonly against: string;
  readonly from: string;
  readonly to: string;
  readonly capacity: string;
}

type Problem = 'policy' | 'range' | 'capacity';

/** Why a wish cannot be asked for. */
export function problemOfWish({ policy, from, to, capacity }: Wish): Problem | null {
  const [first, last] = [instantOf(from), instantOf(to)];
  if (policy === '') return 'policy';
  if (first === null || last === null || first >= last) return 'range';
  return /^\d{0,9}$/.test(capacity.trim()) ? null : 'capacity';
}

function Field({
  id,
  label,
  wrong,
  children,
}: {
  id: string;
  label: string;
  wrong?: string;
  children: ReactNode;
}) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {wrong && <div className="field-error">{wrong}</div>}
    </div>
  );
}

export function StartForm() {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const { data: versions } = useQuery(policiesQuery);
  const { data: deployment } = useQuery(deploymentQuery);
  const [typed, setTyped] = useState<Partial<Wish>>({});
  const [now] = useState(serverNow);
  const [problem, setProblem] = useState<Problem | null>(null);
  const items = versions?.items ?? [];
  const wish: Wish = {
    policy: items[0]?.hash ?? '',
    against: deployment?.live ? LIVE : '',
    from: localOf(now - RANGE_MS),
    to: localOf(now + MINUTE_MS),
    capacity: '',
    ...typed,
  };
  const set = (key: keyof Wish) => (event: { target: { value: string } }) =>
    setTyped({ ...typed, [key]: event.target.value });
  const start = useMutation({
    mutationFn: () =>
      policyApi.requestBacktest({
        policy: wish.policy,
        from: instantOf(wish.from) ?? '',
        to: instantOf(wish.to) ?? '',
        ...(wish.against ? { against: wish.against } : {}),
        ...(wish.capacity.trim() ? { capacity_a_day: Number(wish.capacity) } : {}),
      }),
    onSuccess: ({ id }) => {
      void queryClient.invalidateQueries({ queryKey: backtestsQuery.queryKey });
      void message.success(t.backtests.asked);
      void navigate({ to: '/backtests/$id', params: { id } });
    },
    onError: (error) => void message.error(sayError(error, t)),
  });
  const wrong = (of: Problem) => (problem === of ? { wrong: t.backtests.wrong[of] } : {});
  const options = items.map((version) => (
    <option key={version.hash} value={version.hash}>
      {`${shortHash(version.hash)} ${version.note}`}
    </option>
  ));
  return (
    <form
      className="panel start-form"
      aria-label={t.backtests.start}
      onSubmit={(event) => {
        event.preventDefault();
        const found = problemOfWish(wish);
        setProblem(found);
        if (found === null && !start.isPending) start.mutate();
      }}
    >
      <Field id="bt-policy" label={t.backtests.policy} {...wrong('policy')}>
        <select id="bt-policy" className="select" value={wish.policy} onChange={set('policy')}>
          {options}
        </select>
      </Field>
      <Field id="bt-against" label={t.backtests.against}>
        <select id="bt-against" className="select" value={wish.against} onChange={set('against')}>
          <option value="">{t.backtests.againstNone}</option>
          {deployment?.live && <option value={LIVE}>{t.backtests.againstLive}</option>}
          {options}
        </select>
      </Field>
      <Field id="bt-from" label={t.backtests.from} {...wrong('range')}>
        <input
          id="bt-from"
          type="datetime-local"
          className="select"
          value={wish.from}
          onChange={set('from')}
        />
      </Field>
      <Field id="bt-to" label={t.backtests.to}>
        <input id="bt-to" type="datetime-local" className="select" value={wish.to} onChange={set('to')} />
      </Field>
      <Field id="bt-capacity" label={t.backtests.capacity} {...wrong('capacity')}>
        <Input
          id="bt-capacity"
          inputMode="numeric"
          placeholder={t.backtests.capacityHint}
          value={wish.capacity}
          onChange={set('capacity')}
        />
      </Field>
      <div className="filter-end">
        <Button type="primary" htmlType="submit" loading={start.isPending}>
          {t.backtests.run}
        </Button>
      </div>
    </form>
  );
}
