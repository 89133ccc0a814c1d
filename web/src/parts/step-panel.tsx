/** The steps that may be taken now, each with the words it needs. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState, type ReactNode } from 'react';
import { refreshCasework } from '../api/casework-queries';
import { refusedFields, sayError } from '../api/problem';
import { useShortcuts } from '../app/shortcuts';
import { useSpeech } from '../i18n/language';
import { TextField } from './form-field';
import { missingWords, type StepOffer, type StepWords } from './step-fields';

interface StepFormProps<S extends string> {
  /** Begins the ids of its fields. */
  readonly prefix: string;
  readonly offer: StepOffer<S>;
  readonly send: (step: S, words: StepWords) => Promise<unknown>;
  readonly onClose: () => void;
}

function StepForm<S extends string>({ prefix, offer, send, onClose }: StepFormProps<S>) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [words, setWords] = useState<StepWords>({});
  const [tried, setTried] = useState(false);
  const take = useMutation({
    mutationFn: () => send(offer.step, words),
    onSuccess: () => {
      void message.success(t.steps.saved);
      onClose();
    },
    onSettled: refreshCasework,
  });
  const missing = missingWords(offer.fields, words);
  const refused = refusedFields(take.error).map(({ pointer }) => pointer.slice(1));
  const idOf = (name: string) => `${prefix}-${name}`;
  return (
    <form
      className="stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const [first] = missing;
        if (first) document.getElementById(idOf(first))?.focus();
        else if (!take.isPending) take.mutate();
      }}
    >
      {offer.note && <p className="small quiet">{offer.note}</p>}
      {offer.fields.map(({ name, label, hint, lines, max, needed }) => (
        <TextField
          key={name}
          id={idOf(name)}
          label={label}
          hint={hint}
          wrong={
            (tried && missing.includes(name)) || refused.includes(name)
              ? (needed ?? t.steps.needed(max))
              : null
          }
          lines={lines}
          max={max}
          value={words[name] ?? ''}
          onChange={(text) => {
            setWords({ ...words, [name]: text });
            take.reset();
          }}
        />
      ))}
      <div role="alert">
        {take.isError && refused.length === 0 && <p className="alert red">{sayError(take.error, t)}</p>}
      </div>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" danger={offer.danger ?? false} htmlType="submit" loading={take.isPending}>
          {offer.label}
        </Button>
      </div>
    </form>
  );
}

interface StepPanelProps<S extends string> extends Omit<StepFormProps<S>, 'offer' | 'onClose'> {
  readonly title: string;
  readonly offers: readonly StepOffer<S>[];
  /** Whether the key A begins the first step. */
  readonly byKey?: boolean;
  readonly children?: ReactNode;
}

export function StepPanel<S extends string>({
  prefix,
  title,
  offers,
  byKey = false,
  send,
  children,
}: StepPanelProps<S>) {
  const [open, setOpen] = useState<S | null>(null);
  const [first] = offers;
  const offer = offers.find(({ step }) => step === open);
  const begin = (step: S) => setOpen(step);
  useShortcuts(byKey && first && !offer ? { a: () => begin(first.step) } : {});
  return (
    <section className="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="panel-body stack">
        {children}
        {offer ? (
          <StepForm
            key={offer.step}
            prefix={prefix}
            offer={offer}
            send={send}
            onClose={() => setOpen(null)}
          />
        ) : (
          offers.length > 0 && (
            <div className="row end-row">
              {[...offers].reverse().map(({ step, label }) => (
                <Button
                  key={step}
                  data-step={step}
                  type={byKey && step === first?.step ? 'primary' : 'default'}
                  onClick={() => begin(step)}
                >
                  {label} {byKey && step === first?.step && <kbd aria-hidden="true">A</kbd>}
                </Button>
              ))}
            </div>
          )
        )}
      </div>
    </section>
  );
}
