/** Keys of programs: what they open, from where, until when, and when they were last used. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { accessApi } from '../../api/access-endpoints';
import { queryClient, useMe } from '../../api/queries';
import type { ApiKey, ApiKeyMade } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { AskFirst } from '../../parts/ask-first';
import { Pages } from '../../parts/pages';
import { useStep } from '../../parts/use-step';
import { keyState } from './key-draft';
import { KeyForm } from './key-form';

const KEYS = ['api-keys'];
const refresh = () => void queryClient.invalidateQueries({ queryKey: KEYS });

/** A key that was just made: never shown again. */
function Made({ made, onKept }: { made: ApiKeyMade; onKept: () => void }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(made.token);
      void message.success(t.app.copied);
    } catch {
      void message.error(t.access.copyFailed);
    }
  };
  return (
    <div
      className="panel-body stack"
      role="group"
      aria-label={t.access.keyOf(made.name)}
      data-key-made={made.id}
    >
      <p className="alert amber">{t.access.once}</p>
      <p className="mono made-key" tabIndex={-1} ref={(element) => element?.focus()}>
        {made.token}
      </p>
      <div className="row end-row">
        <Button onClick={onKept}>{t.access.kept}</Button>
        <Button type="primary" onClick={() => void copy()}>
          {t.app.copy}
        </Button>
      </div>
    </div>
  );
}

function KeyRow({ item, mayRevoke }: { item: ApiKey; mayRevoke: boolean }) {
  const { t, moment } = useSpeech();
  const { busy, run } = useStep(refresh);
  const state = keyState(item, serverNow());
  return (
    <tr data-key={item.id} className={state === 'works' ? '' : 'gone-row'}>
      <td className="lead">
        <span className="strong">{item.name}</span>
        <br />
        <span className="small quiet">
          {item.user.name} · {t.access.made(item.created_by.name)}
        </span>
      </td>
      <td data-label={t.access.scopes} className="scope-cell">
        <span className="mono">{item.scopes.join(' ')}</span>
      </td>
      <td data-label={t.access.networks}>
        {item.networks.length > 0 ? (
          <span className="mono">{item.networks.join(' ')}</span>
        ) : (
          <span className="quiet">{t.access.anywhere}</span>
        )}
      </td>
      <td data-label={t.access.lastUsed} className="small">
        {item.last_used_at === null ? (
          <span className="quiet">{t.access.never}</span>
        ) : (
          <span className="num">{moment(item.last_used_at)}</span>
        )}
      </td>
      <td data-label={t.access.expires} className="num small">
        {moment(item.revoked_at ?? item.expires_at)}
      </td>
      <td data-label={t.access.state}>
        <span className={state === 'works' ? 'word green' : 'word'}>{t.access[state]}</span>
      </td>
      <td className="end">
        {mayRevoke && state === 'works' && (
          <AskFirst
            label={t.access.revoke}
            name={t.access.revokeOne(item.name)}
            question={t.access.revokeAsk(item.name)}
            busy={busy}
            onSure={() => run(() => accessApi.revokeKey(item.id), t.access.revokedNow)}
          />
        )}
      </td>
    </tr>
  );
}

function KeyTable({ keys, mayRevoke }: { keys: readonly ApiKey[]; mayRevoke: boolean }) {
  const { t } = useSpeech();
  const heads = [
    t.access.name,
    t.access.scopes,
    t.access.networks,
    t.access.lastUsed,
    t.access.expires,
    t.access.state,
  ];
  return (
    <table className="grid cards key-table">
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
          <th scope="col">
            <span className="visually-hidden">{t.access.revoke}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((item) => (
          <KeyRow key={item.id} item={item} mayRevoke={mayRevoke} />
        ))}
      </tbody>
    </table>
  );
}

export function KeyPanel() {
  const { t } = useSpeech();
  const { has } = useMe();
  const isAdmin = has('admin');
  const [shown, setShown] = useState<'form' | ApiKeyMade | null>(null);
  const query = useInfiniteQuery({
    queryKey: KEYS,
    queryFn: ({ pageParam }) => accessApi.keys(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const keys = query.data?.pages.flatMap((page) => page.items) ?? [];
  useShortcuts(isAdmin && shown === null ? { n: () => setShown('form') } : {});
  return (
    <section className="panel" aria-label={t.access.keys}>
      <header>
        <h2>{t.access.keys}</h2>
        {isAdmin && shown === null && (
          <Button size="small" data-new-key onClick={() => setShown('form')}>
            {t.access.add} <kbd aria-hidden="true">N</kbd>
          </Button>
        )}
      </header>
      <div className="panel-body">
        <p className="small quiet">{t.access.keysHint}</p>
      </div>
      {shown === 'form' && (
        <KeyForm
          onMade={(made) => {
            setShown(made);
            refresh();
          }}
          onClose={() => setShown(null)}
        />
      )}
      {shown !== null && shown !== 'form' && <Made made={shown} onKept={() => setShown(null)} />}
      <Pages query={query} count={keys.length} empty={t.access.noKeys}>
        <KeyTable keys={keys} mayRevoke={isAdmin} />
      </Pages>
    </section>
  );
}
