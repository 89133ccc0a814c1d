/** Names of measures, their subjects and states, as marks. */

import { useInstitutionName } from '../api/queries';
import type { Appeal, Measure, MeasureBatch } from '../api/types';
import { useSpeech } from '../i18n/language';

const MEASURE_TONE: Readonly<Record<Measure['state']['state'], string>> = {
  provisional: 'word amber',
  active: 'word red',
  eased: 'word amber',
  expired: 'word',
  lifted: 'word green',
};

export function MeasureStateMark({ state }: { state: Measure['state'] }) {
  const { t } = useSpeech();
  return <span className={MEASURE_TONE[state.state]}>{t.measureState[state.state]}</span>;
}

/** Whom or what a measure hits: only as much of the reference as tells it apart. */
export function SubjectName({ subject }: { subject: Measure['wish']['subject'] }) {
  const { t } = useSpeech();
  const institution = useInstitutionName();
  return (
    <span>
      {t.subjectKind[subject.kind]} <span className="mono">{subject.reference}</span>{' '}
      <span className="quiet small">{institution(subject.platform)}</span>
    </span>
  );
}

export function AppealStateMark({ appeal }: { appeal: Appeal }) {
  const { t } = useSpeech();
  const { stands } = appeal;
  const isOpen =
    stands.state === 'submitted' || stands.state === 'acknowledged' || stands.state === 'under_review';
  return <span className={isOpen ? 'word amber' : 'word'}>{t.appealState[stands.state]}</span>;
}

const BATCH_TONE: Readonly<Record<MeasureBatch['state']['state'], string>> = {
  dry_run: 'word amber',
  refused: 'word red',
  declined: 'word',
  applying: 'word amber',
  applied: 'word red',
  rolled_back: 'word green',
};

export function BatchStateMark({ state }: { state: MeasureBatch['state'] }) {
  const { t } = useSpeech();
  return <span className={BATCH_TONE[state.state]}>{t.batchState[state.state]}</span>;
}
