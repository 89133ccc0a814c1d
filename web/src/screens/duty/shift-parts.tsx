/** The two ends of a shift: taking over by reading the note before, and handing over by writing one. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { refreshCasework, urgentQuery } from '../../api/casework-queries';
import { refusedFields, sayError } from '../../api/problem';
import { casesQuery, usePersonName } from '../../api/queries';
import type { CaseSummary, Shift, ShiftNote, Team } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { TextField } from '../../parts/form-field';
import { useStep } from '../../parts/use-step';
import { PriorityWord } from '../../parts/words';
import {
  CASE_NOTE_MAX,
  NEW_HAND_OVER,
  NOTE_MAX,
  handOverOf,
  handOverProblems,
  type HandOverDraft,
} from './hand-over';

/** What a shift left to the next, case by case. */
export function NoteText({ note }: { note: ShiftNote }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const { data } = useQuery(casesQuery);
  const numbers = new Map(data?.items.map((item) => [item.id, item.number]));
  return (
    <div className="stack shift-note">
      <p className="small quiet">
        {t.shifts.by} {person(note.by)} · <span className="num">{moment(note.at)}</span>
      </p>
      <p className="said">{note.note}</p>
      {note.cases.length > 0 && (
        <ul className="plain-list">
          {note.cases.map((one) => (
            <li key={one.case_id}>
              <Link to="/cases/$caseId" params={{ caseId: one.case_id }} className="num">
                {numbers.get(one.case_id) ?? `…${one.case_id.slice(-6)}`}
              </Link>{' '}
              {one.note}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The next shift begins when the note of the one before was read. */
export function StartShift({ team, before }: { team: Team; before: Shift | null }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const [read, setRead] = useState(false);
  const [tried, setTried] = useState(false);
  const note = before?.state.state === 'handed_over' ? before.state.hand_over : null;
  const tickId = `read-${team.id}`;
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (note && !read) document.getElementById(tickId)?.focus();
        else run(() => caseworkApi.startShift(team.id, before?.id ?? null), t.shifts.started);
      }}
    >
      {note && (
        <>
          <NoteText note={note} />
          <Checkbox
            id={tickId}
            checked={read}
            aria-describedby={tried && !read ? `${tickId}-hint` : undefined}
            onChange={(event) => setRead(event.target.checked)}
          >
            {t.shifts.readNote}
          </Checkbox>
          {tried && !read && (
            <div id={`${tickId}-hint`} className="field-error">
              {t.shifts.readNeeded}
            </div>
          )}
        </>
      )}
      <div className="row end-row">
        <Button type="primary" htmlType="submit" loading={busy}>
          {note ? t.shifts.start : t.shifts.startFirst}
        </Button>
      </div>
    </form>
  );
}

function CaseWord(props: {
  item: CaseSummary;
  value: string;
  wrong: boolean;
  onChange: (v: string) => void;
}) {
  const { t } = useSpeech();
  const { item } = props;
  return (
    <div className="handed-case">
      <PriorityWord value={item.priority} />
      <TextField
        id={`handed-${item.id}`}
        label={t.shifts.caseNote(item.number)}
        wrong={props.wrong ? t.shifts.caseNeeded : null}
        max={CASE_NOTE_MAX}
        value={props.value}
        onChange={props.onChange}
      />
    </div>
  );
}

/** The note cannot be skipped, nor a case left out of it. */
export function HandOverForm({ team, shift, onClose }: { team: Team; shift: Shift; onClose: () => void }) {
  const { t } = useSpeech();
  const urgent = useQuery(urgentQuery(team.members));
  const [draft, setDraft] = useState<HandOverDraft>(NEW_HAND_OVER);
  const [tried, setTried] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const { busy, run } = useStep(refreshCasework);
  if (urgent.isPending) return <Blank text={t.app.loading} />;
  if (urgent.isError) return <Blank text={sayError(urgent.error, t)} onRetry={() => void urgent.refetch()} />;
  const cases = urgent.data;
  const problems = handOverProblems(draft, cases);
  const send = async () => {
    try {
      await caseworkApi.endShift(shift.id, handOverOf(draft, cases));
    } catch (error) {
      // A case that became urgent meanwhile is named by the server.
      const told = refusedFields(error).map(({ detail }) => detail);
      setRefusal(told.length > 0 ? `${t.shifts.stale} (${told.join('; ')})` : null);
      throw error;
    }
  };
  return (
    <form
      className="stack lead-form"
      noValidate
      aria-label={t.shifts.endTitle}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        setRefusal(null);
        const [first] = problems;
        if (first) document.getElementById(first === 'note' ? 'shift-note' : `handed-${first}`)?.focus();
        else run(send, t.shifts.ended, onClose);
      }}
    >
      <h3>{t.shifts.endTitle}</h3>
      <TextField
        id="shift-note"
        label={t.shifts.note}
        wrong={tried && problems.includes('note') ? t.shifts.noteNeeded : null}
        lines={4}
        max={NOTE_MAX}
        value={draft.note}
        onChange={(note) => setDraft({ ...draft, note })}
      />
      <p className={cases.length > 0 ? 'alert amber' : 'small quiet'}>
        {cases.length > 0 ? t.shifts.mustName(cases.length) : t.shifts.noUrgent}
      </p>
      {cases.map((item) => (
        <CaseWord
          key={item.id}
          item={item}
          value={draft.cases[item.id] ?? ''}
          wrong={tried && problems.includes(item.id)}
          onChange={(word) => setDraft({ ...draft, cases: { ...draft.cases, [item.id]: word } })}
        />
      ))}
      <div role="alert">{refusal && <p className="alert red">{refusal}</p>}</div>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t.shifts.end}
        </Button>
      </div>
    </form>
  );
}
