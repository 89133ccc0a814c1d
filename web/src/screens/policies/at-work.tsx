/** Which versions are at work, what they decided, and the way back. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { deploymentQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { queryClient, useMe } from '../../api/queries';
import type { Deployment } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { VersionLink, VersionStateWord } from '../../parts/policy-words';
import { ReasonForm } from '../../parts/reason-form';
import { percentText, shareText, shortHash } from '../../policy/version-state';

/** The decisions since the start as one bar, mildest first, and the same in words. */
function DecidedBar({ deployment }: { deployment: Deployment }) {
  const { t, locale } = useSpeech();
  const total = deployment.decided.reduce((sum, { events }) => sum + events, 0);
  if (total === 0) return <p className="quiet">{t.policies.noDecided}</p>;
  const number = new Intl.NumberFormat(locale);
  const allowed = deployment.decided.find(({ decision }) => decision === 'allow')?.events ?? 0;
  return (
    <div className="decided">
      <div className="decided-head">
        <strong className="num">{percentText(allowed, total, locale)}</strong>
        <span className="quiet">{t.policies.passRate}</span>
        <span className="small quiet num">
          {t.policies.decidedSince(number.format(total))}
          {deployment.late > 0 && ` · ${t.policies.lateSince(number.format(deployment.late))}`}
        </span>
      </div>
      <div className="decided-bar" aria-hidden="true">
        {deployment.decided.map(({ decision, events }) => (
          <i key={decision} data-tone={decision} style={{ flexGrow: events }} />
        ))}
      </div>
      <ul className="legend small">
        {deployment.decided
          .filter(({ events }) => events > 0)
          .map(({ decision, events }) => (
            <li key={decision} className="num">
              <i data-tone={decision} aria-hidden="true" />
              {`${wordOf(t.decision, decision)} ${number.format(events)} (${percentText(events, total, locale)})`}
            </li>
          ))}
      </ul>
    </div>
  );
}

function RollBack({ to, onClose }: { to: string; onClose: () => void }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const rollBack = useMutation({
    mutationFn: policyApi.rollBack,
    onSuccess: (deployment) => {
      queryClient.setQueryData(deploymentQuery.queryKey, deployment);
      void message.success(t.policies.rolledBack);
      onClose();
    },
    onError: (error) => void message.error(sayError(error, t)),
  });
  return (
    <div className="panel-body roll-back">
      <ReasonForm
        id="roll-back-reason"
        label={t.policies.reason}
        action={t.policies.rollBackTo(shortHash(to))}
        danger
        busy={rollBack.isPending}
        onSend={(reason) => rollBack.mutate(reason)}
        onClose={onClose}
      >
        <p className="alert amber">{t.policies.rollBackAsk}</p>
      </ReasonForm>
    </div>
  );
}

export function AtWork({ deployment }: { deployment: Deployment }) {
  const { t, locale } = useSpeech();
  const { approvesPolicies } = useMe();
  const [rolling, setRolling] = useState(false);
  const { live, canary, shadow, standby } = deployment;
  const number = new Intl.NumberFormat(locale);
  const others: { hash: string; state: 'canary' | 'shadow' | 'standby'; text: string }[] = [];
  if (canary)
    others.push({
      hash: canary.policy,
      state: 'canary',
      text: t.policies.canaryOf(shareText(canary.share_bp, locale), canary.key),
    });
  if (shadow) {
    const { shadow_decided: decided, shadow_differs: differs } = deployment;
    const text = t.policies.shadowOf(percentText(differs, decided, locale), number.format(decided));
    others.push({ hash: shadow, state: 'shadow', text: decided === 0 ? t.policies.shadowIdle : text });
  }
  if (standby) others.push({ hash: standby, state: 'standby', text: t.policies.standbyOf });
  return (
    <section className="panel at-work" aria-label={t.policies.atWork}>
      <header>
        <h2>{t.policies.atWork}</h2>
        {standby && approvesPolicies && !rolling && (
          <Button danger size="small" data-roll-back onClick={() => setRolling(true)}>
            {t.policies.rollBack}
          </Button>
        )}
      </header>
      {rolling && standby && <RollBack to={standby} onClose={() => setRolling(false)} />}
      {!live && <p className="panel-body">{t.policies.none}</p>}
      {live && (
        <div className="panel-body at-work-body">
          <div className="live-version">
            <VersionStateWord value="live" />
            <VersionLink hash={live} />
          </div>
          <DecidedBar deployment={deployment} />
          {others.length > 0 && (
            <ul className="plain-list others">
              {others.map(({ hash, state, text }) => (
                <li key={state} className="row">
                  <VersionStateWord value={state} />
                  <VersionLink hash={hash} />
                  <span>{text}</span>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  );
}
