/** Every measure, newest first, by state. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { measuresQuery } from '../../api/fairness-queries';
import { useMe } from '../../api/queries';
import type { Measure, MeasureStateWord } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { useActorText } from '../../parts/actor';
import { MeasureStateMark, SubjectName } from '../../parts/measure-words';
import { Pages } from '../../parts/pages';

function MeasureTable({ measures, selected }: { measures: readonly Measure[]; selected: string | null }) {
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

export function MeasuresScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const mayImpose = useMe().has('analyst');
  const { state, reexamine } = useSearch({ from: '/frame/measures' });
  const [selected, setSelected] = useState(0);
  const query = useInfiniteQuery(measuresQuery({ state, reexamine }));
  const measures = query.data?.pages.flatMap((page) => page.items) ?? [];
  const current = measures[Math.min(selected, measures.length - 1)];
  const open = () => {
    if (current) void navigate({ to: '/measures/$measureId', params: { measureId: current.id } });
  };
  const impose = () => void navigate({ to: '/measures/new' });
  useShortcuts({
    ...(mayImpose ? { n: impose } : {}),
    j: () => setSelected(Math.min(selected + 1, measures.length - 1)),
    k: () => setSelected(Math.max(selected - 1, 0)),
    o: open,
    Enter: open,
  });
  const states = Object.keys(t.measureState) as MeasureStateWord[];
  const narrow = (next: { state?: MeasureStateWord | undefined; reexamine?: boolean | undefined }) => {
    setSelected(0);
    void navigate({
      to: '/measures',
      search: {
        ...(next.state ? { state: next.state } : {}),
        ...(next.reexamine ? { reexamine: true } : {}),
      },
    });
  };
  return (
    <>
      <div className="page-head">
        <h1>{t.measures.title}</h1>
        <Checkbox
          checked={reexamine === true}
          onChange={(event) => narrow({ state, reexamine: event.target.checked })}
        >
          {t.measures.reexamine}
        </Checkbox>
        <label className="row">
          <span className="quiet small">{t.measures.state}</span>
          <select
            className="select"
            value={state ?? ''}
            onChange={(event) =>
              narrow({ state: states.find((word) => word === event.target.value), reexamine })
            }
          >
            <option value="">{t.measures.all}</option>
            {states.map((word) => (
              <option key={word} value={word}>
                {t.measureState[word]}
              </option>
            ))}
          </select>
        </label>
        {mayImpose && (
          <Button type="primary" onClick={impose}>
            {t.measures.impose} <kbd aria-hidden="true">N</kbd>
          </Button>
        )}
      </div>
      <section className="panel" aria-label={t.measures.title}>
        <Pages query={query} count={measures.length} empty={t.measures.empty}>
          <MeasureTable measures={measures} selected={current?.id ?? null} />
        </Pages>
      </section>
    </>
  );
}
