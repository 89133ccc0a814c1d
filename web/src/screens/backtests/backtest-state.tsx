/** How far a backtest is. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { policyApi } from '../../api/policy-endpoints';
import { backtestQuery, backtestsQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { queryClient, useMe } from '../../api/queries';
import type { Backtest, BacktestProgress } from '../../api/types';
import { formatElapsed, msOf } from '../../format/time';
import { useSpeech } from '../../i18n/language';
import { shareText } from './backtest-figures';

function tone(state: Backtest['state']['state']): string {
  switch (state) {
    case 'queued':
    case 'running':
      return 'amber';
    case 'failed':
      return 'red';
    case 'done':
      return 'green';
    case 'cancelled':
      return '';
  }
}

function ProgressLine({ progress }: { progress: BacktestProgress }) {
  const { t, locale } = useSpeech();
  const { events, events_total: total, resumed_events: resumed } = progress;
  const known = total ?? null;
  return (
    <span className="small num progress-line">
      <progress
        aria-label={t.backtestState.running}
        {...(known === null ? {} : { max: Math.max(1, known), value: events })}
      />{' '}
      {known === null
        ? t.backtests.counting
        : t.backtests.progress(
            shareText(events, known, locale),
            events.toLocaleString(locale),
            known.toLocaleString(locale),
          )}
      {resumed > 0 && ` · ${t.backtests.resumed(resumed.toLocaleString(locale))}`}
    </span>
  );
}

export function BacktestStateLine({ backtest }: { backtest: Backtest }) {
  const { t } = useSpeech();
  const { state, progress } = backtest;
  return (
    <span className="row backtest-state" data-state={state.state}>
      <span className={`word ${tone(state.state)}`}>{t.backtestState[state.state]}</span>
      {state.state === 'running' && progress && <ProgressLine progress={progress} />}
      {state.state === 'done' && (
        <span className="small quiet num">
          {t.backtests.took(formatElapsed((msOf(state.at) ?? 0) - (msOf(state.since) ?? 0)))}
        </span>
      )}
      {state.state === 'failed' && (
        <span className="small red" lang="en">
          {state.why}
        </span>
      )}
    </span>
  );
}

/** Calls a backtest off that is not over. */
export function CancelButton({ backtest }: { backtest: Backtest }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const { writesPolicies } = useMe();
  const cancel = useMutation({
    mutationFn: () => policyApi.cancelBacktest(backtest.id),
    onSuccess: () => void message.success(t.backtests.cancelled),
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: backtestsQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: backtestQuery(backtest.id).queryKey });
    },
  });
  const isOver = backtest.state.state !== 'queued' && backtest.state.state !== 'running';
  if (isOver || !writesPolicies) return null;
  return (
    <Button size="small" loading={cancel.isPending} onClick={() => cancel.mutate()}>
      {t.backtests.cancel}
    </Button>
  );
}
