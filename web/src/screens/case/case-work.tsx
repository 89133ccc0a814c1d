/** What people leave to each other on a case: tasks, and notes that may ask others to read them. */

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { notesQuery, refreshCasework, tasksQuery } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import { useMe, usePersonName } from '../../api/queries';
import type { Note } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { TextField } from '../../parts/form-field';
import { Pages } from '../../parts/pages';
import { usePersonChoices } from '../../parts/person-choices';
import { TEXT_MAX, TaskForm, TaskItem } from '../../parts/task-parts';
import { useStep } from '../../parts/use-step';

/** Whom a note may ask: those who read cases. */
const READERS = ['analyst', 'approver'] as const;

export function CaseTasks({ caseId }: { caseId: string }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const query = useQuery(tasksQuery(caseId));
  const [adding, setAdding] = useState(false);
  const mayAdd = has('analyst') || has('approver');
  const isOpen = (state: string) => state === 'open';
  const tasks = [...(query.data?.items ?? [])].sort(
    (a, b) => Number(isOpen(b.state.state)) - Number(isOpen(a.state.state)),
  );
  return (
    <section className="panel" aria-label={t.tasks.title}>
      <header>
        <h2>{t.tasks.title}</h2>
        {mayAdd && !adding && (
          <Button size="small" onClick={() => setAdding(true)}>
            {t.tasks.add}
          </Button>
        )}
      </header>
      {adding && (
        <div className="panel-body">
          <TaskForm caseId={caseId} onClose={() => setAdding(false)} />
        </div>
      )}
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && tasks.length === 0 && <Blank text={t.tasks.noneOfCase} />}
      <ul className="panel-list">
        {tasks.map((task) => (
          <TaskItem key={task.id} task={task} withCase={false} />
        ))}
      </ul>
    </section>
  );
}

function NoteForm({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { t } = useSpeech();
  const { user } = useMe();
  const { busy, run } = useStep(refreshCasework);
  const people = usePersonChoices(READERS).filter(([id]) => id !== user?.id);
  const [text, setText] = useState('');
  const [mentions, setMentions] = useState<string[]>([]);
  const [tried, setTried] = useState(false);
  return (
    <form
      className="stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (text.trim() === '') document.getElementById('note-text')?.focus();
        else run(() => caseworkApi.addNote(caseId, { text: text.trim(), mentions }), t.duty.saved, onClose);
      }}
    >
      <TextField
        id="note-text"
        label={t.notes.text}
        wrong={tried && text.trim() === '' ? t.notes.needed : null}
        lines={3}
        max={TEXT_MAX}
        value={text}
        onChange={setText}
      />
      <fieldset className="signal-fields">
        <legend>{t.notes.mention}</legend>
        <Checkbox.Group
          value={mentions}
          onChange={setMentions}
          options={people.map(([value, label]) => ({ value, label }))}
        />
      </fieldset>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t.notes.add}
        </Button>
      </div>
    </form>
  );
}

function NoteItem({ note }: { note: Note }) {
  const { moment } = useSpeech();
  const person = usePersonName();
  return (
    <li>
      <p className="said">{note.text}</p>
      <p className="small quiet">
        {person(note.by)} · <span className="num">{moment(note.at)}</span>
        {note.mentions.map((id) => (
          <span key={id}> · @{person(id)}</span>
        ))}
      </p>
    </li>
  );
}

export function CaseNotes({ caseId }: { caseId: string }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const query = useInfiniteQuery(notesQuery(caseId));
  const [adding, setAdding] = useState(false);
  const notes = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="panel" aria-label={t.notes.title}>
      <header>
        <h2>{t.notes.title}</h2>
        {(has('analyst') || has('approver')) && !adding && (
          <Button size="small" onClick={() => setAdding(true)}>
            {t.notes.add}
          </Button>
        )}
      </header>
      {adding && (
        <div className="panel-body">
          <NoteForm caseId={caseId} onClose={() => setAdding(false)} />
        </div>
      )}
      <Pages query={query} count={notes.length} empty={t.notes.none}>
        <ul className="panel-list">
          {notes.map((note) => (
            <NoteItem key={note.id} note={note} />
          ))}
        </ul>
      </Pages>
    </section>
  );
}
