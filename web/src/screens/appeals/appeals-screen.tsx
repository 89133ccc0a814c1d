/** Appeals waiting for a decision: livelihoods first, then what is due first. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Checkbox } from 'antd';
import { useState } from 'react';
import { appealsQuery } from '../../api/fairness-queries';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { AppealStateMark } from '../../parts/measure-words';
import { Pages } from '../../parts/pages';
import { inOrder } from './appeal-queue';
import { DeadlineClock } from './deadline';

export function AppealsScreen() {
  const { t, moment } = useSpeech();
  const navigate = useNavigate();
  const [all, setAll] = useState(false);
  const [selected, setSelected] = useState(0);
  const query = useInfiniteQuery(appealsQuery(all));
  const appeals = inOrder(query.data?.pages.flatMap((page) => page.items) ?? []);
  const current = appeals[Math.min(selected, appeals.length - 1)];
  const open = () => {
    if (current) void navigate({ to: '/appeals/$appealId', params: { appealId: current.id } });
  };
  useShortcuts({
    j: () => setSelected(Math.min(selected + 1, appeals.length - 1)),
    k: () => setSelected(Math.max(selected - 1, 0)),
    o: open,
    Enter: open,
  });
  const heads = [
    t.appeals.filed,
    t.appeals.livelihood,
    t.appeals.due,
    t.appeals.state,
    t.appeals.channel,
    t.appeals.reviewer,
  ];
  return (
    <>
      <div className="page-head">
        <h1>{t.appeals.title}</h1>
        <Checkbox checked={all} onChange={(event) => setAll(event.target.checked)}>
          {t.appeals.withClosed}
        </Checkbox>
      </div>
      <section className="panel" aria-label={t.appeals.title}>
        <Pages query={query} count={appeals.length} empty={t.appeals.empty}>
          <table className="grid cards appeal-table">
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {appeals.map((appeal) => (
                <tr
                  key={appeal.id}
                  className={appeal.id === current?.id ? 'selected' : ''}
                  data-appeal={appeal.id}
                >
                  <td className="lead">
                    <Link to="/appeals/$appealId" params={{ appealId: appeal.id }} className="num">
                      {moment(appeal.filed_at)}
                    </Link>
                  </td>
                  <td data-label={t.appeals.livelihood}>
                    {appeal.livelihood ? (
                      <span className="word amber">{t.livelihood[appeal.livelihood]}</span>
                    ) : (
                      '—'
                    )}
                  </td>
                  <td data-label={t.appeals.due}>
                    <DeadlineClock appeal={appeal} />
                  </td>
                  <td data-label={t.appeals.state}>
                    <AppealStateMark appeal={appeal} />
                  </td>
                  <td data-label={t.appeals.channel}>{t.appealChannel[appeal.channel]}</td>
                  <td data-label={t.appeals.reviewer}>{appeal.reviewer?.name ?? '—'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Pages>
      </section>
    </>
  );
}
