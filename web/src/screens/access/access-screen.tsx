/** Who and what is let in: sessions, tokens, passkeys, and keys of programs. */

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMe, usersQuery } from '../../api/queries';
import { useSpeech } from '../../i18n/language';
import { ChoiceField } from '../../parts/form-field';
import { KeyPanel } from './key-panel';
import { PasskeyPanel } from './passkey-panel';
import { SessionPanel } from './session-panel';

/** Whose sessions and passkeys are shown: for administrators. */
function Whose({ value, onChange }: { value: string; onChange: (userId: string) => void }) {
  const { t } = useSpeech();
  const { user } = useMe();
  const { data } = useQuery(usersQuery);
  const others = (data?.items ?? []).filter(({ id }) => id !== user?.id);
  return (
    <div className="whose">
      <ChoiceField
        id="sessions-whose"
        label={t.access.whose}
        none={t.access.mine}
        wrong={null}
        value={value}
        choices={others.map(({ id, login, name }) => [id, `${name} (${login})`] as const)}
        onChange={onChange}
      />
    </div>
  );
}

export function AccessScreen() {
  const { t } = useSpeech();
  const { has, seesKeys } = useMe();
  const [whose, setWhose] = useState('');
  const userId = whose === '' ? null : whose;
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{t.access.title}</h1>
      </div>
      {has('admin') && <Whose value={whose} onChange={setWhose} />}
      <SessionPanel userId={userId} />
      <PasskeyPanel key={whose} userId={userId} />
      {seesKeys && <KeyPanel />}
    </div>
  );
}
