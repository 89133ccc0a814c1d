/** Asks for a version to be put to work: how, on which share, and why. A second person has to agree. */

import { useMutation } from '@tanstack/react-query';
import { App, Input } from 'antd';
import { useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { changesQuery, useLiveOutline } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { queryClient } from '../../api/queries';
import type { PolicyStage } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { ReasonForm } from '../../parts/reason-form';
import { basisPointsOf, shortHash } from '../../policy/version-state';
import { keyFields } from '../decisions/search-form';

const STAGES: readonly PolicyStage[] = ['shadow', 'canary', 'live'];

interface Wish {
  readonly stage: PolicyStage;
  readonly share: string;
  readonly key: string;
}

interface ShareFieldsProps {
  readonly wish: Wish;
  readonly wrong: boolean;
  readonly onChange: (change: Partial<Wish>) => void;
}

function ShareFields({ wish, wrong, onChange }: ShareFieldsProps) {
  const { t } = useSpeech();
  const fields = keyFields(useLiveOutline(), undefined);
  const badShare = wrong && basisPointsOf(wish.share) === null;
  const noKey = wrong && wish.key === '';
  return (
    <div className="plan-fields">
      <div className="field">
        <label htmlFor="canary-share">{t.policies.share}</label>
        <Input
          id="canary-share"
          inputMode="decimal"
          value={wish.share}
          status={badShare ? 'error' : ''}
          aria-invalid={badShare}
          onChange={(event) => onChange({ share: event.target.value })}
        />
        {badShare && <div className="field-error">{t.policies.shareBad}</div>}
      </div>
      <div className="field">
        <label htmlFor="canary-key">{t.policies.key}</label>
        <select
          id="canary-key"
          className="select"
          value={wish.key}
          aria-invalid={noKey}
          onChange={(event) => onChange({ key: event.target.value })}
        >
          <option value="">—</option>
          {fields.map((field) => (
            <option key={field} value={field}>
              {field}
            </option>
          ))}
        </select>
        <div className={noKey ? 'field-error' : 'small quiet'}>
          {noKey ? t.policies.keyNeeded : t.policies.keyHint}
        </div>
      </div>
    </div>
  );
}

export function ProposeForm({ hash, onClose }: { hash: string; onClose: () => void }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [wish, setWish] = useState<Wish>({ stage: 'shadow', share: '5', key: '' });
  const [wrong, setWrong] = useState(false);
  const points = basisPointsOf(wish.share);
  const isWhole = wish.stage !== 'canary' || (points !== null && wish.key !== '');
  const send = useMutation({
    mutationFn: (reason: string) =>
      policyApi.requestChange({
        policy: hash,
        stage: wish.stage,
        reason,
        ...(wish.stage === 'canary' ? { share_bp: points, key: wish.key } : {}),
      }),
    onSuccess: () => {
      void message.success(t.policies.sent);
      onClose();
    },
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: changesQuery.queryKey }),
  });
  return (
    <section className="panel propose" aria-label={t.policies.propose}>
      <header>
        <h2>
          {t.policies.propose} <span className="mono">{shortHash(hash)}</span>
        </h2>
        <span className="small quiet">{t.policies.twoPeople}</span>
      </header>
      <div className="panel-body">
        <ReasonForm
          id="propose-reason"
          label={t.policies.reason}
          action={t.policies.send}
          busy={send.isPending}
          onTry={() => setWrong(!isWhole)}
          onSend={(reason) => {
            if (isWhole) send.mutate(reason);
          }}
          onClose={onClose}
        >
          <fieldset className="choices">
            <legend>{t.policies.stage}</legend>
            {STAGES.map((stage) => (
              <label key={stage}>
                <input
                  type="radio"
                  name="stage"
                  value={stage}
                  checked={wish.stage === stage}
                  onChange={() => setWish({ ...wish, stage })}
                />
                <span>
                  <strong>{t.stage[stage]}</strong>{' '}
                  <span className="quiet">{t.policies.stageMeaning[stage]}</span>
                </span>
              </label>
            ))}
          </fieldset>
          {wish.stage === 'canary' && (
            <ShareFields wish={wish} wrong={wrong} onChange={(change) => setWish({ ...wish, ...change })} />
          )}
        </ReasonForm>
      </div>
    </section>
  );
}
