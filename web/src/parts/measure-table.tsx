/** Measures in a table, wherever they are listed. */

import { Link } from '@tanstack/react-router';
import type { Measure } from '../api/types';
import { useSpeech } from '../i18n/language';
import { useActorText } from './actor';
import { MeasureStateMark, SubjectName } from './measure-words';

export function MeasureTable({
  measures,
  selected = null,
}: {
  measures: readonly Measure[];
  selected?: string | null;
}) {
  const { t, moment } = useSpeech();
  const actorText = useActorText();
  return (
    <table className="grid cards measure-table">
      <thead>
        <tr>
          {[
            t.measures.kind,
            t.measures.subject,
            t.measures.state,
            t.measures.decidedAt,
            t.measures.expires,
            t.measures.decidedBy,
          ].map((label) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {measures.map((measure) => (
          <tr
            key={measure.id}
            className={measure.id === selected ? 'selected' : ''}
            data-measure={measure.id}
            data-state={measure.state.state}
          >
            <td className="lead">
              <Link to="/measures/$measureId" params={{ measureId: measure.id }}>
                {t.measureKind[measure.wish.kind]}
              </Link>
            </td>
            <td data-label={t.measures.subject}>
              <SubjectName subject={measure.wish.subject} />
            </td>
            <td data-label={t.measures.state}>
              <MeasureStateMark state={measure.state} />
            </td>
            <td data-label={t.measures.decidedAt} className="num small">
              {moment(measure.decided_at)}
            </td>
            <td data-label={t.measures.expires} className="num small">
              {moment(measure.expires_at)}
            </td>
            <td data-label={t.measures.decidedBy}>{actorText(measure.decided_by)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
