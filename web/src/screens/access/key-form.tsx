/** Makes a key for a program's account. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { accessApi } from '../../api/access-endpoints';
import { refusedFields, sayError } from '../../api/problem';
import { usersQuery } from '../../api/queries';
import type { ApiKeyMade, ApiScope } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { ChoiceField, TextField } from '../../parts/form-field';
import {
  NAME_MAX,
  NEW_KEY,
  fieldOfPointer,
  keyProblems,
  wishOf,
  type KeyDraft,
  type KeyField,
} from './key-draft';

const idOf = (field: KeyField) => `key-${field}`;
const focusOn = (field: KeyField | undefined) => {
  if (field) document.getElementById(idOf(field))?.focus();
};

interface KeyFormProps {
  readonly onMade: (key: ApiKeyMade) => void;
  readonly onClose: () => void;
}

function useKeyForm(onMade: (key: ApiKeyMade) => void) {
  const { t } = useSpeech();
  const [draft, setDraft] = useState(NEW_KEY);
  const [tried, setTried] = useState(false);
  const make = useMutation({
    mutationFn: () => accessApi.makeKey(wishOf(draft)),
    onSuccess: onMade,
    onError: (error) =>
      focusOn(refusedFields(error).flatMap(({ pointer }) => fieldOfPointer(pointer) ?? [])[0]),
  });
  const own = keyProblems(draft);
  const refused = refusedFields(make.error).flatMap(({ pointer }) => fieldOfPointer(pointer) ?? []);
  return {
    draft,
    busy: make.isPending,
    failure: make.isError && refused.length === 0 ? sayError(make.error, t) : null,
    wrong: (field: KeyField): string | null =>
      (tried && own.includes(field)) || refused.includes(field) ? t.access.wrong[field] : null,
    change: (part: Partial<KeyDraft>) => {
      setDraft({ ...draft, ...part });
      make.reset();
    },
    submit: () => {
      setTried(true);
      if (own.length > 0) focusOn(own[0]);
      else if (!make.isPending) make.mutate();
    },
  };
}
type Form = ReturnType<typeof useKeyForm>;

function ScopeFields({ form }: { form: Form }) {
  const { t } = useSpeech();
  const wrong = form.wrong('scopes');
  const scopes = Object.entries(t.scope) as [ApiScope, string][];
  return (
    <fieldset className="signal-fields" id={idOf('scopes')} tabIndex={-1} aria-describedby="key-scopes-hint">
      <legend>{t.access.scopes}</legend>
      <Checkbox.Group
        className="scope-choices"
        value={[...form.draft.scopes]}
        onChange={(chosen) => form.change({ scopes: chosen })}
        options={scopes.map(([value, text]) => ({
          value,
          label: (
            <>
              {text} <span className="mono quiet">{value}</span>
            </>
          ),
        }))}
      />
      {wrong && (
        <div id="key-scopes-hint" className="field-error">
          {wrong}
        </div>
      )}
    </fieldset>
  );
}

function KeyFields({ form }: { form: Form }) {
  const { t } = useSpeech();
  const { data } = useQuery(usersQuery);
  const { draft, wrong, change } = form;
  return (
    <div className="institution-fields">
      <ChoiceField
        id={idOf('user')}
        label={t.access.account}
        none={t.access.choose}
        wrong={wrong('user')}
        value={draft.user}
        choices={(data?.items ?? []).map(({ id, login, name, roles }) => [
          id,
          `${login} · ${name} · ${roles.map((role) => t.role[role]).join(' ')}`,
        ])}
        onChange={(user) => change({ user })}
      />
      <TextField
        id={idOf('name')}
        label={t.access.name}
        hint={t.access.nameHint}
        wrong={wrong('name')}
        max={NAME_MAX}
        value={draft.name}
        onChange={(name) => change({ name })}
      />
      <TextField
        id={idOf('days')}
        label={t.access.days}
        hint={t.access.daysHint}
        wrong={wrong('days')}
        inputMode="numeric"
        max={3}
        value={draft.days}
        onChange={(days) => change({ days })}
      />
      <TextField
        id={idOf('networks')}
        label={t.access.networks}
        hint={t.access.networksHint}
        wrong={wrong('networks')}
        mono
        lines={2}
        max={1_000}
        value={draft.networks}
        onChange={(networks) => change({ networks })}
      />
    </div>
  );
}

export function KeyForm({ onMade, onClose }: KeyFormProps) {
  const { t } = useSpeech();
  const form = useKeyForm(onMade);
  return (
    <form
      className="panel-body stack lead-form key-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <KeyFields form={form} />
      <ScopeFields form={form} />
      <div role="alert">{form.failure && <p className="alert red">{form.failure}</p>}</div>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={form.busy}>
          {t.access.make}
        </Button>
      </div>
    </form>
  );
}
