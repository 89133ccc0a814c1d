/** One appeal: what the person says and sent, against what, by when it must be decided, and the reviewer's steps. */

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { appealQuery, measureQuery } from '../../api/fairness-queries';
import type { Appeal, MeasureDetail } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { useActorText } from '../../parts/actor';
import { Blank, Failure } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { AppealStateMark, MeasureStateMark, SubjectName } from '../../parts/measure-words';
import { DeadlineClock } from './deadline';
import { ReviewSteps } from './review-steps';

function Materials({ appeal }: { appeal: Appeal }) {
  const { t, moment } = useSpeech();
  return (
    <section className="panel" aria-label={t.appeals.materials}>
      <header>
        <h2>{t.appeals.materials}</h2>
      </header>
      {appeal.materials.length === 0 && <Blank text={t.appeals.noMaterials} />}
      <ul className="panel-list">
        {appeal.materials.map((material, index) => (
          <li key={material.sha256} className="row">
            <a href={`/v1/appeals/${appeal.id}/materials/${index}`} download>
              {material.name}
            </a>
            <span className="quiet small num">{Math.ceil(material.size / 1024)} kB</span>
            <span className="quiet small num">{moment(material.received_at)}</span>
            <span className="mono quiet">SHA-256 {material.sha256.slice(0, 16)}…</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Against({ measure }: { measure: MeasureDetail }) {
  const { t, moment } = useSpeech();
  const actorText = useActorText();
  const { wish } = measure;
  return (
    <section className="panel" aria-label={t.appeals.measure}>
      <header>
        <h2>{t.appeals.measure}</h2>
        <MeasureStateMark state={measure.state} />
      </header>
      <div className="panel-body stack">
        <div className="row">
          <Link to="/measures/$measureId" params={{ measureId: measure.id }}>
            {t.measureKind[wish.kind]}
          </Link>
          <SubjectName subject={wish.subject} />
        </div>
        <p>{wish.facts}</p>
        <Facts
          facts={[
            [t.measures.ground, `${t.groundBasis[wish.ground.basis]} · ${wish.ground.reference}`],
            [t.measures.signals, wish.signals.map((signal) => t.signalKind[signal.kind]).join('、')],
            [t.measures.decidedBy, `${actorText(measure.decided_by)} · ${moment(measure.decided_at)}`],
            [t.measures.expires, moment(measure.expires_at)],
          ]}
        />
      </div>
    </section>
  );
}

/** What has been asked for or decided so far. */
function Standing({ appeal }: { appeal: Appeal }) {
  const { t, moment } = useSpeech();
  const { stands } = appeal;
  if (stands.state === 'needs_materials')
    return (
      <p className="alert amber">
        {t.appeals.askedFor}: {stands.asked} · {t.appeals.until} {moment(stands.until)}
      </p>
    );
  if (stands.state === 'decided' || stands.state === 'executed' || stands.state === 'external_review') {
    const { outcome, reason } = stands.decision;
    return (
      <p className={outcome === 'rejected' ? 'alert' : 'alert green'}>
        {t.appeals.decided}: {t.appealOutcome[outcome]} — {reason}
        {stands.state === 'external_review' && ` · ${t.appeals.body}: ${stands.body}`}
      </p>
    );
  }
  return null;
}

export function AppealScreen() {
  const { appealId } = useParams({ from: '/frame/appeals/$appealId' });
  const { t, moment } = useSpeech();
  const query = useQuery(appealQuery(appealId));
  const measure = useQuery({
    ...measureQuery(query.data?.measure_id ?? ''),
    enabled: query.data !== undefined,
  });
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const appeal = query.data;
  return (
    <div className="stack" data-appeal={appeal.id}>
      <div className="page-head">
        <h1>
          {t.appeals.title} <span className="num quiet">{moment(appeal.filed_at)}</span>
        </h1>
        {appeal.livelihood && <span className="word amber">{t.livelihood[appeal.livelihood]}</span>}
        <AppealStateMark appeal={appeal} />
        <DeadlineClock appeal={appeal} />
      </div>
      <Standing appeal={appeal} />
      {measure.data && <ReviewSteps appeal={appeal} measure={measure.data} />}
      <div className="order-columns">
        <div className="stack">
          <section className="panel" aria-label={t.appeals.says}>
            <header>
              <h2>{t.appeals.says}</h2>
              <span className="small quiet">{t.appealChannel[appeal.channel]}</span>
            </header>
            <div className="panel-body stack">
              <p className="said">{appeal.says}</p>
              <Facts
                facts={[
                  [t.appeals.reviewer, appeal.reviewer?.name ?? '—'],
                  [t.deadlineKind.acknowledge, moment(appeal.deadlines.acknowledge_by)],
                  [
                    t.deadlineKind.ease,
                    appeal.deadlines.ease_by
                      ? appeal.eased_at
                        ? `${t.appeals.easedAt} ${moment(appeal.eased_at)}`
                        : moment(appeal.deadlines.ease_by)
                      : null,
                  ],
                  [t.deadlineKind.decide, moment(appeal.deadlines.decide_by)],
                ]}
              />
            </div>
          </section>
          <Materials appeal={appeal} />
        </div>
        {measure.data && <Against measure={measure.data} />}
      </div>
    </div>
  );
}
