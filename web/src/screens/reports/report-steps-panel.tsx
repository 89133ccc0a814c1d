/** The steps of a report, and a claim code for a reporter who lost theirs. */

import { intakeApi } from '../../api/intake-endpoints';
import { useMe } from '../../api/queries';
import type { Report } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import type { StepField, StepOffer } from '../../parts/step-fields';
import { StepPanel } from '../../parts/step-panel';
import { GiveClaim } from './give-claim';
import {
  REPORT_WORDS,
  REPORT_WORDS_MAX,
  currencyOf,
  keptMinor,
  reportStepOf,
  reportStepsOf,
  type ReportStepWord,
  type ReportWord,
} from './report-steps';

const LINES: Readonly<Record<ReportWord, number>> = { amount: 1, text: 4, question: 2, reason: 2, answer: 3 };

export function ReportStepsPanel({ report }: { report: Report }) {
  const { t } = useSpeech();
  const { takesReports } = useMe();
  const currency = currencyOf(report);
  const hints: Partial<Record<ReportWord, string>> = {
    amount: t.reportSteps.amountHint,
    question: t.reportSteps.questionHint,
    answer: t.reportSteps.answerHint,
  };
  const fieldOf = (name: ReportWord): StepField => ({
    name,
    label: name === 'amount' ? t.reportSteps.amount(currency) : t.reportSteps[name],
    hint: hints[name],
    lines: LINES[name],
    max: REPORT_WORDS_MAX[name],
    ...(name === 'amount' && {
      fits: (text: string) => keptMinor(text, currency) !== null,
      needed: t.reportSteps.amountNeeded,
    }),
  });
  const offers = reportStepsOf(report).map((step): StepOffer<ReportStepWord> => ({
    step,
    label: t.reportSteps[step],
    fields: REPORT_WORDS[step].map(fieldOf),
  }));
  if (!takesReports) return <p className="alert">{t.reportSteps.readOnly}</p>;
  return (
    <StepPanel
      prefix="report-step"
      title={t.steps.title}
      offers={offers}
      byKey
      send={(step, words) => intakeApi.stepReport(report.id, reportStepOf(step, words, currency))}
    >
      {report.state.state === 'needs_info' && <p className="alert amber">{t.reportSteps.waits}</p>}
      <GiveClaim reportId={report.id} />
    </StepPanel>
  );
}
