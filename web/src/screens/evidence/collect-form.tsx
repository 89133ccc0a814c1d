/** A file taken into custody by two people, with the record of how. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { refreshCasework } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import { recordApi } from '../../api/record-endpoints';
import { useMe, usersQuery } from '../../api/queries';
import { useQuery } from '@tanstack/react-query';
import { useSpeech } from '../../i18n/language';
import { ChoiceField, FieldFrame, TextField } from '../../parts/form-field';
import { usePersonChoices } from '../../parts/person-choices';
import {
  FURTHER,
  NEW_COLLECTION,
  TEXT_MAX,
  collectProblems,
  collectionOf,
  mediaTypeOf,
  type CollectDraft,
} from './evidence-draft';

const idOf = (field: string) => `collect-${field}`;

/** The sign-in name of the signed-in person, who cannot be the second one. */
function useOwnLogin(): string | null {
  const { user } = useMe();
  const { data } = useQuery(usersQuery);
  return data?.items.find(({ id }) => id === user?.id)?.login ?? null;
}

interface FieldsProps {
  readonly draft: CollectDraft;
  readonly wrong: (field: 'file' | 'second' | 'source' | 'method' | 'place') => string | null;
  readonly change: (part: Partial<CollectDraft>) => void;
}

function NeededFields({
  draft,
  wrong,
  change,
  onFile,
}: FieldsProps & { onFile: (file: File | null) => void }) {
  const { t } = useSpeech();
  const own = useOwnLogin();
  const people = usePersonChoices(['analyst', 'approver'], 'login').filter(([login]) => login !== own);
  const fileProblem = wrong('file');
  return (
    <div className="institution-fields">
      <FieldFrame id={idOf('file')} label={t.evidence.file} hint={t.evidence.fileHint} wrong={fileProblem}>
        <input
          id={idOf('file')}
          type="file"
          className="file-input"
          aria-invalid={fileProblem !== null}
          aria-describedby={`${idOf('file')}-hint`}
          onChange={(event) => onFile(event.target.files?.[0] ?? null)}
        />
      </FieldFrame>
      <ChoiceField
        id={idOf('second')}
        label={t.evidence.second}
        none={t.evidence.choose}
        wrong={wrong('second')}
        value={draft.second}
        choices={people}
        onChange={(second) => change({ second })}
      />
      {(['source', 'method', 'place'] as const).map((field) => (
        <TextField
          key={field}
          id={idOf(field)}
          label={t.evidence[field]}
          wrong={wrong(field)}
          max={TEXT_MAX}
          value={draft[field]}
          onChange={(value) => change({ [field]: value })}
        />
      ))}
    </div>
  );
}

function FurtherFields({ draft, change }: Omit<FieldsProps, 'wrong'>) {
  const { t } = useSpeech();
  return (
    <details>
      <summary>{t.evidence.optional}</summary>
      <div className="institution-fields further-fields">
        {FURTHER.map((field) => (
          <TextField
            key={field}
            id={idOf(field)}
            label={t.evidence[field]}
            wrong={null}
            max={TEXT_MAX}
            value={draft[field]}
            onChange={(value) => change({ [field]: value })}
          />
        ))}
      </div>
    </details>
  );
}

export function CollectForm({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [draft, setDraft] = useState(NEW_COLLECTION);
  const [file, setFile] = useState<File | null>(null);
  const [tried, setTried] = useState(false);
  const problems = collectProblems(draft, file);
  const send = useMutation({
    mutationFn: (taken: File) =>
      recordApi.collect(caseId, collectionOf(draft, taken), taken, mediaTypeOf(taken.name)),
    onSuccess: () => {
      void message.success(t.evidence.collected);
      onClose();
    },
    onSettled: refreshCasework,
  });
  const part: FieldsProps = {
    draft,
    wrong: (field) => (tried && problems.includes(field) ? t.evidence.wrong[field] : null),
    change: (changed) => setDraft({ ...draft, ...changed }),
  };
  return (
    <section className="panel" aria-label={t.evidence.collect}>
      <header>
        <h2>{t.evidence.collect}</h2>
      </header>
      <form
        className="panel-body stack lead-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          const [first] = problems;
          if (first) document.getElementById(idOf(first))?.focus();
          else if (file && !send.isPending) send.mutate(file);
        }}
      >
        <p className="small quiet">{t.evidence.collectHint}</p>
        <NeededFields {...part} onFile={setFile} />
        <FurtherFields draft={draft} change={part.change} />
        <div role="alert">{send.isError && <p className="alert red">{sayError(send.error, t)}</p>}</div>
        <div className="row end-row">
          <Button onClick={onClose}>{t.app.cancel}</Button>
          <Button type="primary" htmlType="submit" loading={send.isPending}>
            {t.evidence.collect}
          </Button>
        </div>
      </form>
    </section>
  );
}
