/** The changes that were asked for: those that wait for a second person with what can be done, the others as record. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { changesQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { queryClient, useMe, usePersonName } from '../../api/queries';
import type { PolicyChange } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { VersionLink } from '../../parts/policy-words';
import { ReasonForm } from '../../parts/reason-form';
import { shareText } from '../../policy/version-state';

const refresh = () => void queryClient.invalidateQueries({ queryKey: changesQuery.queryKey });

function changeTone(change: PolicyChange): string {
  switch (change.state.state) {
    case 'requested':
    case 'approved':
      return 'amber';
    case 'done':
      return 'green';
    case 'declined':
      return '';
  }
}

function Steps({ change }: { change: PolicyChange }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const { user, approvesPolicies } = useMe();
  const [declining, setDeclining] = useState(false);
  const onError = (error: unknown) => void message.error(sayError(error, t));
  const approve = useMutation({
    mutationFn: () => policyApi.approveChange(change.id),
    onSuccess: () => void message.success(t.policies.approved),
    onError,
    onSettled: refresh,
  });
  const decline = useMutation({
    mutationFn: (reason: string) => policyApi.declineChange(change.id, reason),
    onSuccess: () => void message.success(t.policies.declined),
    onError,
    onSettled: refresh,
  });
  if (change.state.state !== 'requested' || !approvesPolicies) return null;
  if (declining)
    return (
      <ReasonForm
        id={`decline-${change.id}`}
        label={t.policies.declineReason}
        action={t.policies.decline}
        busy={decline.isPending}
        onSend={(reason) => decline.mutate(reason)}
        onClose={() => setDeclining(false)}
      />
    );
  const isOwn = change.requested_by === user?.id;
  return (
    <div className="row end-row">
      {isOwn && <span className="small quiet">{t.policies.own}</span>}
      <Button size="small" onClick={() => setDeclining(true)}>
        {t.policies.decline}
      </Button>
      {!isOwn && (
        <Button size="small" type="primary" loading={approve.isPending} onClick={() => approve.mutate()}>
          {t.policies.approve}
        </Button>
      )}
    </div>
  );
}

function ChangeRow({ change }: { change: PolicyChange }) {
  const { t, locale, moment } = useSpeech();
  const person = usePersonName();
  const { state } = change;
  const share =
    change.share_bp && change.key
      ? t.policies.canaryOf(shareText(change.share_bp, locale), change.key)
      : null;
  return (
    <li data-change={change.id} data-state={state.state}>
      <div className="row">
        <span className={`word ${changeTone(change)}`}>{t.changeState[state.state]}</span>
        <strong>{t.stage[change.stage]}</strong>
        <VersionLink hash={change.policy} />
        {share && <span className="small quiet">{share}</span>}
        <span className="small quiet num change-when">{moment(change.requested_at)}</span>
      </div>
      <p>{change.reason}</p>
      <p className="small quiet">
        {`${t.policies.requestedBy} ${person(change.requested_by)}`}
        {'by' in state && ` · ${t.policies.decidedBy} ${person(state.by)} ${moment(state.at)}`}
      </p>
      <Steps change={change} />
    </li>
  );
}

export function ChangeList({ changes }: { changes: readonly PolicyChange[] }) {
  const { t } = useSpeech();
  const waiting = changes.filter(({ state }) => state.state === 'requested').length;
  return (
    <section className="panel" aria-label={t.policies.changes}>
      <header>
        <h2>{t.policies.changes}</h2>
        {waiting > 0 && <span className="word amber">{`${t.changeState.requested} ${waiting}`}</span>}
      </header>
      {changes.length === 0 && <p className="panel-body quiet">{t.policies.noChanges}</p>}
      <ul className="change-list">
        {changes.map((change) => (
          <ChangeRow key={change.id} change={change} />
        ))}
      </ul>
    </section>
  );
}
