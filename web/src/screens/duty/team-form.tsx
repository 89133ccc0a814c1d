/** A team's name and members, by those who make teams. */

import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { refreshCasework } from '../../api/casework-queries';
import type { Team } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { TextField } from '../../parts/form-field';
import { usePersonChoices } from '../../parts/person-choices';
import { useStep } from '../../parts/use-step';

const NAME_MAX = 128;
/** Who works in shifts. */
const WORKERS = ['analyst', 'approver'] as const;

/** `team` is `null` for a new one. */
export function TeamForm({ team, onClose }: { team: Team | null; onClose: () => void }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const people = usePersonChoices(WORKERS);
  const [name, setName] = useState(team?.name ?? '');
  const [members, setMembers] = useState<string[]>(team?.members ?? []);
  const [tried, setTried] = useState(false);
  const id = `team-name-${team?.id ?? 'new'}`;
  // Members whom the list does not offer, such as those who cannot sign in any more, stay until somebody changes it.
  const unseen = members.filter((member) => !people.some(([known]) => known === member));
  const save = () => {
    const wish = { name: name.trim(), members };
    return team ? caseworkApi.setTeam(team.id, wish) : caseworkApi.addTeam(wish);
  };
  return (
    <form
      className="panel-body stack lead-form"
      noValidate
      aria-label={team ? t.shifts.changeOf(team.name) : t.shifts.addTeam}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (name.trim() === '') document.getElementById(id)?.focus();
        else run(save, t.duty.saved, onClose);
      }}
    >
      <TextField
        id={id}
        label={t.shifts.teamName}
        wrong={tried && name.trim() === '' ? t.shifts.nameNeeded : null}
        max={NAME_MAX}
        value={name}
        onChange={setName}
      />
      <fieldset className="signal-fields">
        <legend>{t.shifts.members}</legend>
        <Checkbox.Group
          value={members}
          onChange={(chosen) => setMembers([...chosen, ...unseen])}
          options={people.map(([value, label]) => ({ value, label }))}
        />
      </fieldset>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t.shifts.save}
        </Button>
      </div>
    </form>
  );
}
