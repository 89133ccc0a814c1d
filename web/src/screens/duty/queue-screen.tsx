/** Cases that nobody has: what is overdue first, each with the clock by which somebody must take it. */

import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { App, Button, Checkbox } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { queueQuery, refreshCasework } from '../../api/casework-queries';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import { useMe } from '../../api/queries';
import type { DeskCase } from '../../api/types';
import { useNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { DueClock } from '../../parts/due-clock';
import { Pages } from '../../parts/pages';
import { useRowKeys } from '../../parts/use-row-keys';
import { useStep } from '../../parts/use-step';
import { PriorityWord } from '../../parts/words';
import { BulkForm } from './bulk-form';
import { DutyHead } from './duty-head';
import { isLate, queueOrder, takeBy } from './waiting';

/** Amber from a minute before. */
const NEAR_MS = 60_000;

/** Takes the most urgent case and opens it. */
function useClaim() {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: caseworkApi.claim,
    onSuccess: ({ case: taken }) => {
      void message.info(taken ? t.queue.claimed(taken.number) : t.queue.nothing);
      if (taken) void navigate({ to: '/cases/$caseId', params: { caseId: taken.id } });
    },
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: refreshCasework,
  });
}

interface RowProps {
  readonly item: DeskCase;
  readonly selected: boolean;
  readonly chosen: boolean;
  readonly mayTake: boolean;
  readonly onChoose: (chosen: boolean) => void;
}

function QueueRow({ item, selected, chosen, mayTake, onChoose }: RowProps) {
  const { t, money, moment } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  return (
    <tr className={selected ? 'selected' : ''} data-row={item.id}>
      <td className="lead">
        {mayTake && (
          <Checkbox
            aria-label={t.queue.choose(item.number)}
            checked={chosen}
            onChange={(event) => onChoose(event.target.checked)}
          />
        )}{' '}
        <PriorityWord value={item.priority} />{' '}
        <Link to="/cases/$caseId" params={{ caseId: item.id }} className="num case-number">
          {item.number}
        </Link>
      </td>
      <td data-label={t.queue.takeBy}>
        <span className="row">
          <DueClock at={takeBy(item)} nearMs={NEAR_MS} left={t.queue.left} late={t.queue.late} />
          {item.escalated_at && <span className="word red">{t.queue.escalated}</span>}
        </span>
      </td>
      <td data-label={t.operations.loss} className="end num">
        {money(item.loss)}
      </td>
      <td data-label={t.operations.opened} className="num small">
        {moment(item.opened_at)}
      </td>
      {mayTake && (
        <td className="end bare">
          <Button
            size="small"
            loading={busy}
            aria-label={`${t.queue.take} ${item.number}`}
            onClick={() => run(() => api.assign(item.id), t.queue.taken)}
          >
            {t.queue.take}
          </Button>
        </td>
      )}
    </tr>
  );
}

function QueueTable(props: {
  items: readonly DeskCase[];
  current: DeskCase | undefined;
  chosen: ReadonlySet<string>;
  mayTake: boolean;
  onChoose: (id: string, chosen: boolean) => void;
}) {
  const { t } = useSpeech();
  return (
    <table className="grid cards queue-table">
      <thead>
        <tr>
          <th scope="col">{t.duty.case}</th>
          <th scope="col">{t.queue.takeBy}</th>
          <th scope="col" className="end">
            {t.operations.loss}
          </th>
          <th scope="col">{t.operations.opened}</th>
          {props.mayTake && (
            <th scope="col">
              <span className="visually-hidden">{t.queue.take}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {props.items.map((item) => (
          <QueueRow
            key={item.id}
            item={item}
            selected={item.id === props.current?.id}
            chosen={props.chosen.has(item.id)}
            mayTake={props.mayTake}
            onChoose={(chosen) => props.onChoose(item.id, chosen)}
          />
        ))}
      </tbody>
    </table>
  );
}

export function QueueScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const now = useNow();
  const mayTake = useMe().has('analyst');
  const query = useInfiniteQuery(queueQuery);
  const items = queueOrder(query.data?.pages.flatMap((page) => page.items) ?? [], now);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [form, setForm] = useState<'assign' | 'group' | null>(null);
  const claim = useClaim();
  const claimNext = () => {
    if (!claim.isPending) claim.mutate();
  };
  const choose = (id: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const { current } = useRowKeys(
    items,
    (item) => void navigate({ to: '/cases/$caseId', params: { caseId: item.id } }),
    (row) =>
      mayTake ? { c: claimNext, ...(row ? { x: () => choose(row.id, !chosen.has(row.id)) } : {}) } : {},
  );
  const late = items.filter((item) => isLate(item, now)).length;
  const picked = items.filter((item) => chosen.has(item.id));
  const done = () => {
    setChosen(new Set());
    setForm(null);
  };
  return (
    <>
      <DutyHead>
        <span className="num quiet">{t.queue.waiting(items.length)}</span>
        {late > 0 && <span className="num red strong">{t.queue.late_count(late)}</span>}
      </DutyHead>
      <section className="panel" aria-label={t.duty.queue}>
        {mayTake && (
          <header>
            <h2>{t.duty.queue}</h2>
            {picked.length > 0 && form === null && (
              <>
                <span className="quiet small">{t.queue.chosen(picked.length)}</span>
                <Button onClick={() => setForm('assign')}>{t.queue.assign}</Button>
                <Button onClick={() => setForm('group')}>{t.queue.group}</Button>
              </>
            )}
            <Button type="primary" loading={claim.isPending} onClick={claimNext}>
              {t.queue.claim} <kbd aria-hidden="true">C</kbd>
            </Button>
          </header>
        )}
        {form && picked.length > 0 && (
          <BulkForm key={form} what={form} cases={picked} onDone={done} onClose={() => setForm(null)} />
        )}
        <Pages query={query} count={items.length} empty={t.queue.empty}>
          <QueueTable items={items} current={current} chosen={chosen} mayTake={mayTake} onChoose={choose} />
        </Pages>
      </section>
    </>
  );
}
