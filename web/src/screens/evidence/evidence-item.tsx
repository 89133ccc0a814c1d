/** One item: its two collectors, digests, record, chain of custody, and what its holder may do with it. */

import { Button } from 'antd';
import { useState } from 'react';
import { refreshCasework } from '../../api/casework-queries';
import { useMe } from '../../api/queries';
import { recordApi } from '../../api/record-endpoints';
import type { CustodyLink, EvidenceItem } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { Facts } from '../../parts/facts';
import { ChoiceField } from '../../parts/form-field';
import { usePersonChoices } from '../../parts/person-choices';
import { ReasonForm } from '../../parts/reason-form';
import { saveFile } from '../../parts/save-file';
import { useStep } from '../../parts/use-step';
import { offeredWith } from './evidence-draft';

function Chain({ chain, name }: { chain: readonly CustodyLink[]; name: string }) {
  const { t, moment } = useSpeech();
  return (
    <>
      <table className="grid cards">
        <caption>
          {t.evidence.chain} <span className="visually-hidden">{name}</span>
        </caption>
        <thead>
          <tr>
            {[t.evidence.step, t.evidence.who, t.evidence.when, t.evidence.why, t.evidence.linkHash].map(
              (head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {chain.map((link) => (
            <tr key={link.seq} data-custody={link.action}>
              <td className="lead">
                <span className="num quiet">{link.seq}</span> {wordOf(t.custodyAction, link.action)}
              </td>
              <td data-label={t.evidence.who}>
                <span>
                  {link.by.name} {link.to && <span className="quiet">{t.evidence.to(link.to.name)}</span>}
                </span>
              </td>
              <td data-label={t.evidence.when} className="num small">
                {moment(link.at)}
              </td>
              <td data-label={t.evidence.why}>{link.words ?? '—'}</td>
              <td data-label={t.evidence.linkHash}>
                <span className="mono quiet">{link.sha256.slice(0, 16)}…</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small quiet chain-hint">{t.evidence.chainHint}</p>
    </>
  );
}

function RecordPart({ item }: { item: EvidenceItem }) {
  const { t } = useSpeech();
  const { record } = item;
  const fields = ['matter', 'object', 'content', 'place', 'method', 'process', 'source', 'tool'] as const;
  return (
    <details>
      <summary>{t.evidence.record}</summary>
      <Facts
        facts={[
          ...fields.map((field) => [t.evidence[field], record[field]] as const),
          [t.evidence.witness, record.witness ?? null],
        ]}
      />
    </details>
  );
}

function ViewForm({ item, onClose }: { item: EvidenceItem; onClose: () => void }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const view = async (purpose: string) => saveFile(await recordApi.view(item.id, purpose), item.file_name);
  return (
    <ReasonForm
      id={`view-${item.id}`}
      label={t.evidence.viewPurpose}
      action={t.evidence.view}
      busy={busy}
      onSend={(purpose) => run(() => view(purpose), t.evidence.viewed, onClose)}
      onClose={onClose}
    />
  );
}

function HandForm({ item, onClose }: { item: EvidenceItem; onClose: () => void }) {
  const { t } = useSpeech();
  const { user } = useMe();
  const { busy, run } = useStep(refreshCasework);
  const people = usePersonChoices(['analyst', 'approver'], 'login').filter(([, name]) => name !== user?.name);
  const [to, setTo] = useState('');
  const [tried, setTried] = useState(false);
  return (
    <ReasonForm
      id={`hand-reason-${item.id}`}
      label={t.evidence.handOverReason}
      action={t.evidence.handOver}
      busy={busy}
      onTry={() => setTried(true)}
      onSend={(reason) => {
        if (to !== '') run(() => recordApi.handOver(item.id, to, reason), t.evidence.handedOver, onClose);
      }}
      onClose={onClose}
    >
      <ChoiceField
        id={`hand-to-${item.id}`}
        label={t.evidence.handOverTo}
        none={t.evidence.choose}
        wrong={tried && to === '' ? t.evidence.wrong.to : null}
        value={to}
        choices={people}
        onChange={setTo}
      />
    </ReasonForm>
  );
}

function Steps({ item }: { item: EvidenceItem }) {
  const { t } = useSpeech();
  const { user, has } = useMe();
  const [form, setForm] = useState<'view' | 'hand' | null>(null);
  const may = offeredWith(item, { id: user?.id ?? '', works: has('analyst') || has('approver') });
  const close = () => setForm(null);
  if (form === 'view') return <ViewForm item={item} onClose={close} />;
  if (form === 'hand') return <HandForm item={item} onClose={close} />;
  if (!may.view) return null;
  return (
    <div className="row end-row">
      {!may.handOver && item.state === 'in_custody' && (
        <span className="small quiet">{t.evidence.notHolder}</span>
      )}
      {may.handOver && <Button onClick={() => setForm('hand')}>{t.evidence.handOver}</Button>}
      <Button onClick={() => setForm('view')}>{t.evidence.view}</Button>
    </div>
  );
}

export function EvidenceItemPanel({ item }: { item: EvidenceItem }) {
  const { t, moment, locale } = useSpeech();
  const isHeld = item.state === 'in_custody';
  return (
    <section className="panel" aria-label={item.file_name} data-evidence={item.id}>
      <header>
        <h2>{item.file_name}</h2>
        <span className="word">{t.evidenceCategory[item.category]}</span>
        <span className={isHeld ? 'word green' : 'word'}>
          {isHeld ? t.evidence.inCustody : t.evidence.released}
        </span>
      </header>
      <div className="panel-body stack lead-form">
        <Facts
          facts={[
            [t.evidence.collectors, item.collectors.map(({ name }) => name).join('、')],
            [t.evidence.acquired, moment(item.acquired_at)],
            [t.evidence.holder, item.holder?.name ?? t.evidence.nobody],
            [t.evidence.noticeDue, item.notice_due_at ? moment(item.notice_due_at) : null],
            [t.evidence.format, `${item.format} · ${item.size.toLocaleString(locale)} B`],
            [
              'SHA-256',
              <span key="sha" className="mono">
                {item.sha256}
              </span>,
            ],
            [
              'SM3',
              <span key="sm3" className="mono">
                {item.sm3}
              </span>,
            ],
          ]}
        />
        <RecordPart item={item} />
        <Steps item={item} />
      </div>
      <Chain chain={item.chain} name={item.file_name} />
    </section>
  );
}
