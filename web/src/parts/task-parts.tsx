/** A task: what is to be done, by when, and the ways to end it or pass it on. */

import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../api/casework-endpoints';
import { refreshCasework } from '../api/casework-queries';
import { useMe, usePersonName } from '../api/queries';
import type { Task } from '../api/types';
import { serverNow } from '../clock/ticker';
import { msOf } from '../format/time';
import { useSpeech } from '../i18n/language';
import { DueClock } from './due-clock';
import { ChoiceField, TextField } from './form-field';
import { usePersonChoices } from './person-choices';
import { ReasonForm } from './reason-form';
import { useStep } from './use-step';

/** An hour before. */
const NEAR_MS = 3_600_000;
export const TEXT_MAX = 5_000;

/** Who may be given a task: whoever may end it. */
const DOERS = ['analyst', 'approver'] as const;

export function TaskClock({ task }: { task: Task }) {
  const { t } = useSpeech();
  const due = msOf(task.due_at);
  if (task.state.state !== 'open') return null;
  if (due === null) return <span className="small quiet">{t.tasks.noDue}</span>;
  return <DueClock at={due} nearMs={NEAR_MS} left={t.tasks.left} late={t.tasks.late} />;
}

/** To whom an open task is given on. */
function PassForm({ task, onClose }: { task: Task; onClose: () => void }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const people = usePersonChoices(DOERS).filter(([id]) => id !== task.assignee);
  const [to, setTo] = useState('');
  const [tried, setTried] = useState(false);
  const pass = () => caseworkApi.stepTask(task.id, { step: 'reassign', assignee: to });
  return (
    <form
      className="stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (to === '') document.getElementById(`pass-${task.id}`)?.focus();
        else run(pass, t.duty.saved, onClose);
      }}
    >
      <ChoiceField
        id={`pass-${task.id}`}
        label={t.tasks.passTo}
        none={t.duty.choose}
        wrong={tried && to === '' ? t.tasks.wrong.assignee : null}
        value={to}
        choices={people}
        onChange={setTo}
      />
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t.tasks.pass}
        </Button>
      </div>
    </form>
  );
}

function TaskEnd({ task }: { task: Task }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const { state } = task;
  switch (state.state) {
    case 'open':
      return null;
    case 'done':
      return <p className="small quiet">{t.tasks.doneBy(person(state.by), moment(state.at))}</p>;
    case 'dropped':
      return <p className="small quiet">{t.tasks.droppedBy(person(state.by), state.reason)}</p>;
  }
}

/** A task in a list; the case's own page does not name the case again. */
export function TaskItem({ task, withCase, number }: { task: Task; withCase: boolean; number?: string }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const person = usePersonName();
  const { busy, run } = useStep(refreshCasework);
  const [form, setForm] = useState<'drop' | 'pass' | null>(null);
  const isOpen = task.state.state === 'open';
  const mayEnd = isOpen && (has('analyst') || has('approver'));
  return (
    <li className="stack task" data-task={task.state.state}>
      <p className="said">{task.text}</p>
      <div className="row small">
        {withCase && (
          <Link to="/cases/$caseId" params={{ caseId: task.case_id }} className="num">
            {t.duty.case} {number ?? `…${task.case_id.slice(-6)}`}
          </Link>
        )}
        <TaskClock task={task} />
        {!withCase && <span>{person(task.assignee)}</span>}
        <span className="quiet">{t.tasks.by(person(task.created_by))}</span>
      </div>
      <TaskEnd task={task} />
      {mayEnd && form === null && (
        <div className="row">
          <Button
            size="small"
            loading={busy}
            onClick={() => run(() => caseworkApi.stepTask(task.id, { step: 'done' }), t.duty.saved)}
          >
            {t.tasks.done}
          </Button>
          <Button size="small" onClick={() => setForm('pass')}>
            {t.tasks.pass}
          </Button>
          <Button size="small" onClick={() => setForm('drop')}>
            {t.tasks.drop}
          </Button>
        </div>
      )}
      {mayEnd && form === 'pass' && <PassForm task={task} onClose={() => setForm(null)} />}
      {mayEnd && form === 'drop' && (
        <ReasonForm
          id={`drop-${task.id}`}
          label={t.tasks.dropReason}
          action={t.tasks.drop}
          busy={busy}
          onSend={(reason) =>
            run(
              () => caseworkApi.stepTask(task.id, { step: 'drop', reason }),
              t.duty.saved,
              () => setForm(null),
            )
          }
          onClose={() => setForm(null)}
        />
      )}
    </li>
  );
}

/** A task given on a case. */
export function TaskForm({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const people = usePersonChoices(DOERS);
  const [draft, setDraft] = useState({ text: '', assignee: '', due: '' });
  const [tried, setTried] = useState(false);
  const due = draft.due === '' ? null : Date.parse(draft.due);
  const wrong = {
    text: draft.text.trim() === '',
    assignee: draft.assignee === '',
    due: due !== null && !(due > serverNow()),
  };
  const field = (name: keyof typeof wrong) => (tried && wrong[name] ? t.tasks.wrong[name] : null);
  return (
    <form
      className="stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const first = (['text', 'assignee', 'due'] as const).find((name) => wrong[name]);
        if (first) document.getElementById(`task-${first}`)?.focus();
        else
          run(
            () =>
              caseworkApi.addTask(caseId, {
                text: draft.text.trim(),
                assignee: draft.assignee,
                ...(due === null ? {} : { due_at: new Date(due).toISOString() }),
              }),
            t.duty.saved,
            onClose,
          );
      }}
    >
      <TextField
        id="task-text"
        label={t.tasks.text}
        wrong={field('text')}
        lines={2}
        max={TEXT_MAX}
        value={draft.text}
        onChange={(text) => setDraft({ ...draft, text })}
      />
      <ChoiceField
        id="task-assignee"
        label={t.tasks.assignee}
        none={t.duty.choose}
        wrong={field('assignee')}
        value={draft.assignee}
        choices={people}
        onChange={(assignee) => setDraft({ ...draft, assignee })}
      />
      <TextField
        id="task-due"
        label={t.tasks.dueAt}
        wrong={field('due')}
        type="datetime-local"
        max={32}
        value={draft.due}
        onChange={(value) => setDraft({ ...draft, due: value })}
      />
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t.tasks.add}
        </Button>
      </div>
    </form>
  );
}
