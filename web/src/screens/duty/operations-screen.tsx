/** Named campaigns that group cases. */

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { operationsQuery, refreshCasework } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import { useMe, usePersonName } from '../../api/queries';
import type { Operation } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { TextField } from '../../parts/form-field';
import { useRowKeys } from '../../parts/use-row-keys';
import { useStep } from '../../parts/use-step';
import { DutyHead } from './duty-head';

const NAME_MAX = 128;
const PURPOSE_MAX = 5_000;

export function OperationState({ operation }: { operation: Operation }) {
  const { t, moment } = useSpeech();
  if (!operation.ended_at) return <span className="word green">{t.operations.going}</span>;
  return (
    <span>
      <span className="word">{t.operations.ended}</span>{' '}
      <span className="small quiet num">{moment(operation.ended_at)}</span>
    </span>
  );
}

function OperationForm({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const [draft, setDraft] = useState({ name: '', purpose: '' });
  const [tried, setTried] = useState(false);
  const first = (['name', 'purpose'] as const).find((field) => draft[field].trim() === '');
  return (
    <form
      className="panel-body stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (first) document.getElementById(`operation-${first}`)?.focus();
        else
          run(
            () => caseworkApi.addOperation({ name: draft.name.trim(), purpose: draft.purpose.trim() }),
            t.duty.saved,
            onClose,
          );
      }}
    >
      <TextField
        id="operation-name"
        label={t.operations.name}
        wrong={tried && draft.name.trim() === '' ? t.operations.nameNeeded : null}
        max={NAME_MAX}
        value={draft.name}
        onChange={(name) => setDraft({ ...draft, name })}
      />
      <TextField
        id="operation-purpose"
        label={t.operations.purpose}
        wrong={tried && draft.purpose.trim() === '' ? t.operations.purposeNeeded : null}
        lines={3}
        max={PURPOSE_MAX}
        value={draft.purpose}
        onChange={(purpose) => setDraft({ ...draft, purpose })}
      />
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t.operations.add}
        </Button>
      </div>
    </form>
  );
}

function OperationTable({ items, current }: { items: readonly Operation[]; current: string | null }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  return (
    <table className="grid cards operation-table">
      <thead>
        <tr>
          {[
            t.operations.name,
            t.operations.state,
            t.operations.purpose,
            t.operations.started,
            t.operations.by,
          ].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((operation) => (
          <tr
            key={operation.id}
            className={operation.id === current ? 'selected' : ''}
            data-row={operation.id}
          >
            <td className="lead">
              <Link to="/duty/operations/$operationId" params={{ operationId: operation.id }}>
                {operation.name}
              </Link>
            </td>
            <td data-label={t.operations.state}>
              <OperationState operation={operation} />
            </td>
            <td data-label={t.operations.purpose} className="clip">
              {operation.purpose}
            </td>
            <td data-label={t.operations.started} className="num small">
              {moment(operation.started_at)}
            </td>
            <td data-label={t.operations.by}>{person(operation.started_by)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function OperationsScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { has } = useMe();
  const query = useQuery(operationsQuery);
  const [adding, setAdding] = useState(false);
  const items = query.data?.items ?? [];
  const mayAdd = has('analyst') || has('approver');
  const { current } = useRowKeys(
    items,
    ({ id }) => void navigate({ to: '/duty/operations/$operationId', params: { operationId: id } }),
  );
  useShortcuts(mayAdd ? { n: () => setAdding(true) } : {});
  return (
    <>
      <DutyHead>
        {mayAdd && !adding && (
          <Button type="primary" onClick={() => setAdding(true)}>
            {t.operations.add} <kbd aria-hidden="true">N</kbd>
          </Button>
        )}
      </DutyHead>
      <section className="panel" aria-label={t.operations.title}>
        {adding && <OperationForm onClose={() => setAdding(false)} />}
        {query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && items.length === 0 && <Blank text={t.operations.none} />}
        {items.length > 0 && <OperationTable items={items} current={current?.id ?? null} />}
      </section>
    </>
  );
}
