import { useMutation } from '@tanstack/react-query';
import { App, Button, Input } from 'antd';
import { useState, type ReactNode } from 'react';
import { api } from '../../api/endpoints';
import { ApiError, sayError } from '../../api/problem';
import { institutionsQuery, queryClient } from '../../api/queries';
import type { Institution, InstitutionKind } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import {
  draftOf,
  draftProblems,
  fieldOfPointer,
  newSecret,
  requestOf,
  type DraftField,
  type InstitutionDraft,
} from './institution-draft';

interface InstitutionFormProps {
  /** The institution to change; `null` for a new one. */
  readonly item: Institution | null;
  readonly taken: ReadonlySet<string>;
  readonly onClose: () => void;
}

/** Registers or changes an institution. Its secret is never shown again once it is stored. */
export function InstitutionForm({ item, taken, onClose }: InstitutionFormProps) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [draft, setDraft] = useState<InstitutionDraft>(() => draftOf(item));
  const [tried, setTried] = useState(false);
  const change = (part: Partial<InstitutionDraft>) => setDraft({ ...draft, ...part });
  const save = useMutation({
    mutationFn: () => api.setInstitution(draft.code.trim(), requestOf(draft)),
    onSuccess: (stored) => {
      void message.success(t.institutions.saved(stored.name));
      void queryClient.invalidateQueries({ queryKey: institutionsQuery.queryKey });
      onClose();
    },
  });
  const own = draftProblems(draft, item ? new Set() : taken);
  const refused =
    save.error instanceof ApiError
      ? (save.error.problem.errors ?? []).flatMap(({ pointer }) => fieldOfPointer(pointer) ?? [])
      : [];
  const problem = (field: DraftField): string | null => {
    if (tried && own.includes(field)) return t.institutions.wrong[field];
    if (!refused.includes(field)) return null;
    return field === 'endpoint' ? t.error['institution.endpoint'] : t.institutions.wrong[field];
  };
  const field = (name: DraftField, label: string, hint: string, input: (id: string) => ReactNode) => {
    const id = `institution-${name}`;
    const wrong = problem(name);
    return (
      <div className="field">
        <label htmlFor={id}>{label}</label>
        {input(id)}
        <div id={`${id}-hint`} className={wrong ? 'field-error' : 'small quiet'}>
          {wrong ?? hint}
        </div>
      </div>
    );
  };
  const text = (name: Exclude<DraftField, 'kind'>, extra: { mono?: boolean; disabled?: boolean } = {}) => {
    const wrong = problem(name) !== null;
    return function TextInput(id: string) {
      return (
        <Input
          id={id}
          className={extra.mono ? 'mono' : ''}
          disabled={extra.disabled ?? false}
          spellCheck={false}
          autoComplete="off"
          maxLength={name === 'endpoint' ? 512 : 140}
          status={wrong ? 'error' : ''}
          aria-invalid={wrong}
          aria-describedby={`${id}-hint`}
          value={draft[name]}
          onChange={(event) => change({ [name]: event.target.value })}
        />
      );
    };
  };
  const labels = t.institutions;
  return (
    <section className="panel institution-form" aria-label={item ? labels.edit(item.name) : labels.add}>
      <header>
        <h2>{item ? labels.edit(item.name) : labels.add}</h2>
      </header>
      <form
        className="panel-body stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (own.length === 0 && !save.isPending) save.mutate();
        }}
      >
        <div className="institution-fields">
          {field('code', labels.code, labels.codeHint, text('code', { mono: true, disabled: item !== null }))}
          {field('name', labels.name, '', text('name'))}
          {field('kind', labels.kind, '', (id) => (
            <select
              id={id}
              className="select"
              value={draft.kind}
              onChange={(event) => change({ kind: event.target.value as InstitutionKind })}
            >
              {(Object.keys(t.institutionKind) as InstitutionKind[]).map((kind) => (
                <option key={kind} value={kind}>
                  {t.institutionKind[kind]}
                </option>
              ))}
            </select>
          ))}
          {field('latency', labels.latencyLabel, labels.latencyHint, text('latency'))}
          {field('endpoint', labels.endpoint, labels.endpointHint, text('endpoint', { mono: true }))}
          {field(
            'secret',
            labels.secret,
            item?.has_webhook_secret ? labels.secretStays : labels.secretHint,
            (id) => (
              <div className="secret-row">
                {text('secret', { mono: true })(id)}
                <Button onClick={() => change({ secret: newSecret() })}>{labels.makeSecret}</Button>
              </div>
            ),
          )}
        </div>
        <div role="alert">
          {draft.secret !== '' && <p className="alert amber">{labels.secretOnce}</p>}
          {save.isError && refused.length === 0 && <p className="alert red">{sayError(save.error, t)}</p>}
        </div>
        <div className="row end-row">
          <Button onClick={onClose}>{t.app.cancel}</Button>
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {labels.save}
          </Button>
        </div>
      </form>
    </section>
  );
}
