/** The appeal of a caller or of a letter, written down by the agent who has it. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { fairnessApi } from '../../api/fairness-endpoints';
import { refreshFairness } from '../../api/fairness-queries';
import { refusedFields, sayError } from '../../api/problem';
import { useNow } from '../../clock/ticker';
import { useMe } from '../../api/queries';
import type { Livelihood, MeasureDetail } from '../../api/types';
import { useShortcuts } from '../../app/shortcuts';
import { useSpeech } from '../../i18n/language';
import { ChoiceField, TextField } from '../../parts/form-field';
import { NEW_APPEAL, whyNoAppeal, writtenAppeal, type AppealDraft } from './written-appeal';

const SAYS_MAX = 5_000;
const WAYS: readonly AppealDraft['by'][] = ['phone', 'paper'];

function AppealFields({ measure, onClose }: { measure: MeasureDetail; onClose: () => void }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [draft, setDraft] = useState(NEW_APPEAL);
  const [tried, setTried] = useState(false);
  const body = writtenAppeal(draft);
  const send = useMutation({
    mutationFn: async () => body && fairnessApi.fileAppeal(measure.id, body),
    onSuccess: () => {
      void message.success(t.measures.appealFiled);
      onClose();
    },
    onSettled: refreshFairness,
  });
  const refused = refusedFields(send.error).some(({ pointer }) => pointer === '/says');
  const change = (part: Partial<AppealDraft>) => {
    setDraft({ ...draft, ...part });
    send.reset();
  };
  return (
    <form
      className="panel-body stack appeal-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!body) document.getElementById('appeal-says')?.focus();
        else if (!send.isPending) send.mutate();
      }}
    >
      <p className="small quiet">{t.measures.fileAppealHint}</p>
      <div className="institution-fields">
        <ChoiceField<AppealDraft['by']>
          id="appeal-by"
          label={t.measures.appealBy}
          wrong={null}
          value={draft.by}
          choices={WAYS.map((way) => [way, t.appealChannel[way]] as const)}
          onChange={(by) => change({ by })}
        />
        <ChoiceField<Livelihood | ''>
          id="appeal-livelihood"
          label={t.measures.appealLivelihood}
          wrong={null}
          none={t.measures.noLivelihood}
          value={draft.livelihood}
          choices={Object.entries(t.livelihood) as [Livelihood, string][]}
          onChange={(livelihood) => change({ livelihood })}
        />
      </div>
      <TextField
        id="appeal-says"
        label={t.measures.appealSays}
        wrong={(tried && !body) || refused ? t.measures.wrong.says : null}
        lines={4}
        max={SAYS_MAX}
        value={draft.says}
        onChange={(says) => change({ says })}
      />
      <div role="alert">
        {send.isError && !refused && <p className="alert red">{sayError(send.error, t)}</p>}
      </div>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {t.measures.fileAppeal}
        </Button>
      </div>
    </form>
  );
}

/** The way to the form, or why there is none; nothing for those who take no calls. */
export function WrittenAppealPart({ measure }: { measure: MeasureDetail }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const mayFile = has('analyst') || has('liaison');
  const refusal = whyNoAppeal(measure, now);
  useShortcuts(mayFile && refusal === null && !open ? { f: () => setOpen(true) } : {});
  if (!mayFile) return null;
  if (open) return <AppealFields measure={measure} onClose={() => setOpen(false)} />;
  const because = {
    open: t.measures.appealOpen,
    late: t.measures.appealLate,
    lifted: t.measures.appealLifted,
  };
  if (refusal) return <p className="panel-body small quiet">{because[refusal]}</p>;
  return (
    <div className="panel-body row">
      <Button onClick={() => setOpen(true)}>
        {t.measures.fileAppeal} <kbd aria-hidden="true">F</kbd>
      </Button>
    </div>
  );
}
