/** Seized goods being written down. */

import { Button } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { refreshCasework } from '../../api/casework-queries';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { TextField } from '../../parts/form-field';
import { useStep } from '../../parts/use-step';
import { NEW_SEIZURE, WORDS_MAX, seizureOf, seizureProblems, type SeizureField } from './seizure-draft';

export function SeizureForm({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const [draft, setDraft] = useState(NEW_SEIZURE);
  const [tried, setTried] = useState(false);
  const problems = tried ? seizureProblems(draft, serverNow()) : [];
  const field = (name: SeizureField) => ({
    id: `seizure-${name}`,
    label: t.seizures[name],
    wrong: problems.includes(name) ? t.seizures.wrong[name] : null,
    value: draft[name],
    onChange: (text: string) => setDraft({ ...draft, [name]: text }),
  });
  return (
    <form
      className="stack lead-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const [first] = seizureProblems(draft, serverNow());
        if (first) document.getElementById(`seizure-${first}`)?.focus();
        else run(() => caseworkApi.addSeizure(caseId, seizureOf(draft)), t.duty.saved, onClose);
      }}
    >
      <TextField {...field('goods')} lines={2} max={WORDS_MAX} />
      <TextField {...field('quantity')} inputMode="numeric" max={9} />
      <TextField {...field('worth')} inputMode="decimal" max={32} />
      <TextField
        {...field('currency')}
        mono
        max={3}
        onChange={(text) => setDraft({ ...draft, currency: text.toUpperCase() })}
      />
      <TextField {...field('seizedAt')} type="datetime-local" max={32} />
      <TextField {...field('reference')} max={WORDS_MAX} />
      <TextField {...field('keeper')} max={WORDS_MAX} />
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t.seizures.add}
        </Button>
      </div>
    </form>
  );
}
