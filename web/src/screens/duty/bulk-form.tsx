/** One thing done with many cases, for one reason: given to a person, or put into an operation. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { operationsQuery, refreshCasework } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import type { BulkWish, DeskCase } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { ChoiceField, TextField } from '../../parts/form-field';
import { usePersonChoices } from '../../parts/person-choices';
import { bulkSum } from './waiting';

const REASON_MAX = 500;

interface BulkFormProps {
  readonly what: 'assign' | 'group';
  readonly cases: readonly Pick<DeskCase, 'id' | 'number'>[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function BulkForm({ what, cases, onDone, onClose }: BulkFormProps) {
  const { t } = useSpeech();
  const people = usePersonChoices(['analyst']);
  const operations = useQuery({ ...operationsQuery, enabled: what === 'group' });
  const going = (operations.data?.items ?? []).filter((operation) => !operation.ended_at);
  const [target, setTarget] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const send = useMutation({
    mutationFn: (wish: BulkWish) => caseworkApi.inBulk(wish),
    onSuccess: ({ items }) => {
      if (items.every((item) => item.refused === null)) onDone();
    },
    onSettled: refreshCasework,
  });
  const sum = send.data && bulkSum(send.data.items, new Map(cases.map(({ id, number }) => [id, number])));
  const isAssign = what === 'assign';
  return (
    <form
      className="panel-body stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (target === '') document.getElementById('bulk-target')?.focus();
        else if (reason.trim() === '') document.getElementById('bulk-reason')?.focus();
        else if (!send.isPending)
          send.mutate({
            case_ids: cases.map(({ id }) => id),
            reason: reason.trim(),
            action: isAssign ? { assign: { to: target } } : { group: { operation_id: target } },
          });
      }}
    >
      <div className="institution-fields">
        <ChoiceField
          id="bulk-target"
          label={isAssign ? t.queue.assignTo : t.queue.groupInto}
          none={isAssign || going.length > 0 ? t.duty.choose : t.queue.noOperation}
          wrong={tried && target === '' ? (isAssign ? t.queue.personNeeded : t.queue.operationNeeded) : null}
          value={target}
          choices={isAssign ? people : going.map((one) => [one.id, one.name] as const)}
          onChange={setTarget}
        />
        <TextField
          id="bulk-reason"
          label={t.queue.bulkReason}
          wrong={tried && reason.trim() === '' ? t.queue.reasonNeeded : null}
          max={REASON_MAX}
          value={reason}
          onChange={setReason}
        />
      </div>
      <div role="alert">
        {send.isError && <p className="alert red">{sayError(send.error, t)}</p>}
        {sum && sum.refused.length > 0 && (
          <div className="alert amber">
            <p>
              {t.queue.done(sum.done)} · {t.queue.refused(sum.refused.length)}
            </p>
            <ul className="plain-list">
              {sum.refused.map(({ number, why }) => (
                <li key={number}>
                  <span className="num">{number}</span> {why}
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
      <div className="row end-row">
        <span className="quiet small">{t.queue.chosen(cases.length)}</span>
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {isAssign ? t.queue.assign : t.queue.group}
        </Button>
      </div>
    </form>
  );
}
