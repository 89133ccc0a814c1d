/** One decision: what was decided, why, what would have changed it, and the event with what is known of its entities. */

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { decisionQuery, outlineQuery } from '../../api/policy-queries';
import { useMe } from '../../api/queries';
import type { EventOutline, StoredDecision } from '../../api/types';
import { maskAccount } from '../../format/mask';
import { useSpeech, wordOf } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { DecisionWord, VersionLink } from '../../parts/policy-words';
import { featureTexts, firedRules, lengthText, measuresOf, valueText } from '../../policy/explanation';
import { scriptSights } from '../../policy/script-sight';
import { FiredRulePanel } from './fired-rule';
import { LateWord } from './decision-table';
import { LabelPanel } from './label-panel';
import { ScriptPanel } from './script-panel';

/** Text of a value in the reader's language. */
export function useValueText(): (value: unknown) => string {
  const { t, locale } = useSpeech();
  const words = { yes: t.app.yes, no: t.app.no, missing: t.decisions.missing };
  return (value) => valueText(value, locale, words);
}

interface SentEvent {
  readonly data: Readonly<Record<string, unknown>>;
  readonly label: string | null;
}

function sentEvent(event: unknown): SentEvent | null {
  if (typeof event !== 'object' || event === null) return null;
  const { data, label } = event as { data?: unknown; label?: unknown };
  if (typeof data !== 'object' || data === null) return null;
  return { data: data as Record<string, unknown>, label: typeof label === 'string' ? label : null };
}

/** Values of fields that name persons, as texts. While the policy is not known, every text may. */
function personalValues(event: SentEvent | null, kind: EventOutline | undefined): string[] {
  return Object.entries(event?.data ?? {}).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [];
    const field = kind?.fields.find((known) => known.name === name);
    return field && !field.personal ? [] : [value];
  });
}

function Measures({ decision }: { decision: StoredDecision }) {
  const { t, locale } = useSpeech();
  const measures = measuresOf(decision.measures);
  return (
    <section className="panel" aria-label={t.decisions.measures}>
      <header>
        <h2>{t.decisions.measures}</h2>
      </header>
      <div className="panel-body">
        {measures.length === 0 && <p className="quiet">{t.decisions.noMeasures}</p>}
        <ul className="plain-list">
          {measures.map((measure) => (
            <li key={measure.kind}>
              <strong>{wordOf(t.measure, measure.kind)}</strong>{' '}
              <span className="quiet">{t.decisions.lasts(lengthText(measure.lasts_secs, locale))}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Features({
  decision,
  hidden,
  reveal,
}: {
  decision: StoredDecision;
  hidden: string[];
  reveal: boolean;
}) {
  const { t } = useSpeech();
  const text = useValueText();
  const features = featureTexts(decision.features, hidden, reveal, maskAccount);
  return (
    <section className="panel" aria-label={t.decisions.features}>
      <header>
        <h2>{t.decisions.features}</h2>
        <span className="small quiet num">{features.length}</span>
      </header>
      {features.length === 0 && <p className="panel-body quiet">{t.decisions.noFeatures}</p>}
      {features.length > 0 && (
        <dl className="pairs">
          {features.map((feature) => (
            <div key={`${feature.name}(${feature.keys})`}>
              <dt className="mono">
                {feature.name}
                <span className="quiet">({feature.keys})</span>
              </dt>
              <dd className="num">{text(feature.value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

interface ContentProps {
  readonly event: SentEvent | null;
  readonly kind: EventOutline | undefined;
  readonly hidden: readonly string[];
  readonly reveal: boolean;
}

function Content({ event, kind, hidden, reveal }: ContentProps) {
  const { t } = useSpeech();
  const { has } = useMe();
  const navigate = useNavigate();
  const text = useValueText();
  if (!event)
    return <p className="panel-body quiet">{has('auditor') ? t.decisions.hidden : t.decisions.gone}</p>;
  const fields = Object.entries(event.data).filter(([, value]) => value !== null);
  const mask = (value: unknown) =>
    !reveal && typeof value === 'string' && hidden.includes(value) ? maskAccount(value) : text(value);
  return (
    <dl className="pairs">
      {fields.map(([name, value]) => {
        const field = kind?.fields.find((known) => known.name === name);
        const isKey = field?.key === true && (typeof value === 'string' || typeof value === 'number');
        return (
          <div key={name}>
            <dt className="mono" title={field?.doc}>
              {name}
            </dt>
            <dd>
              {mask(value)}
              {isKey && (
                <button
                  type="button"
                  className="plain-button place"
                  title={t.decisions.open(name)}
                  onClick={() =>
                    void navigate({
                      to: '/decisions',
                      search: { field: name },
                      state: { entityValue: String(value) },
                    })
                  }
                >
                  {t.decisions.same}
                  <span className="visually-hidden"> {name}</span>
                </button>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Why({ decision }: { decision: StoredDecision }) {
  const { t } = useSpeech();
  const fired = firedRules(decision.explanation);
  // Left out for roles that may not see it, whatever the description says.
  const isHidden = !Object.hasOwn(decision, 'explanation');
  return (
    <section className="stack" aria-label={t.decisions.why}>
      {isHidden && decision.rules.length > 0 && (
        <div className="panel panel-body">
          <p className="quiet">{t.decisions.noExplanation}</p>
          <p className="rule-names">
            {decision.rules.map((rule) => (
              <span key={rule} className="mono">
                {rule}
              </span>
            ))}
          </p>
        </div>
      )}
      {decision.rules.length === 0 && (
        <div className="panel panel-body">
          <p>{t.decisions.nothingFired}</p>
        </div>
      )}
      {fired.map((rule) => (
        <FiredRulePanel key={rule.rule} rule={rule} policy={decision.policy} />
      ))}
      {scriptSights(decision.explanation).map((sight) => (
        <ScriptPanel key={sight.script} sight={sight} />
      ))}
    </section>
  );
}

function Decided({ decision }: { decision: StoredDecision }) {
  const { t, instant } = useSpeech();
  const { readsCases, mayScan } = useMe();
  const [reveal, setReveal] = useState(false);
  const { data: outline } = useQuery(outlineQuery(decision.policy));
  const kind = outline?.events.find((event) => event.name === decision.kind);
  const event = sentEvent(decision.event);
  const hidden = personalValues(event, kind);
  const label = event?.label === 'fraud' || event?.label === 'good' ? event.label : null;
  return (
    <>
      <div className="page-head decision-head">
        <h1>
          <DecisionWord value={decision.decision} /> <span className="mono">{decision.event_id}</span>
        </h1>
        <LateWord decision={decision} />
        {label && <span className={label === 'fraud' ? 'word red' : 'word'}>{t.decisions.label[label]}</span>}
        {hidden.length > 0 && (
          <Button aria-pressed={reveal} onClick={() => setReveal(!reveal)}>
            {reveal ? t.decisions.conceal : t.decisions.reveal}
          </Button>
        )}
      </div>
      <dl className="panel inline-facts decision-facts">
        <div>
          <dt>{t.decisions.kind}</dt>
          <dd className="mono" title={kind?.doc}>
            {decision.kind}
          </dd>
        </div>
        <div>
          <dt>{t.decisions.score}</dt>
          <dd className="num">{decision.score}</dd>
        </div>
        <div>
          <dt>{t.decisions.occurred}</dt>
          <dd className="num">{instant(decision.occurred_at)}</dd>
        </div>
        <div>
          <dt>{t.decisions.decided}</dt>
          <dd className="num">{decision.decided_at ? instant(decision.decided_at) : '—'}</dd>
        </div>
        <div>
          <dt>{t.decisions.policy}</dt>
          <dd>
            <VersionLink hash={decision.policy} />
          </dd>
        </div>
      </dl>
      {decision.late && decision.answered && (
        <p className="alert amber">{t.decisions.lateHint(wordOf(t.decision, decision.answered))}</p>
      )}
      <div className="case-columns decision-columns">
        <Why decision={decision} />
        <div className="case-side">
          {mayScan && <LabelPanel eventId={decision.event_id} />}
          <Measures decision={decision} />
          <section className="panel" aria-label={t.decisions.content}>
            <header>
              <h2>{t.decisions.content}</h2>
            </header>
            <Content event={event} kind={kind} hidden={hidden} reveal={reveal} />
          </section>
          <Features decision={decision} hidden={hidden} reveal={reveal} />
          {readsCases && (
            <p className="small">
              <Link to="/audit" search={{ subject: `event:${decision.event_id}` }}>
                {t.decisions.proof}
              </Link>
            </p>
          )}
        </div>
      </div>
    </>
  );
}

export function DecisionScreen() {
  const { t } = useSpeech();
  const { eventId } = useParams({ from: '/frame/decisions/$eventId' });
  const query = useQuery(decisionQuery(eventId));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Decided key={eventId} decision={query.data} />;
}
