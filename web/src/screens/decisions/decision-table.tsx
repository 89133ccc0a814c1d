import { Link } from '@tanstack/react-router';
import type { StoredDecision } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { DecisionWord, VersionLink } from '../../parts/policy-words';

/** Rules named in a row; the rest is counted. */
const RULES_SHOWN = 3;

export function RuleNames({ rules }: { rules: readonly string[] }) {
  const { t } = useSpeech();
  if (rules.length === 0) return <span className="quiet">{t.decisions.noRules}</span>;
  return (
    <span className="rule-names">
      {rules.slice(0, RULES_SHOWN).map((rule) => (
        <span key={rule} className="mono">
          {rule}
        </span>
      ))}
      {rules.length > RULES_SHOWN && (
        <span className="small quiet">{t.decisions.moreRules(rules.length - RULES_SHOWN)}</span>
      )}
    </span>
  );
}

export function LateWord({ decision }: { decision: StoredDecision }) {
  const { t } = useSpeech();
  if (!decision.late) return null;
  const told = decision.answered ? t.decisions.lateHint(wordOf(t.decision, decision.answered)) : '';
  return (
    <span className="word amber" title={told}>
      {t.decisions.late}
    </span>
  );
}

interface DecisionTableProps {
  readonly items: readonly StoredDecision[];
  readonly selected: string | null;
}

/** Decisions as rows; cards on a narrow screen. */
export function DecisionTable({ items, selected }: DecisionTableProps) {
  const { t, moment } = useSpeech();
  return (
    <table className="grid cards decision-table">
      <thead>
        <tr>
          <th scope="col">{t.decisions.decision}</th>
          <th scope="col">{t.decisions.event}</th>
          <th scope="col">{t.decisions.kind}</th>
          <th scope="col">{t.decisions.rules}</th>
          <th scope="col" className="end">
            {t.decisions.score}
          </th>
          <th scope="col">{t.decisions.occurred}</th>
          <th scope="col">{t.decisions.policy}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr
            key={item.event_id}
            data-event={item.event_id}
            className={item.event_id === selected ? 'selected' : ''}
          >
            <td className="lead">
              <DecisionWord value={item.decision} /> <LateWord decision={item} />
            </td>
            <td data-label={t.decisions.event}>
              <Link to="/decisions/$eventId" params={{ eventId: item.event_id }} className="mono event-id">
                {item.event_id}
              </Link>
            </td>
            <td data-label={t.decisions.kind} className="mono">
              {item.kind}
            </td>
            <td data-label={t.decisions.rules}>
              <RuleNames rules={item.rules} />
            </td>
            <td data-label={t.decisions.score} className="end num">
              {item.score}
            </td>
            <td data-label={t.decisions.occurred} className="num quiet small">
              {moment(item.occurred_at)}
            </td>
            <td data-label={t.decisions.policy}>
              <VersionLink hash={item.policy} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
