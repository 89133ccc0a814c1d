/** A passkey made on the device at hand, with the password once more. */

import { useMutation } from '@tanstack/react-query';
import { App, Button, Input } from 'antd';
import { useEffect, useState } from 'react';
import { makePasskey, sayPasskeyError } from '../../api/passkeys';
import { ApiError } from '../../api/problem';
import { useSpeech } from '../../i18n/language';
import { FieldFrame, TextField } from '../../parts/form-field';

const NAME_MAX = 128;
const PASSWORD_MAX = 256;
const focusOn = (field: 'name' | 'password') => document.getElementById(`passkey-${field}`)?.focus();

interface PasswordFieldProps {
  readonly wrong: string | null;
  readonly value: string;
  readonly onChange: (password: string) => void;
}

function PasswordField({ wrong, value, onChange }: PasswordFieldProps) {
  const { t } = useSpeech();
  const id = 'passkey-password';
  return (
    <FieldFrame id={id} label={t.passkeys.password} wrong={wrong}>
      <Input
        id={id}
        type="password"
        autoComplete="current-password"
        maxLength={PASSWORD_MAX}
        status={wrong === null ? '' : 'error'}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? undefined : `${id}-hint`}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </FieldFrame>
  );
}

export function PasskeyForm({ refresh, onClose }: { refresh: () => void; onClose: () => void }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const make = useMutation({
    mutationFn: () => makePasskey(name.trim(), password),
    onSuccess: () => {
      void message.success(t.passkeys.made);
      onClose();
    },
    onSettled: refresh,
  });
  const isRefused = make.error instanceof ApiError && make.error.problem.code === 'auth.sign_in_failed';
  useEffect(() => focusOn('name'), []);
  useEffect(() => {
    if (isRefused) focusOn('password');
  }, [isRefused]);
  const failure = make.isError && !isRefused ? sayPasskeyError(make.error, t) : null;
  const missing = tried && password === '' ? t.passkeys.passwordNeeded : null;
  return (
    <form
      className="stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (name.trim() === '') focusOn('name');
        else if (password === '') focusOn('password');
        else if (!make.isPending) make.mutate();
      }}
    >
      <TextField
        id="passkey-name"
        label={t.passkeys.name}
        hint={t.passkeys.nameHint}
        wrong={tried && name.trim() === '' ? t.passkeys.nameNeeded : null}
        max={NAME_MAX}
        value={name}
        onChange={setName}
      />
      <PasswordField
        wrong={isRefused ? t.passkeys.passwordWrong : missing}
        value={password}
        onChange={(text) => {
          setPassword(text);
          make.reset();
        }}
      />
      <div role="alert">{failure && <p className="alert red">{failure}</p>}</div>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={make.isPending}>
          {t.passkeys.make}
        </Button>
      </div>
    </form>
  );
}
