/** Teams and their shifts: who is on duty, what was handed over, and the note without which no shift ends. */

import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { shiftsQuery, teamsQuery } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import { useMe, usePersonName } from '../../api/queries';
import type { Shift, Team } from '../../api/types';
import { useNow } from '../../clock/ticker';
import { formatElapsed, msOf } from '../../format/time';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { DutyHead } from './duty-head';
import { shiftStep } from './hand-over';
import { HandOverForm, NoteText, StartShift } from './shift-parts';
import { TeamForm } from './team-form';

function OnDuty({ shift }: { shift: Shift | undefined }) {
  const { t } = useSpeech();
  const person = usePersonName();
  const now = useNow();
  if (!shift) return <p className="quiet">{t.shifts.never}</p>;
  if (shift.state.state !== 'running') return <p className="amber strong">{t.shifts.nobody}</p>;
  const length = formatElapsed(now - (msOf(shift.started_at) ?? now));
  return <p>{t.shifts.onDuty(person(shift.started_by), length)}</p>;
}

function ShiftState({ shift }: { shift: Shift }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const { state } = shift;
  switch (state.state) {
    case 'running':
      return <span className="word green">{t.shifts.running}</span>;
    case 'handed_over':
      return <span className="word amber">{t.shifts.handedOver}</span>;
    case 'acknowledged':
      return <span className="small quiet">{t.shifts.acknowledged(person(state.by), moment(state.at))}</span>;
  }
}

function History({ shifts }: { shifts: readonly Shift[] }) {
  const { t, moment } = useSpeech();
  const person = usePersonName();
  const ended = shifts.flatMap((shift) =>
    shift.state.state === 'running' ? [] : [{ shift, note: shift.state.hand_over }],
  );
  if (ended.length === 0) return null;
  return (
    <details>
      <summary>
        {t.shifts.history} <span className="num quiet">{ended.length}</span>
      </summary>
      <ul className="panel-list shift-history">
        {ended.map(({ shift, note }) => (
          <li key={shift.id} className="stack">
            <div className="row small">
              <span className="num">
                {t.shifts.from} {moment(shift.started_at)} {person(shift.started_by)}
              </span>
              <ShiftState shift={shift} />
            </div>
            <NoteText note={note} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function TeamShift({ team }: { team: Team }) {
  const { t } = useSpeech();
  const { user, has } = useMe();
  const query = useQuery(shiftsQuery(team.id));
  const [ending, setEnding] = useState(false);
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />;
  const shifts = query.data;
  const [last] = shifts;
  const me = { id: user?.id ?? '', works: has('analyst') || has('approver') };
  const step = shiftStep(team, shifts, me);
  return (
    <div className="panel-body stack" data-shift={last?.state.state ?? 'none'}>
      <OnDuty shift={last} />
      {step === null && me.works && !team.members.includes(me.id) && (
        <p className="small quiet">{t.shifts.notMember}</p>
      )}
      {step === 'start_first' && <StartShift team={team} before={null} />}
      {step === 'start_after' && last && <StartShift key={last.id} team={team} before={last} />}
      {step === 'hand_over' && last && ending && (
        <HandOverForm team={team} shift={last} onClose={() => setEnding(false)} />
      )}
      {step === 'hand_over' && !ending && (
        <div className="row end-row">
          <Button type="primary" onClick={() => setEnding(true)}>
            {t.shifts.end}
          </Button>
        </div>
      )}
      <History shifts={shifts} />
    </div>
  );
}

function TeamPanel({ team, maySet }: { team: Team; maySet: boolean }) {
  const { t } = useSpeech();
  const person = usePersonName();
  const [changing, setChanging] = useState(false);
  return (
    <section className="panel" aria-label={team.name} data-team={team.id}>
      <header>
        <h2>{team.name}</h2>
        <span className="small quiet">
          {t.shifts.members}: {team.members.map(person).join('、') || t.shifts.noMembers}
        </span>
        {maySet && !changing && (
          <Button size="small" aria-label={t.shifts.changeOf(team.name)} onClick={() => setChanging(true)}>
            {t.shifts.changeTeam}
          </Button>
        )}
      </header>
      {changing && <TeamForm team={team} onClose={() => setChanging(false)} />}
      <TeamShift team={team} />
    </section>
  );
}

export function ShiftsScreen() {
  const { t } = useSpeech();
  const { user, has } = useMe();
  const query = useQuery(teamsQuery);
  const [adding, setAdding] = useState(false);
  const maySet = has('approver') || has('admin');
  const isMine = (team: Team) => team.members.includes(user?.id ?? '');
  const teams = [...(query.data?.items ?? [])].sort((a, b) => Number(isMine(b)) - Number(isMine(a)));
  return (
    <>
      <DutyHead>
        {maySet && !adding && <Button onClick={() => setAdding(true)}>{t.shifts.addTeam}</Button>}
      </DutyHead>
      <div className="stack">
        {adding && (
          <section className="panel">
            <TeamForm team={null} onClose={() => setAdding(false)} />
          </section>
        )}
        {query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && teams.length === 0 && <Blank text={maySet ? t.shifts.none : t.shifts.noneSet} />}
        {teams.map((team) => (
          <TeamPanel key={team.id} team={team} maySet={maySet} />
        ))}
      </div>
    </>
  );
}
