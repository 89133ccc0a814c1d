import type { AnswerOutcome, OrderState, RefusalReason } from '../api/types';
import { TimeLeft } from '../clock/golden-clock';
import { msOf } from '../format/time';
import { useSpeech, wordOf } from '../i18n/language';

/** What an institution answered, in one line. */
export function OutcomeText({ outcome }: { outcome: AnswerOutcome }) {
  const { t, money } = useSpeech();
  const details = [
    outcome.receipt && `${t.orders.receipt} ${outcome.receipt}`,
    outcome.held && money(outcome.held),
    outcome.reason && t.refusal[outcome.reason],
    outcome.detail,
  ].filter(Boolean);
  return (
    <>
      {t.outcome[outcome.outcome]}
      {details.length > 0 && <span className="quiet num"> {details.join(' · ')}</span>}
    </>
  );
}

/** What an order's state carries beside its word: held amount, time left, reason of a refusal. */
export function StateFacts({ state }: { state: OrderState }) {
  const { t, money } = useSpeech();
  const expires = msOf(state.expires_at);
  if (state.state === 'active') {
    return (
      <span className="small">
        {state.held && <strong className="num green">{money(state.held)}</strong>}{' '}
        {expires !== null && <span className="quiet">{<TimeLeft at={expires} />}</span>}
      </span>
    );
  }
  if (state.state === 'refused') {
    const reason = state.reason ? wordOf(t.refusal, state.reason as RefusalReason) : '';
    return <span className="small red">{[reason, state.detail].filter(Boolean).join(' · ')}</span>;
  }
  if (state.state === 'failed') return <span className="small red">{state.detail}</span>;
  if (state.state === 'acked' && state.receipt) {
    return (
      <span className="small quiet num">
        {t.orders.receipt} {state.receipt}
      </span>
    );
  }
  if (state.held) return <strong className="small num green">{money(state.held)}</strong>;
  return null;
}
