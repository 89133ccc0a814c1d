/** Open sessions and tokens: one's own, or those of somebody whom an administrator looks after. */

import { queryOptions, useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { accessApi } from '../../api/access-endpoints';
import { sayError } from '../../api/problem';
import { queryClient } from '../../api/queries';
import type { OpenSession } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { AskFirst } from '../../parts/ask-first';
import { Blank } from '../../parts/blank';
import { useStep } from '../../parts/use-step';

const SESSIONS = 'sessions';
const sessionsQuery = (userId: string | null) =>
  queryOptions({ queryKey: [SESSIONS, userId], queryFn: () => accessApi.sessions(userId) });
const refresh = () => void queryClient.invalidateQueries({ queryKey: [SESSIONS] });

function SessionRow({ session }: { session: OpenSession }) {
  const { t, moment } = useSpeech();
  const { busy, run } = useStep(refresh);
  const opened = moment(session.created_at);
  return (
    <tr data-session={session.id}>
      <td className="lead">
        {t.sessionWay[session.way]}{' '}
        {session.is_this && <span className="word green">{t.access.thisOne}</span>}
      </td>
      <td data-label={t.access.opened} className="num small">
        {opened}
      </td>
      <td data-label={t.access.lastUsed} className="small">
        {session.last_used_at === null ? (
          <span className="quiet">{t.access.notSince}</span>
        ) : (
          <span className="num">{moment(session.last_used_at)}</span>
        )}
      </td>
      <td data-label={t.access.ends} className="num small">
        {moment(session.expires_at)}
      </td>
      <td className="end">
        {!session.is_this && (
          <Button
            size="small"
            aria-label={t.access.endOne(opened)}
            loading={busy}
            onClick={() => run(() => accessApi.endSession(session.id), t.access.ended(1))}
          >
            {t.access.end}
          </Button>
        )}
      </td>
    </tr>
  );
}

function SessionTable({ sessions }: { sessions: readonly OpenSession[] }) {
  const { t } = useSpeech();
  return (
    <table className="grid cards session-table">
      <thead>
        <tr>
          {[t.access.way, t.access.opened, t.access.lastUsed, t.access.ends].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
          <th scope="col">
            <span className="visually-hidden">{t.access.end}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </tbody>
    </table>
  );
}

/** `null`: one's own. */
export function SessionPanel({ userId }: { userId: string | null }) {
  const { t } = useSpeech();
  const query = useQuery(sessionsQuery(userId));
  const { busy, run } = useStep(refresh);
  const sessions = query.data?.items ?? [];
  const others = sessions.filter((session) => !session.is_this).length;
  return (
    <section className="panel" aria-label={t.access.sessions}>
      <header>
        <h2>{t.access.sessions}</h2>
        {others > 0 && (
          <AskFirst
            label={userId === null ? t.access.endOthers : t.access.endAll}
            question={t.access.endAsk}
            busy={busy}
            onSure={() => run(() => accessApi.endSessions(userId), t.access.ended(others))}
          />
        )}
      </header>
      <div className="panel-body">
        <p className="small quiet">{t.access.sessionsHint}</p>
      </div>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && sessions.length === 0 && <Blank text={t.access.noSessions} />}
      {sessions.length > 0 && <SessionTable sessions={sessions} />}
    </section>
  );
}
