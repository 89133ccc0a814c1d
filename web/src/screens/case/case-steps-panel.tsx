/** How far a case is, and its next steps. */

import { Link } from '@tanstack/react-router';
import { intakeApi } from '../../api/intake-endpoints';
import { useMe } from '../../api/queries';
import type { CaseDetail } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Facts } from '../../parts/facts';
import type { StepField, StepOffer } from '../../parts/step-fields';
import { StepPanel } from '../../parts/step-panel';
import { CaseStateLabel } from '../../parts/words';
import {
  CASE_WORDS,
  CASE_WORDS_MAX,
  caseStepOf,
  caseStepsOf,
  type CaseStepWord,
  type CaseWord,
} from './case-steps';

const LINES: Readonly<Record<CaseWord, number>> = { reference: 1, reason: 2, outcome: 2, answer: 3 };

export function CaseStepsPanel({ item }: { item: CaseDetail }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const { state, lead } = item;
  const { steps, waitsForLead } = caseStepsOf(state.state, lead?.state.state ?? null);
  const notes: Partial<Record<CaseStepWord, string>> = {
    solve: t.caseSteps.solveAsk,
    ...(state.state === 'suspended' ? { file: t.caseSteps.fileAgain } : {}),
  };
  const fieldOf = (name: CaseWord): StepField => ({
    name,
    label: t.caseSteps[name],
    hint: name === 'answer' ? t.caseSteps.answerHint : undefined,
    lines: LINES[name],
    max: CASE_WORDS_MAX[name],
  });
  const offers = steps.map((step): StepOffer<CaseStepWord> => ({
    step,
    label: t.caseSteps[step],
    note: notes[step],
    danger: step === 'withdraw',
    fields: CASE_WORDS[step].map(fieldOf),
  }));
  return (
    <StepPanel
      prefix="case-step"
      title={t.caseSteps.title}
      offers={has('analyst') ? offers : []}
      send={(step, words) => intakeApi.stepCase(item.id, caseStepOf(step, words))}
    >
      <Facts
        facts={[
          [t.leads.state, <CaseStateLabel key="state" state={state} />],
          [t.caseSteps.reference, state.state === 'filed' ? state.reference : null],
          [t.caseSteps.reason, 'reason' in state ? state.reason : null],
          [t.caseSteps.outcome, state.state === 'closed' ? state.outcome : null],
        ]}
      />
      {waitsForLead && lead && (
        <p className="alert">
          {t.caseSteps.leadOpen}{' '}
          <Link to="/leads/$leadId" params={{ leadId: lead.id }}>
            {t.caseSteps.toLead}
          </Link>
        </p>
      )}
    </StepPanel>
  );
}
