/** Passkeys of oneself, or of somebody whom an administrator looks after: which there are, a new one, and the end of one. */

import { queryOptions, useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { knowsPasskeys, passkeyApi } from '../../api/passkeys';
import { sayError } from '../../api/problem';
import { queryClient, signInMethodsQuery } from '../../api/queries';
import type { Passkey } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { AskFirst } from '../../parts/ask-first';
import { Blank } from '../../parts/blank';
import { useStep } from '../../parts/use-step';
import { PasskeyForm } from './passkey-form';

const PASSKEYS = 'passkeys';
const passkeysQuery = (userId: string | null) =>
  queryOptions({ queryKey: [PASSKEYS, userId], queryFn: () => passkeyApi.list(userId) });
const refresh = () => void queryClient.invalidateQueries({ queryKey: [PASSKEYS] });

function PasskeyItem({ passkey }: { passkey: Passkey }) {
  const { t, moment } = useSpeech();
  const { busy, run } = useStep(refresh);
  const { id, name, created_at, last_used_at } = passkey;
  return (
    <li className="row spread" data-passkey={last_used_at === null ? 'unused' : 'used'}>
      <span className="row">
        <strong>{name}</strong>
        <span className="quiet small num">{t.passkeys.since(moment(created_at))}</span>
        <span className="quiet small num">
          {last_used_at === null ? t.passkeys.never : t.passkeys.used(moment(last_used_at))}
        </span>
      </span>
      <AskFirst
        label={t.passkeys.remove}
        name={t.passkeys.removeOne(name)}
        question={t.passkeys.removeAsk(name)}
        busy={busy}
        onSure={() => run(() => passkeyApi.remove(id), t.passkeys.removed)}
      />
    </li>
  );
}

/** `null`: one's own. */
export function PasskeyPanel({ userId }: { userId: string | null }) {
  const { t } = useSpeech();
  const query = useQuery(passkeysQuery(userId));
  const methods = useQuery(signInMethodsQuery);
  const [adding, setAdding] = useState(false);
  const passkeys = query.data?.items ?? [];
  const isOwn = userId === null;
  const mayAdd = isOwn && methods.data?.passkey === true && knowsPasskeys();
  return (
    <section className="panel" aria-label={t.passkeys.title} data-passkeys>
      <header>
        <h2>{t.passkeys.title}</h2>
        {mayAdd && !adding && (
          <Button size="small" onClick={() => setAdding(true)}>
            {t.passkeys.add}
          </Button>
        )}
      </header>
      {isOwn && (
        <div className="panel-body stack">
          <p className="small quiet">
            {methods.data?.passkey === false ? t.passkeys.notHere : t.passkeys.hint}
          </p>
          {mayAdd && adding && <PasskeyForm refresh={refresh} onClose={() => setAdding(false)} />}
        </div>
      )}
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && passkeys.length === 0 && <Blank text={t.passkeys.none} />}
      <ul className="panel-list">
        {passkeys.map((passkey) => (
          <PasskeyItem key={passkey.id} passkey={passkey} />
        ))}
      </ul>
    </section>
  );
}
