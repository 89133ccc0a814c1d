/** One batch of measures: what it would do first, then the second person's word, then subject by subject. */

import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { fairnessApi } from '../../api/fairness-endpoints';
import { batchQuery } from '../../api/fairness-queries';
import { usePersonName } from '../../api/queries';
import { useMe } from '../../api/queries';
import type { DryRun, MeasureBatch } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { BatchStateMark } from '../../parts/measure-words';
import { ReasonForm } from '../../parts/reason-form';
import { useStep } from '../../parts/use-step';
import { stepsOn } from './batch-steps';
import { SubjectTable } from './subject-table';

function DryRunPanel({ dryRun }: { dryRun: DryRun }) {
  const { t } = useSpeech();
  const figures: [string, number, string][] = [
    [t.batches.subjects, dryRun.subjects, ''],
    [t.batches.hit, dryRun.hit, 'amber'],
    [t.batches.withoutSignal, dryRun.without_signal, 'green'],
    [t.batches.outsideArea, dryRun.outside_area, ''],
    [t.batches.travellers, dryRun.travellers, ''],
    [t.batches.travellersHit, dryRun.travellers_hit, dryRun.travellers_hit > 0 ? 'amber' : ''],
    [t.batches.longResidents, dryRun.long_residents, ''],
    [t.batches.longResidentsHit, dryRun.long_residents_hit, dryRun.long_residents_hit > 0 ? 'amber' : ''],
  ];
  return (
    <section className="panel" aria-label={t.batches.dryRun}>
      <header>
        <h2>{t.batches.dryRun}</h2>
      </header>
      <div className="panel-body stack">
        <dl className="inline-facts dry-run">
          {figures.map(([label, count, tone]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd className={`num ${tone}`}>{count.toLocaleString()}</dd>
            </div>
          ))}
        </dl>
        <p className="small quiet">{t.batches.dryRunHint}</p>
      </div>
    </section>
  );
}

/** How a batch ended or why it cannot begin. */
function Standing({ batch }: { batch: MeasureBatch }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const { state } = batch;
  switch (state.state) {
    case 'refused':
      return (
        <p className="alert red">
          {t.batches.refused}:{' '}
          {state.why === 'region_sole_ground' ? t.batches.regionSoleGround : t.batches.nobodyHit}
        </p>
      );
    case 'declined':
    case 'rolled_back':
      return (
        <p className="alert">
          {t.batchState[state.state]} {moment(state.at)} · {person(state.by)} — {state.reason}
        </p>
      );
    case 'dry_run':
    case 'applying':
    case 'applied':
      return null;
  }
}

function Steps({ batch }: { batch: MeasureBatch }) {
  const { t } = useSpeech();
  const { user, has } = useMe();
  const { busy, run } = useStep();
  const [form, setForm] = useState<'decline' | 'roll-back' | null>(null);
  const may = stepsOn(batch, {
    id: user?.id ?? '',
    isApprover: has('approver'),
    isWorker: has('analyst') || has('approver'),
  });
  const approve = () => {
    if (may.approve) run(() => fairnessApi.approveBatch(batch.id), t.batchState.applying);
  };
  useShortcuts(may.approve ? { a: approve } : {});
  if (may.isOwn && batch.state.state === 'dry_run') return <p className="alert">{t.batches.samePerson}</p>;
  if (!may.approve && !may.rollBack) return null;
  if (form)
    return (
      <section className="panel">
        <div className="panel-body">
          <ReasonForm
            id="batch-reason"
            label={form === 'decline' ? t.batches.declineReason : t.batches.rollBackReason}
            action={form === 'decline' ? t.batches.decline : t.batches.rollBack}
            danger={form === 'roll-back'}
            busy={busy}
            onSend={(reason) =>
              run(
                () =>
                  form === 'decline'
                    ? fairnessApi.declineBatch(batch.id, reason)
                    : fairnessApi.rollBackBatch(batch.id, reason),
                form === 'decline' ? t.batchState.declined : t.batchState.rolled_back,
                () => setForm(null),
              )
            }
            onClose={() => setForm(null)}
          />
        </div>
      </section>
    );
  return (
    <div className="row end-row">
      {may.rollBack && (
        <Button danger onClick={() => setForm('roll-back')}>
          {t.batches.rollBack}
        </Button>
      )}
      {may.approve && <Button onClick={() => setForm('decline')}>{t.batches.decline}</Button>}
      {may.approve && (
        <Button type="primary" loading={busy} onClick={approve}>
          {t.batches.approve} <kbd aria-hidden="true">A</kbd>
        </Button>
      )}
    </div>
  );
}

export function BatchScreen() {
  const { batchId } = useParams({ from: '/frame/batches/$batchId' });
  const { t, moment } = useSpeech();
  const query = useQuery(batchQuery(batchId));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const batch = query.data;
  const { wish } = batch;
  return (
    <div className="stack" data-batch={batch.id}>
      <div className="page-head">
        <h1>
          {t.batches.title} · {t.measureKind[wish.kind]}
        </h1>
        <BatchStateMark state={batch.state} />
      </div>
      <Standing batch={batch} />
      <DryRunPanel dryRun={batch.dry_run} />
      <Steps batch={batch} />
      <section className="panel" aria-label={t.measures.facts}>
        <div className="panel-body stack">
          <p>{wish.facts}</p>
          <Facts
            facts={[
              [
                t.measures.ground,
                `${t.groundBasis[wish.ground.basis]} · ${wish.ground.reference} — ${wish.ground.explanation}`,
              ],
              [t.measures.scope, wish.scope],
              [t.batches.lastsLabel, t.batches.lasts(wish.lasts_hours)],
              [t.batches.area, wish.area ? wish.area.regions.join('、') : null],
              [t.batches.approvalReference, wish.area ? wish.area.national_approval : null],
              [t.batches.askedBy, `${batch.asked_by.name} · ${moment(batch.asked_at)}`],
            ]}
          />
        </div>
      </section>
      <SubjectTable batch={batch} />
    </div>
  );
}
