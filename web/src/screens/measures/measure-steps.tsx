/** What may be done with a measure: confirm it, lift it, or say that it stands after another look. */

import { Button } from 'antd';
import { useState } from 'react';
import { fairnessApi } from '../../api/fairness-endpoints';
import { useMe } from '../../api/queries';
import type { MeasureDetail } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { ReasonForm } from '../../parts/reason-form';
import { useStep } from '../../parts/use-step';

/** Steps that this person may take now. */
function stepsOf(measure: MeasureDetail, roles: { approver: boolean; worker: boolean; reviewer: boolean }) {
  const { state } = measure.state;
  const isOpen = state === 'provisional' || state === 'active' || state === 'eased';
  return {
    confirm: state === 'provisional' && roles.approver,
    lift: isOpen && roles.worker,
    reexamine: isOpen && measure.reexamine !== null && roles.reviewer,
  };
}

export function MeasureSteps({ measure, onDone }: { measure: MeasureDetail; onDone: () => void }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const { busy, run } = useStep();
  const [asking, setAsking] = useState<'lift' | 'reexamine' | null>(null);
  const may = stepsOf(measure, {
    approver: has('approver'),
    worker: has('analyst') || has('approver'),
    reviewer: has('reviewer'),
  });
  if (!may.confirm && !may.lift && !may.reexamine) return null;
  return (
    <section className="panel" aria-label={t.measures.lift}>
      <div className="panel-body stack">
        {measure.reexamine !== null && <p className="alert amber">{t.measures.reexamineTitle}</p>}
        {may.confirm && <p className="alert">{t.measures.confirmHint}</p>}
        {asking ? (
          <ReasonForm
            id="lift-reason"
            label={t.measures.liftReason}
            action={t.measures.lift}
            danger
            busy={busy}
            onSend={(reason) =>
              run(
                () =>
                  asking === 'lift'
                    ? fairnessApi.liftMeasure(measure.id, reason)
                    : fairnessApi.reexamine(measure.id, reason),
                t.measures.lifted,
                onDone,
              )
            }
            onClose={() => setAsking(null)}
          />
        ) : (
          <div className="row end-row">
            {may.reexamine && (
              <Button
                loading={busy}
                onClick={() => run(() => fairnessApi.reexamine(measure.id, null), t.measures.kept)}
              >
                {t.measures.keep}
              </Button>
            )}
            {(may.lift || may.reexamine) && (
              <Button danger onClick={() => setAsking(may.reexamine ? 'reexamine' : 'lift')}>
                {t.measures.lift}
              </Button>
            )}
            {may.confirm && (
              <Button
                type="primary"
                loading={busy}
                onClick={() => run(() => fairnessApi.confirmMeasure(measure.id), t.measures.confirmed)}
              >
                {t.measures.confirm}
              </Button>
            )}
          </div>
        )}
      </div>
    </section>
  );
}
