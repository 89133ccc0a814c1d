/** What speaks against this very subject: one to sixteen things, each with its time. */

import { Button } from 'antd';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { ChoiceField, TextField } from '../../parts/form-field';
import type { SignalKind } from '../../api/types';
import { localOf } from '../backtests/backtest-figures';
import { SIGNALS_MAX, idOf, type SignalDraft } from './impose-draft';
import type { Impose } from './use-impose';

const DETAIL_MAX = 500;

export function SignalFields({ form }: { form: Impose }) {
  const { t } = useSpeech();
  const { signals } = form.draft;
  const set = (next: readonly SignalDraft[]) => form.change({ signals: next });
  const change = (index: number, part: Partial<SignalDraft>) =>
    set(signals.map((signal, at) => (at === index ? { ...signal, ...part } : signal)));
  const wrong = form.wrong('signals');
  return (
    <fieldset className="signal-fields" id={idOf('signals')} tabIndex={-1}>
      <legend>{t.measures.signals}</legend>
      <p className="small quiet">{t.measures.signalHint}</p>
      {signals.map((signal, index) => (
        <div key={index} className="signal-row" role="group" aria-label={t.measures.signal(index + 1)}>
          <ChoiceField<SignalKind>
            id={`impose-signal-kind-${index}`}
            label={t.measures.signalKindLabel}
            wrong={null}
            value={signal.kind}
            choices={Object.entries(t.signalKind) as [SignalKind, string][]}
            onChange={(kind) => change(index, { kind })}
          />
          <TextField
            id={idOf(`signal${index}`)}
            label={t.measures.signalDetail}
            wrong={form.wrong(`signal${index}`)}
            max={DETAIL_MAX}
            value={signal.detail}
            onChange={(detail) => change(index, { detail })}
          />
          <TextField
            id={`impose-signal-seen-${index}`}
            label={t.measures.signalSeen}
            wrong={null}
            type="datetime-local"
            max={32}
            value={signal.seenAt}
            onChange={(seenAt) => change(index, { seenAt })}
          />
          {signals.length > 1 && (
            <Button
              aria-label={t.measures.removeSignal(index + 1)}
              onClick={() => set(signals.filter((_, at) => at !== index))}
            >
              ×
            </Button>
          )}
        </div>
      ))}
      {wrong && <div className="field-error">{wrong}</div>}
      {signals.length < SIGNALS_MAX && (
        <Button
          onClick={() => set([...signals, { kind: 'report', detail: '', seenAt: localOf(serverNow()) }])}
        >
          {t.measures.addSignal}
        </Button>
      )}
    </fieldset>
  );
}
