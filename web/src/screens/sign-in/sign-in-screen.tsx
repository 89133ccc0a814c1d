import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { api } from '../../api/endpoints';
import { knowsPasskeys, sayPasskeyError, signInWithPasskey } from '../../api/passkeys';
import { sayError } from '../../api/problem';
import { queryClient, sessionQuery, signInMethodsQuery } from '../../api/queries';
import type { Session } from '../../api/types';
import { AppearanceSwitches } from '../../app/frame';
import { useSpeech } from '../../i18n/language';

export function SignInScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { next, problem: refusal } = useSearch({ from: '/sign-in' });
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  const onSuccess = (session: Session) => {
    queryClient.setQueryData(sessionQuery.queryKey, session);
    void navigate({ to: next ?? '/' });
  };
  const signIn = useMutation({ mutationFn: () => api.signIn(login.trim(), password), onSuccess });
  const byPasskey = useMutation({ mutationFn: signInWithPasskey, onSuccess });
  const methods = useQuery(signInMethodsQuery);
  const provider = methods.data?.oidc;
  // What the identity provider's answer came to, until the person tries something else.
  const told: Readonly<Record<string, string>> = t.error;
  const before = refusal && signIn.isIdle && byPasskey.isIdle ? (told[refusal] ?? t.error.unexpected) : null;
  const broken = byPasskey.isError ? sayPasskeyError(byPasskey.error, t) : null;
  const problem =
    broken ?? (missing ? t.signIn.required : signIn.isError ? sayError(signIn.error, t) : before);
  return (
    <div className="sign-in">
      <div className="sign-in-top">
        <AppearanceSwitches />
      </div>
      <main className="sign-in-main">
        <form
          className="sign-in-box"
          onSubmit={(event) => {
            event.preventDefault();
            const incomplete = login.trim() === '' || password === '';
            setMissing(incomplete);
            byPasskey.reset();
            if (!incomplete) signIn.mutate();
          }}
        >
          <h1>{t.app.name}</h1>
          <p>{t.app.tagline}</p>
          <div className="field">
            <label htmlFor="login">{t.signIn.login}</label>
            <Input
              id="login"
              size="large"
              autoFocus
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={login}
              onChange={(event) => setLogin(event.target.value)}
            />
          </div>
          <div className="field">
            <label htmlFor="password">{t.signIn.password}</label>
            <Input
              id="password"
              size="large"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </div>
          <div role="alert">{problem && <div className="alert red">{problem}</div>}</div>
          <Button
            type="primary"
            htmlType="submit"
            size="large"
            block
            loading={signIn.isPending}
            style={{ marginTop: 14 }}
          >
            {t.signIn.submit}
          </Button>
          {methods.data?.passkey && knowsPasskeys() && (
            <Button
              size="large"
              block
              data-by-passkey
              loading={byPasskey.isPending}
              onClick={() => {
                setMissing(false);
                signIn.reset();
                byPasskey.mutate();
              }}
              style={{ marginTop: 10 }}
            >
              {t.signIn.byPasskey}
            </Button>
          )}
          {provider && (
            <Button
              size="large"
              block
              href={`/auth/oidc/start?next=${encodeURIComponent(next ?? '/')}`}
              style={{ marginTop: 10 }}
            >
              {t.signIn.at(provider)}
            </Button>
          )}
        </form>
      </main>
    </div>
  );
}
