/** The reviewer's steps on an appeal; whoever had a part in the measure is told why he has none. */

import { Button } from 'antd';
import { useState } from 'react';
import { fairnessApi } from '../../api/fairness-endpoints';
import { useMe } from '../../api/queries';
import type { Appeal, MeasureDetail, ReviewOutcome } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { ChoiceRow } from '../../parts/choice-row';
import { ReasonForm } from '../../parts/reason-form';
import { useStep } from '../../parts/use-step';
import { isClosed, whyNot } from './appeal-queue';

const OUTCOMES: readonly ReviewOutcome[] = ['upheld', 'partly', 'rejected'];

function DecideForm({ appeal, onClose }: { appeal: Appeal; onClose: () => void }) {
  const { t } = useSpeech();
  const { busy, run } = useStep();
  const [outcome, setOutcome] = useState<ReviewOutcome | null>(null);
  const [tried, setTried] = useState(false);
  return (
    <ReasonForm
      id="appeal-decision"
      label={t.appeals.reason}
      action={t.appeals.decide}
      busy={busy}
      onTry={() => setTried(true)}
      onSend={(reason) => {
        if (outcome)
          run(() => fairnessApi.decideAppeal(appeal.id, outcome, reason), t.appeals.saved, onClose);
      }}
      onClose={onClose}
    >
      <ChoiceRow<ReviewOutcome>
        label={t.appeals.decided}
        value={outcome}
        onChange={setOutcome}
        choices={OUTCOMES.map((value) => [value, t.appealOutcome[value]])}
      />
      {tried && outcome === null && <div className="field-error">{t.appeals.outcomeNeeded}</div>}
    </ReasonForm>
  );
}

export function ReviewSteps({ appeal, measure }: { appeal: Appeal; measure: MeasureDetail }) {
  const { t } = useSpeech();
  const { user, has } = useMe();
  const { busy, run } = useStep();
  const [form, setForm] = useState<'ask' | 'decide' | null>(null);
  const me = { id: user?.id ?? '', name: user?.name ?? '', isReviewer: has('reviewer') };
  const refusal = whyNot(measure, me);
  const { state } = appeal.stands;
  const isMine = appeal.reviewer?.id === me.id;
  const isOpen = !isClosed(appeal);
  const may = {
    take: isOpen && refusal === null && (state === 'submitted' || state === 'acknowledged'),
    review: isOpen && refusal === null && isMine && state === 'under_review',
    ease: isOpen && refusal === null && appeal.livelihood !== null && appeal.eased_at === null,
  };
  const take = () => {
    if (may.take) run(() => fairnessApi.takeAppeal(appeal.id), t.appeals.saved);
  };
  useShortcuts(may.take ? { a: take } : {});
  if (!isOpen) return null;
  const because = {
    not_reviewer: t.appeals.notReviewer,
    decided_it: t.appeals.decidedIt,
    confirmed_it: t.appeals.confirmedIt,
  };
  if (refusal) return <p className="alert">{because[refusal]}</p>;
  return (
    <section className="panel" aria-label={t.appeals.decide}>
      <div className="panel-body stack">
        {!isMine && appeal.reviewer && <p className="alert">{t.appeals.mineOnly}</p>}
        {form === 'decide' && <DecideForm appeal={appeal} onClose={() => setForm(null)} />}
        {form === 'ask' && (
          <ReasonForm
            id="appeal-ask"
            label={t.appeals.asked}
            action={t.appeals.ask}
            busy={busy}
            onSend={(asked) =>
              run(
                () => fairnessApi.askAppeal(appeal.id, asked),
                t.appeals.saved,
                () => setForm(null),
              )
            }
            onClose={() => setForm(null)}
          />
        )}
        {form === null && (
          <div className="row end-row">
            {may.ease && (
              <Button
                loading={busy}
                onClick={() => run(() => fairnessApi.easeAppeal(appeal.id), t.appeals.saved)}
              >
                {t.appeals.ease}
              </Button>
            )}
            {may.take && (
              <Button type="primary" loading={busy} onClick={take}>
                {t.appeals.take} <kbd aria-hidden="true">A</kbd>
              </Button>
            )}
            {may.review && <Button onClick={() => setForm('ask')}>{t.appeals.ask}</Button>}
            {may.review && (
              <Button type="primary" onClick={() => setForm('decide')}>
                {t.appeals.decide}
              </Button>
            )}
          </div>
        )}
      </div>
    </section>
  );
}
