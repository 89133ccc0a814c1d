import type { AnswerOutcome, OrderState } from '../api/types';
import { TimeLeft } from '../clock/golden-clock';
import { msOf } from '../format/time';
import { useSpeech } from '../i18n/language';

/** What an institution answered, in one line. */
export function OutcomeText({ outcome }: { outcome: AnswerOutcome }) {
  const { t, money } = useSpeech();
  const details = [
    'receipt' in outcome && `${t.orders.receipt} ${outcome.receipt}`,
    'held' in outcome && outcome.held && money(outcome.held),
    'reason' in outcome && t.refusal[outcome.reason],
    'detail' in outcome && outcome.detail,
  ].filter(Boolean);
  return (
    <>
      {t.outcome[outcome.outcome]}
      {details.length > 0 && <span className="quiet num"> {details.join(' · ')}</span>}
    </>
  );
}

/**
 * What an order's state carries beside its word: held amount, time left, reason of a refusal. A state of the `past`
 * tells the end that it had instead of the time that is left.
 */
export function StateFacts({ state, past = false }: { state: OrderState; past?: boolean }) {
  const { t, money, moment } = useSpeech();
  if (state.state === 'active') {
    const expires = msOf(state.expires_at);
    return (
      <span className="small">
        <strong className="num green">{money(state.held)}</strong>{' '}
        {expires !== null && (
          <span className="quiet">
            {past ? t.orders.until(moment(state.expires_at)) : <TimeLeft at={expires} />}
            {state.extensions > 0 && ` · ${t.orders.extended(state.extensions)}`}
          </span>
        )}
      </span>
    );
  }
  if (state.state === 'refused') {
    return (
      <span className="small red">{[t.refusal[state.reason], state.detail].filter(Boolean).join(' · ')}</span>
    );
  }
  if (state.state === 'failed') return <span className="small red">{state.detail}</span>;
  if (state.state === 'acked') {
    return (
      <span className="small quiet num">
        {t.orders.receipt} {state.receipt}
      </span>
    );
  }
  if ('held' in state && state.held) return <strong className="small num green">{money(state.held)}</strong>;
  return null;
}
