/** The form that takes a measure, part by part. */

import { useQuery } from '@tanstack/react-query';
import { Button, Checkbox } from 'antd';
import { operationsQuery } from '../../api/casework-queries';
import { institutionsQuery } from '../../api/queries';
import type { MeasureKind, SubjectKind } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { ChoiceField, TextField } from '../../parts/form-field';
import { HOURS_MAX, idOf, kindsFor, onSubject, type Belongs, type ImposeDraft } from './impose-draft';
import { SignalFields } from './signal-fields';
import { useImpose, type Impose } from './use-impose';

const TEXT_MAX = {
  reference: 140,
  scope: 500,
  groundReference: 500,
  explanation: 2_000,
  facts: 5_000,
} as const;
const NAME_MAX = 500;

/** The words of a dictionary as choices. */
const choicesOf = <T extends string>(words: Readonly<Record<T, string>>) =>
  Object.entries(words) as [T, string][];

function WhatFields({ form, partners }: { form: Impose; partners: readonly [string, string][] }) {
  const { t } = useSpeech();
  const { draft, wrong, change } = form;
  const kinds = kindsFor(draft.subjectKind);
  return (
    <div className="institution-fields">
      <ChoiceField
        id={idOf('platform')}
        label={t.measures.platform}
        none={t.measures.choose}
        wrong={wrong('platform')}
        value={draft.platform}
        choices={partners}
        onChange={(platform) => change({ platform })}
      />
      <ChoiceField<SubjectKind>
        id={idOf('subjectKind')}
        label={t.measures.subjectKind}
        wrong={wrong('subjectKind')}
        value={draft.subjectKind}
        choices={choicesOf(t.subjectKind)}
        onChange={(kind) => change(onSubject(draft, kind))}
      />
      <TextField
        id={idOf('reference')}
        label={t.measures.reference}
        hint={t.measures.referenceHint}
        wrong={wrong('reference')}
        mono
        max={TEXT_MAX.reference}
        value={draft.reference}
        onChange={(reference) => change({ reference })}
      />
      <ChoiceField<MeasureKind>
        id={idOf('kind')}
        label={t.measures.kind}
        wrong={wrong('kind')}
        value={draft.kind}
        choices={kinds.map((kind) => [kind, t.measureKind[kind]] as const)}
        onChange={(kind) => change({ kind })}
      />
      <TextField
        id={idOf('scope')}
        label={t.measures.scope}
        hint={t.measures.scopeHint}
        wrong={wrong('scope')}
        max={TEXT_MAX.scope}
        value={draft.scope}
        onChange={(scope) => change({ scope })}
      />
      <TextField
        id={idOf('hours')}
        label={t.measures.lasts}
        hint={t.measures.lastsHint(HOURS_MAX[draft.kind])}
        wrong={wrong('hours')}
        inputMode="numeric"
        max={4}
        value={draft.hours}
        onChange={(hours) => change({ hours })}
      />
    </div>
  );
}

function WhyFields({ form }: { form: Impose }) {
  const { t } = useSpeech();
  const { draft, wrong, change } = form;
  const text = (
    name: 'groundReference' | 'explanation' | 'facts',
    label: string,
    lines: number,
    hint?: string,
  ) => (
    <TextField
      id={idOf(name)}
      label={label}
      hint={hint}
      wrong={wrong(name)}
      lines={lines}
      max={TEXT_MAX[name]}
      value={draft[name]}
      onChange={(value) => change({ [name]: value })}
    />
  );
  return (
    <>
      <div className="institution-fields">
        <ChoiceField<ImposeDraft['basis']>
          id={idOf('basis')}
          label={t.measures.basis}
          wrong={wrong('basis')}
          value={draft.basis}
          choices={choicesOf(t.groundBasis)}
          onChange={(basis) => change({ basis })}
        />
        {text('groundReference', t.measures.groundReference, 1, t.measures.groundReferenceHint)}
      </div>
      {text('explanation', t.measures.explanation, 2)}
      {text('facts', t.measures.facts, 4)}
    </>
  );
}

/** An operation that goes on and that the measure belongs to, if any. */
function OperationField({ form }: { form: Impose }) {
  const { t } = useSpeech();
  const { data } = useQuery(operationsQuery);
  const { operation } = form.draft;
  const offered = (data?.items ?? []).filter(({ id, ended_at }) => !ended_at || id === operation);
  if (offered.length === 0) return null;
  return (
    <ChoiceField
      id={idOf('operation')}
      label={t.measures.operationField}
      none={t.app.none}
      wrong={form.wrong('operation')}
      value={operation}
      choices={offered.map(({ id, name }) => [id, name] as const)}
      onChange={(chosen) => form.change({ operation: chosen })}
    />
  );
}

function MoreFields({ form, partners }: { form: Impose; partners: readonly [string, string][] }) {
  const { t } = useSpeech();
  const { draft, wrong, change } = form;
  const line = (
    name: 'detectorName' | 'detectorVersion' | 'held' | 'caseId',
    label: string,
    mono = false,
  ) => (
    <TextField
      id={idOf(name)}
      label={label}
      wrong={wrong(name)}
      mono={mono}
      inputMode={name === 'held' ? 'decimal' : 'text'}
      max={NAME_MAX}
      value={draft[name]}
      onChange={(value) => change({ [name]: value })}
    />
  );
  const partnersWrong = wrong('partners');
  const others = partners.filter(([code]) => code !== draft.platform);
  return (
    <>
      <fieldset className="signal-fields">
        <legend>{t.measures.machine}</legend>
        <div className="institution-fields">
          {line('detectorName', t.measures.detectorName)}
          {line('detectorVersion', t.measures.detectorVersion)}
        </div>
      </fieldset>
      <div className="institution-fields">
        {line('held', t.measures.held)}
        {line('caseId', t.measures.caseId, true)}
        <OperationField form={form} />
      </div>
      {others.length > 0 && (
        <fieldset className="signal-fields" id={idOf('partners')} tabIndex={-1}>
          <legend>{t.measures.otherPartners}</legend>
          <Checkbox.Group
            value={[...draft.partners]}
            options={others.map(([value, label]) => ({ value, label }))}
            onChange={(chosen) => change({ partners: chosen })}
          />
          {partnersWrong && <div className="field-error">{partnersWrong}</div>}
        </fieldset>
      )}
    </>
  );
}

interface ImposeFormProps {
  readonly belongs: Belongs;
  readonly onDone: (measureId: string) => void;
  readonly onClose: () => void;
}

export function ImposeForm({ belongs, onDone, onClose }: ImposeFormProps) {
  const { t } = useSpeech();
  const form = useImpose(belongs, onDone);
  const { data } = useQuery(institutionsQuery);
  const partners = (data?.items ?? []).map(({ code, name }) => [code, name] as [string, string]);
  return (
    <section className="panel" aria-label={t.measures.impose}>
      <form
        className="panel-body stack impose-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <p className="small quiet">{t.measures.imposeHint}</p>
        <WhatFields form={form} partners={partners} />
        <WhyFields form={form} />
        <SignalFields form={form} />
        <MoreFields form={form} partners={partners} />
        <div role="alert">{form.failure && <p className="alert red">{form.failure}</p>}</div>
        <div className="row end-row">
          <Button onClick={onClose}>{t.app.cancel}</Button>
          <Button type="primary" htmlType="submit" loading={form.busy}>
            {t.measures.imposeAct}
          </Button>
        </div>
      </form>
    </section>
  );
}
