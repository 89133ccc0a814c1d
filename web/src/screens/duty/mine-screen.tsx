/** What waits for the reader: tasks, the most pressing first, and notes that ask to be read. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { caseworkApi } from '../../api/casework-endpoints';
import { mentionsQuery, myTasksQuery, refreshCasework } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import { casesQuery, useMe, usePersonName } from '../../api/queries';
import type { Note } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { TaskItem } from '../../parts/task-parts';
import { useStep } from '../../parts/use-step';
import { DutyHead } from './duty-head';

/** Numbers of the cases that the desk knows, by id. */
function useCaseNumbers(): ReadonlyMap<string, string> {
  const { data } = useQuery(casesQuery);
  return new Map(data?.items.map(({ id, number }) => [id, number]));
}

function Tasks({ numbers }: { numbers: ReadonlyMap<string, string> }) {
  const { t } = useSpeech();
  const query = useQuery(myTasksQuery);
  const tasks = query.data?.items ?? [];
  return (
    <section className="panel" aria-label={t.tasks.mine}>
      <header>
        <h2>{t.tasks.mine}</h2>
        {tasks.length > 0 && <span className="small quiet num">{tasks.length}</span>}
      </header>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && tasks.length === 0 && <Blank text={t.tasks.none} />}
      <ul className="panel-list">
        {tasks.map((task) => {
          const number = numbers.get(task.case_id);
          return <TaskItem key={task.id} task={task} withCase {...(number ? { number } : {})} />;
        })}
      </ul>
    </section>
  );
}

function Mention({ note, number }: { note: Note; number: string }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const { busy, run } = useStep(refreshCasework);
  return (
    <li className="stack task">
      <p className="said">{note.text}</p>
      <div className="row small">
        <Link to="/cases/$caseId" params={{ caseId: note.case_id }} className="num">
          {t.duty.case} {number}
        </Link>
        <span className="quiet">
          {person(note.by)} · <span className="num">{moment(note.at)}</span>
        </span>
      </div>
      <div className="row">
        <Button
          size="small"
          loading={busy}
          onClick={() => run(() => caseworkApi.readNote(note.id), t.duty.saved)}
        >
          {t.notes.read}
        </Button>
      </div>
    </li>
  );
}

function Mentions({ numbers }: { numbers: ReadonlyMap<string, string> }) {
  const { t } = useSpeech();
  const query = useQuery(mentionsQuery);
  const notes = query.data?.items ?? [];
  return (
    <section className="panel" aria-label={t.notes.mentions}>
      <header>
        <h2>{t.notes.mentions}</h2>
        {notes.length > 0 && <span className="small quiet num">{notes.length}</span>}
      </header>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && notes.length === 0 && <Blank text={t.notes.noMentions} />}
      <ul className="panel-list">
        {notes.map((note) => (
          <Mention
            key={note.id}
            note={note}
            number={numbers.get(note.case_id) ?? `…${note.case_id.slice(-6)}`}
          />
        ))}
      </ul>
    </section>
  );
}

export function MineScreen() {
  const { t } = useSpeech();
  const { has } = useMe();
  const numbers = useCaseNumbers();
  if (!has('analyst') && !has('approver')) return <Blank text={t.error['auth.forbidden']} />;
  return (
    <>
      <DutyHead />
      <div className="order-columns">
        <Tasks numbers={numbers} />
        <Mentions numbers={numbers} />
      </div>
    </>
  );
}
