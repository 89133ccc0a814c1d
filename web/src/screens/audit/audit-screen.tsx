/** The audit entries of any record, and the proof that each is in the signed tree, recomputed here. */

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useEffect, useState } from 'react';
import { sayError } from '../../api/problem';
import { auditQuery } from '../../api/queries';
import type { AuditEntry } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { useActorText } from '../../parts/actor';
import { Blank } from '../../parts/blank';
import { InclusionProofPanel } from './inclusion-proof';

function SubjectForm({ subject }: { subject: string }) {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const [text, setText] = useState(subject);
  useEffect(() => setText(subject), [subject]);
  return (
    <form
      className="subject-form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: '/audit', search: text.trim() ? { subject: text.trim() } : {} });
      }}
    >
      <label htmlFor="subject">{t.audit.subject}</label>
      <Input
        id="subject"
        className="mono"
        spellCheck={false}
        placeholder={t.audit.subjectHint}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button htmlType="submit">{t.audit.show}</Button>
    </form>
  );
}

function EntryTable({
  entries,
  chosen,
  onChoose,
}: {
  entries: readonly AuditEntry[];
  chosen: number | undefined;
  onChoose: (seq: number) => void;
}) {
  const { t, moment } = useSpeech();
  const actorText = useActorText();
  return (
    <table className="grid cards">
      <thead>
        <tr>
          <th scope="col">{t.audit.seq}</th>
          <th scope="col">{t.audit.action}</th>
          <th scope="col">{t.orders.at}</th>
          <th scope="col">{t.orders.actor}</th>
          <th scope="col">{t.audit.leaf}</th>
          <th scope="col">
            <span className="visually-hidden">{t.audit.verify}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.seq} className={entry.seq === chosen ? 'selected' : ''}>
            <td className="lead num">#{entry.seq}</td>
            <td data-label={t.audit.action}>{wordOf(t.auditAction, entry.action)}</td>
            <td data-label={t.orders.at} className="num">
              {moment(entry.at)}
            </td>
            <td data-label={t.orders.actor}>{actorText(entry.actor)}</td>
            <td data-label={t.audit.leaf}>
              <span className="mono" title={entry.leaf_hash}>
                {entry.leaf_hash.slice(0, 20)}…
              </span>
            </td>
            <td className="bare end">
              <Button
                size="small"
                aria-label={`${t.audit.verify} #${entry.seq}`}
                onClick={() => onChoose(entry.seq)}
              >
                {t.audit.verify}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function AuditScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { subject = '', seq } = useSearch({ from: '/frame/audit' });
  const query = useQuery(auditQuery(subject));
  const entries = query.data?.items ?? [];
  const chosen = entries.find((entry) => entry.seq === seq);
  return (
    <>
      <div className="page-head">
        <h1>{t.audit.title}</h1>
      </div>
      <SubjectForm subject={subject} />
      <div className="audit-columns">
        <section className="panel" aria-label={t.audit.entries}>
          <header>
            <h2>{t.audit.entries}</h2>
            {entries.length > 0 && <span className="small quiet num">{entries.length}</span>}
          </header>
          {subject === '' && <Blank text={t.audit.start} />}
          {subject !== '' && query.isPending && <Blank text={t.app.loading} />}
          {query.isError && <Blank text={sayError(query.error, t)} />}
          {query.isSuccess && entries.length === 0 && <Blank text={t.audit.empty} />}
          {entries.length > 0 && (
            <EntryTable
              entries={entries}
              chosen={seq}
              onChoose={(next) => void navigate({ to: '/audit', search: { subject, seq: next } })}
            />
          )}
        </section>
        {chosen && <InclusionProofPanel key={chosen.seq} entry={chosen} />}
      </div>
    </>
  );
}
