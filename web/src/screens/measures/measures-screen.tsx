/** Every measure, newest first, by state. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { measuresQuery } from '../../api/fairness-queries';
import { useMe } from '../../api/queries';
import type { MeasureStateWord } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { MeasureTable } from '../../parts/measure-table';
import { Pages } from '../../parts/pages';

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
