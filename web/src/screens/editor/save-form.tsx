/** Saves the draft as a version of its own; it decides about nothing until two people put it to work. */

import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { App, Button, Input } from 'antd';
import { useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { policiesQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { queryClient } from '../../api/queries';
import type { PolicyDifference } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { bodyOf, type Draft } from '../../policy/draft';
import { shortHash } from '../../policy/version-state';
import { DifferenceList } from '../policies/difference-list';

const NOTE_MAX = 500;

interface SaveFormProps {
  readonly draft: Draft;
  readonly difference: PolicyDifference | null;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

export function SaveForm({ draft, difference, onSaved, onClose }: SaveFormProps) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [note, setNote] = useState('');
  const save = useMutation({
    mutationFn: () => policyApi.push(bodyOf(draft), note.trim()),
    onSuccess: (version) => {
      onSaved();
      void queryClient.invalidateQueries({ queryKey: policiesQuery.queryKey });
      void message.success(t.editor.saved(shortHash(version.hash)));
      void navigate({ to: '/policies/$hash', params: { hash: version.hash } });
    },
    onError: (error) => void message.error(sayError(error, t)),
  });
  return (
    <section className="panel save-form" aria-label={t.editor.save}>
      <header>
        <h2>{t.editor.save}</h2>
        <span className="small quiet">{t.editor.saveAsk}</span>
      </header>
      <form
        className="panel-body stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!save.isPending) save.mutate();
        }}
      >
        <div className="field">
          <label htmlFor="save-note">{t.editor.saveNote}</label>
          <Input
            id="save-note"
            autoFocus
            maxLength={NOTE_MAX}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </div>
        <div className="row end-row">
          <Button onClick={onClose}>{t.app.cancel}</Button>
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t.editor.save}
          </Button>
        </div>
      </form>
      {difference && (
        <div className="scroll-y">
          <DifferenceList difference={difference} none={t.editor.noChanges} />
        </div>
      )}
    </section>
  );
}
