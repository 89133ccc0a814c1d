/** The steps of a lead, each with its form; the outcome's form is open where it is all that is missing. */

import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState, type ReactNode } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { refreshCasework, relatedQuery } from '../../api/casework-queries';
import { useMe } from '../../api/queries';
import type { Lead, OutcomeKind } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { serverNow } from '../../clock/ticker';
import { useSpeech, wordOf } from '../../i18n/language';
import { ChoiceField, TextField } from '../../parts/form-field';
import { usePersonChoices } from '../../parts/person-choices';
import { useStep } from '../../parts/use-step';
import {
  DETAIL_MAX,
  NEW_DRAFT,
  REASON_MAX,
  UNIT_MAX,
  draftProblems,
  offeredSteps,
  stepOf,
  type FormStep,
  type LeadDraft,
  type LeadField,
  type OfferedStep,
} from './lead-steps';

const idOf = (field: LeadField) => `lead-${field}`;

interface PartProps {
  readonly draft: LeadDraft;
  readonly wrong: (field: LeadField) => string | null;
  readonly change: (part: Partial<LeadDraft>) => void;
}

/** The leads that this one may be joined to, those that share something first. */
function useTargets(lead: Lead): (readonly [string, string])[] {
  const { t } = useSpeech();
  const leads = useQuery({
    queryKey: ['leads', 'targets'],
    queryFn: () => caseworkApi.leads({}, undefined),
  });
  const related = useQuery(relatedQuery(lead.case_id));
  const shared = new Map(related.data?.items.map((item) => [item.id, item.shared]));
  return (leads.data?.items ?? [])
    .filter((other) => other.id !== lead.id && other.state.state !== 'merged')
    .sort((a, b) => Number(shared.has(b.case_id)) - Number(shared.has(a.case_id)))
    .map((other) => {
      const what = Object.keys(shared.get(other.case_id) ?? {}).map((word) => wordOf(t.shared, word));
      const hint = what.length > 0 ? ` · ${t.leads.shares(what.join(', '))}` : '';
      const name = `${t.priority[other.priority]} ${other.case_number} · ${t.leadState[other.state.state]}`;
      return [other.id, name + hint] as const;
    });
}

function AssignPart({ draft, wrong, change }: PartProps) {
  const { t } = useSpeech();
  return (
    <ChoiceField
      id={idOf('person')}
      label={t.leads.assignTo}
      none={t.leads.choose}
      wrong={wrong('person')}
      value={draft.person}
      choices={usePersonChoices(['analyst'])}
      onChange={(person) => change({ person })}
    />
  );
}

function ReferPart({ draft, wrong, change }: PartProps) {
  const { t } = useSpeech();
  return (
    <>
      <p className="small quiet">{t.leads.referHint}</p>
      <div className="institution-fields">
        <TextField
          id={idOf('unit')}
          label={t.leads.referTo}
          wrong={wrong('unit')}
          max={UNIT_MAX}
          value={draft.unit}
          onChange={(unit) => change({ unit })}
        />
        <TextField
          id={idOf('due')}
          label={t.leads.referDue}
          wrong={wrong('due')}
          type="datetime-local"
          max={32}
          value={draft.due}
          onChange={(due) => change({ due })}
        />
      </div>
    </>
  );
}

function MergePart({ lead, draft, wrong, change }: PartProps & { lead: Lead }) {
  const { t } = useSpeech();
  const targets = useTargets(lead);
  return (
    <>
      <p className="small quiet">{t.leads.mergeHint}</p>
      <ChoiceField
        id={idOf('into')}
        label={t.leads.mergeInto}
        none={targets.length > 0 ? t.leads.choose : t.leads.mergeNone}
        wrong={wrong('into')}
        value={draft.into}
        choices={targets}
        onChange={(into) => change({ into })}
      />
    </>
  );
}

function OutcomePart({ draft, wrong, change }: PartProps) {
  const { t } = useSpeech();
  return (
    <>
      <div className="institution-fields">
        <ChoiceField<OutcomeKind | ''>
          id={idOf('kind')}
          label={t.leads.outcomeKind}
          none={t.leads.choose}
          wrong={wrong('kind')}
          value={draft.kind}
          choices={Object.entries(t.outcomeKind) as [OutcomeKind, string][]}
          onChange={(kind) => change({ kind })}
        />
        <TextField
          id={idOf('toldBy')}
          label={t.leads.outcomeToldBy}
          wrong={wrong('toldBy')}
          max={UNIT_MAX}
          value={draft.toldBy}
          onChange={(toldBy) => change({ toldBy })}
        />
      </div>
      <TextField
        id={idOf('detail')}
        label={t.leads.outcomeDetail}
        wrong={wrong('detail')}
        lines={3}
        max={DETAIL_MAX}
        value={draft.detail}
        onChange={(detail) => change({ detail })}
      />
    </>
  );
}

function NoActionPart({ draft, wrong, change }: PartProps) {
  const { t } = useSpeech();
  return (
    <TextField
      id={idOf('reason')}
      label={t.leads.noActionReason}
      hint={t.leads.noActionHint}
      wrong={wrong('reason')}
      lines={2}
      max={REASON_MAX}
      value={draft.reason}
      onChange={(reason) => change({ reason })}
    />
  );
}

/** What each step is called on its button. */
function useStepNames(): Readonly<Record<OfferedStep, string>> {
  const { t } = useSpeech();
  return {
    take: t.leads.take,
    investigate: t.leads.begin,
    assign: t.leads.assign,
    refer: t.leads.refer,
    no_action: t.leads.noAction,
    merge: t.leads.merge,
    record_outcome: t.leads.record,
  };
}

function LeadForm({ lead, step, onClose }: { lead: Lead; step: FormStep; onClose: (() => void) | null }) {
  const { t } = useSpeech();
  const names = useStepNames();
  const { busy, run } = useStep(refreshCasework);
  const [draft, setDraft] = useState(NEW_DRAFT);
  const [tried, setTried] = useState(false);
  const problems = draftProblems(step, draft, serverNow());
  const part: PartProps = {
    draft,
    wrong: (field) => (tried && problems.includes(field) ? t.leads.wrong[field] : null),
    change: (changed) => setDraft({ ...draft, ...changed }),
  };
  const parts: Record<FormStep, () => ReactNode> = {
    assign: () => <AssignPart {...part} />,
    refer: () => <ReferPart {...part} />,
    no_action: () => <NoActionPart {...part} />,
    merge: () => <MergePart {...part} lead={lead} />,
    record_outcome: () => <OutcomePart {...part} />,
  };
  return (
    <form
      className="stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const [first] = problems;
        if (first) document.getElementById(idOf(first))?.focus();
        else
          run(
            () => caseworkApi.stepLead(lead.id, stepOf(step, draft)),
            step === 'record_outcome' ? t.leads.done : t.leads.saved,
            onClose ?? undefined,
          );
      }}
    >
      {parts[step]()}
      <div className="row end-row">
        {onClose && <Button onClick={onClose}>{t.app.cancel}</Button>}
        <Button type="primary" htmlType="submit" loading={busy}>
          {names[step]}
        </Button>
      </div>
    </form>
  );
}

export function LeadStepsPanel({ lead }: { lead: Lead }) {
  const { t } = useSpeech();
  const { user, has } = useMe();
  const names = useStepNames();
  const { busy, run } = useStep(refreshCasework);
  const me = { id: user?.id ?? '', isAnalyst: has('analyst') };
  const steps = offeredSteps(lead, me);
  const [first] = steps;
  const onlyForm: FormStep | null = steps.length === 1 && first === 'record_outcome' ? first : null;
  const [open, setOpen] = useState<FormStep | null>(onlyForm);
  const take = async () => {
    await caseworkApi.stepLead(lead.id, { step: 'assign', to: me.id });
    await caseworkApi.stepLead(lead.id, { step: 'investigate' });
  };
  const act = (step: OfferedStep) => {
    if (step === 'take') run(take, t.leads.saved);
    else if (step === 'investigate')
      run(() => caseworkApi.stepLead(lead.id, { step: 'investigate' }), t.leads.saved);
    else setOpen(step);
  };
  useShortcuts(first && !open ? { a: () => act(first) } : {});
  if (!me.isAnalyst)
    return lead.state.state === 'outcome_recorded' ? null : <p className="alert">{t.leads.readOnly}</p>;
  if (steps.length === 0) return null;
  return (
    <section className="panel" aria-label={t.leads.steps}>
      <div className="panel-body stack">
        {lead.state.state === 'assigned' && lead.state.to !== me.id && (
          <p className="alert">{t.leads.waits}</p>
        )}
        {open ? (
          <LeadForm key={open} lead={lead} step={open} onClose={onlyForm ? null : () => setOpen(null)} />
        ) : (
          <div className="row end-row">
            {[...steps].reverse().map((step) => (
              <Button
                key={step}
                data-step={step}
                type={step === first ? 'primary' : 'default'}
                loading={busy && (step === 'take' || step === 'investigate')}
                onClick={() => act(step)}
              >
                {names[step]} {step === first && <kbd aria-hidden="true">A</kbd>}
              </Button>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}
