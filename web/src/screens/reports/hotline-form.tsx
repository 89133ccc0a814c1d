/** What is asked of a caller, in the order that a caller can answer. */

import { Button, Checkbox } from 'antd';
import type { KeyboardEvent, ReactNode } from 'react';
import type { Consent, Relation } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { ChoiceField, TextField } from '../../parts/form-field';
import { CHANNEL_MAX, COUNTERPART_MAX, NARRATIVE_MAX, idOf } from './hotline-draft';
import { HotlinePayments } from './hotline-payments';
import type { Hotline } from './use-hotline';

interface StageProps {
  readonly nth: number;
  readonly title: string;
  /** What to say to the caller. */
  readonly ask: string;
  readonly children: ReactNode;
}

function Stage({ nth, title, ask, children }: StageProps) {
  return (
    <section className="panel" aria-label={title}>
      <header>
        <h2>
          <span className="stage-number num">{nth}</span> {title}
        </h2>
      </header>
      <div className="panel-body stack">
        <p className="ask">{ask}</p>
        {children}
      </div>
    </section>
  );
}

function Dangers({ form }: { form: Hotline }) {
  const { t } = useSpeech();
  const dangers = [
    ['stillPaying', t.hotline.tellPaying],
    ['stillInContact', t.hotline.tellContact],
    ['remoteControlled', t.hotline.tellRemote],
  ] as const;
  const told = dangers.filter(([name]) => form.draft[name]);
  return (
    <>
      <div className="row danger-row">
        {dangers.map(([name]) => (
          <Checkbox
            key={name}
            id={`hotline-${name}`}
            checked={form.draft[name]}
            onChange={(event) => form.change({ [name]: event.target.checked })}
          >
            {t.hotline[name]}
          </Checkbox>
        ))}
      </div>
      <div role="status">
        {told.length > 0 && (
          <ul className="alert red dangers">
            {told.map(([name, text]) => (
              <li key={name}>{text}</li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

function Story({ form }: { form: Hotline }) {
  const { t } = useSpeech();
  const { draft, wrong, change } = form;
  return (
    <>
      <TextField
        id={idOf('narrative')}
        label={t.hotline.narrative}
        wrong={wrong('narrative')}
        lines={4}
        max={NARRATIVE_MAX}
        value={draft.narrative}
        onChange={(narrative) => change({ narrative })}
      />
      <div className="institution-fields three">
        <TextField
          id={idOf('contactChannel')}
          label={t.hotline.contactChannel}
          hint={t.hotline.contactChannelHint}
          wrong={wrong('contactChannel')}
          max={CHANNEL_MAX}
          value={draft.contactChannel}
          onChange={(contactChannel) => change({ contactChannel })}
        />
        <TextField
          id={idOf('counterpart')}
          label={t.hotline.counterpart}
          wrong={wrong('counterpart')}
          max={COUNTERPART_MAX}
          value={draft.counterpart}
          onChange={(counterpart) => change({ counterpart })}
        />
        <TextField
          id={idOf('contactedAt')}
          label={t.hotline.contactedAt}
          wrong={wrong('contactedAt')}
          type="datetime-local"
          max={32}
          value={draft.contactedAt}
          onChange={(contactedAt) => change({ contactedAt })}
        />
      </div>
    </>
  );
}

function Caller({ form }: { form: Hotline }) {
  const { t } = useSpeech();
  const { draft, wrong, change } = form;
  return (
    <div className="institution-fields three">
      <ChoiceField<Relation | ''>
        id={idOf('relation')}
        label={t.hotline.relation}
        none={t.hotline.choose}
        wrong={wrong('relation')}
        value={draft.relation}
        choices={Object.entries(t.relation) as [Relation, string][]}
        onChange={(relation) => change({ relation })}
      />
      <TextField
        id={idOf('name')}
        label={t.hotline.name}
        wrong={wrong('name')}
        max={140}
        value={draft.name}
        onChange={(name) => change({ name })}
      />
      <TextField
        id={idOf('phone')}
        label={t.hotline.phone}
        wrong={wrong('phone')}
        mono
        max={32}
        value={draft.phone}
        onChange={(phone) => change({ phone })}
      />
    </div>
  );
}

/** Ctrl or Cmd Enter sends; Enter alone in a line does not, for a report is long and sent once. */
function onKey(event: KeyboardEvent<HTMLFormElement>) {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    event.currentTarget.requestSubmit();
  } else if (event.target instanceof HTMLInputElement && event.target.type !== 'checkbox') {
    event.preventDefault();
  }
}

export function HotlineForm({ form }: { form: Hotline }) {
  const { t } = useSpeech();
  const { draft, wrong, change } = form;
  return (
    <form
      className="stack hotline-form lead-form"
      noValidate
      onKeyDown={onKey}
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Stage nth={1} title={t.hotline.danger} ask={t.hotline.dangerAsk}>
        <Dangers form={form} />
      </Stage>
      <Stage nth={2} title={t.hotline.payments} ask={t.hotline.paymentsAsk}>
        <HotlinePayments form={form} />
      </Stage>
      <Stage nth={3} title={t.hotline.story} ask={t.hotline.storyAsk}>
        <Story form={form} />
      </Stage>
      <Stage nth={4} title={t.hotline.caller} ask={t.hotline.callerAsk}>
        <Caller form={form} />
      </Stage>
      <Stage nth={5} title={t.hotline.consent} ask={t.hotline.consentAsk}>
        <ChoiceField<Consent | ''>
          id={idOf('consent')}
          label={t.hotline.consentField}
          none={t.hotline.choose}
          wrong={wrong('consent')}
          value={draft.consent}
          choices={Object.entries(t.consent) as [Consent, string][]}
          onChange={(consent) => change({ consent })}
        />
      </Stage>
      <div role="alert">{form.failure && <p className="alert red">{form.failure}</p>}</div>
      <div className="row end-row">
        <Button type="primary" htmlType="submit" loading={form.busy}>
          {t.hotline.send} <kbd aria-hidden="true">Ctrl Enter</kbd>
        </Button>
      </div>
    </form>
  );
}
