/** Labelling: the events that it tells most to ask about, one after the other. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { picksQuery } from '../../api/policy-queries';
import type { LabelPick } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { formatScore } from '../../format/score';
import { useSpeech, wordOf } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { LabelForm } from '../../parts/label-form';
import { DecisionWord } from '../../parts/policy-words';

function PickPanel({ pick, onGiven }: { pick: LabelPick; onGiven: () => void }) {
  const { t, instant } = useSpeech();
  return (
    <article className="panel" aria-label={t.labels.asked} data-pick={pick.event_id}>
      <header>
        <h2>
          <span className={pick.why === 'contradiction' ? 'word red' : 'word amber'}>
            {wordOf(t.labelWhy, pick.why)}
          </span>
        </h2>
        <span className="small quiet">
          {t.labels.decided} <DecisionWord value={pick.decision} />{' '}
          <span className="num">{instant(pick.decided_at)}</span>
        </span>
      </header>
      <div className="panel-body stack">
        <p className="pick-text">{pick.text}</p>
        <p className="small">
          <span className="quiet">{t.labels.score}</span>{' '}
          <strong className="num">{formatScore(pick.score)}</strong>
          {pick.labels.map((one) => (
            <span key={one.label} className="pick-label">
              {wordOf(t.scanLabel, one.label)} <span className="num quiet">{formatScore(one.score)}</span>
            </span>
          ))}
        </p>
        <LabelForm
          key={pick.event_id}
          eventId={pick.event_id}
          suggested={pick.labels.map((one) => one.label)}
          onGiven={onGiven}
        />
        <p className="small">
          <Link to="/decisions/$eventId" params={{ eventId: pick.event_id }}>
            {t.labels.open}
          </Link>
        </p>
      </div>
    </article>
  );
}

export function LabelsScreen() {
  const { t } = useSpeech();
  const query = useQuery(picksQuery);
  const [passed, setPassed] = useState<readonly string[]>([]);
  const left = (query.data?.items ?? []).filter((pick) => !passed.includes(pick.event_id));
  const pick = left[0];
  const pass = (eventId: string) => {
    setPassed((before) => [...before, eventId]);
    // The last of these: ask for more.
    if (left.length === 1) void query.refetch();
  };
  const skip = () => {
    if (pick) pass(pick.event_id);
  };
  useShortcuts({ j: skip });
  return (
    <>
      <div className="page-head">
        <h1>{t.labels.title}</h1>
        {pick && <span className="quiet num">{t.labels.left(left.length)}</span>}
        {pick && (
          <Button onClick={skip}>
            {t.labels.skip} <kbd aria-hidden="true">J</kbd>
          </Button>
        )}
      </div>
      <p className="quiet small">{t.labels.hint}</p>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && !pick && <Blank text={t.labels.empty} onRetry={() => void query.refetch()} />}
      {pick && <PickPanel key={pick.event_id} pick={pick} onGiven={() => pass(pick.event_id)} />}
    </>
  );
}
