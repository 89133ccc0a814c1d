/** What an event turned out to be, as people said, and a new word on it. */

import { useQuery } from '@tanstack/react-query';
import { labelsQuery } from '../../api/policy-queries';
import { usePersonName } from '../../api/queries';
import type { EventLabel } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { LabelForm } from '../../parts/label-form';

function Given({ label, counts }: { label: EventLabel; counts: boolean }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const by = label.labelled_by.kind === 'user' ? person(label.labelled_by.id) : '—';
  return (
    <li className={counts ? '' : 'quiet'}>
      <span className={label.truth === 'fraud' && counts ? 'word red' : 'word'}>{t.labels[label.truth]}</span>{' '}
      {label.scenes.map((scene) => wordOf(t.scanLabel, scene)).join(' · ')}{' '}
      <span className="small quiet">
        {wordOf(t.labelSource, label.source.kind)} · {by} ·{' '}
        <span className="num">{moment(label.labelled_at)}</span>
      </span>
      {label.note && <p className="small">{label.note}</p>}
    </li>
  );
}

export function LabelPanel({ eventId }: { eventId: string }) {
  const { t } = useSpeech();
  const { data } = useQuery(labelsQuery(eventId));
  const labels = data?.items ?? [];
  return (
    <section className="panel" aria-label={t.labels.turnedOut}>
      <header>
        <h2>{t.labels.turnedOut}</h2>
      </header>
      <div className="panel-body stack">
        {labels.length > 0 && (
          <ul className="plain-list">
            {labels.map((label, index) => (
              <Given key={label.id} label={label} counts={index === 0} />
            ))}
          </ul>
        )}
        <LabelForm eventId={eventId} suggested={labels[0]?.scenes ?? []} />
      </div>
    </section>
  );
}
