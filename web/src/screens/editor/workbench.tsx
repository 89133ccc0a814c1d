/** The draft on the bench: files at one side, the text, and what the server says about it at the other. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { App, Button } from 'antd';
import { Suspense, lazy, useCallback, useEffect, useMemo, useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { languageQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import type { PolicyBundle, PolicyDiagnostic } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { VersionLink } from '../../parts/policy-words';
import type { Sources } from '../../policy/completion';
import { filesOf, isClean, restored, withText, without, type DraftFile } from '../../policy/draft';
import { FUNCTIONS_ZH } from '../../policy/zh-language';
import type { Target } from './code-editor';
import { editorPhrases } from './editor-phrases';
import { FileList } from './file-list';
import { findingsIn, mended } from './finding-text';
import { SaveForm } from './save-form';
import { SidePanel } from './side-panel';
import { useCheck } from './use-check';
import { useDraft } from './use-draft';

const CodeEditor = lazy(() => import('./code-editor'));

type Files = PolicyBundle['files'];

/** Where somebody begins who starts from nothing. */
const FIRST_FILE = 'policy.policy';

function useSources(outline: Sources['outline'] | undefined): Sources | null {
  const { t, language } = useSpeech();
  const { data: known } = useQuery(languageQuery);
  return useMemo(() => {
    if (!outline) return null;
    return {
      outline,
      language: known,
      functionDoc: (name, english) => (language === 'zh' ? (FUNCTIONS_ZH[name] ?? english) : english),
      wordDoc: (kind, word) =>
        wordOf(
          kind === 'declaration' ? t.editor.declares : kind === 'decision' ? t.decision : t.measure,
          word,
        ),
    };
  }, [outline, known, language, t]);
}

interface StatusProps {
  readonly errors: number | null;
  readonly warnings: number;
  readonly isStale: boolean;
  readonly error: unknown;
}

function Status({ errors, warnings, isStale, error }: StatusProps) {
  const { t } = useSpeech();
  if (error) return <span className="red">{`${t.editor.unchecked}: ${sayError(error, t)}`}</span>;
  if (errors === null) return <span className="quiet">{t.editor.checking}</span>;
  return (
    <span className={isStale ? 'quiet' : ''} data-errors={isStale ? '' : errors}>
      <span className={errors > 0 ? 'red' : 'green'}>
        {errors > 0 ? t.editor.errors(errors) : t.editor.ok}
      </span>
      {warnings > 0 && <span className="amber">{` · ${t.editor.warnings(warnings)}`}</span>}
    </span>
  );
}

interface FileHeadProps {
  readonly file: DraftFile;
  readonly isFormatting: boolean;
  readonly onFormat: () => void;
  readonly onRemove: () => void;
  readonly onRestore: () => void;
}

function FileHead({ file, isFormatting, onFormat, onRemove, onRestore }: FileHeadProps) {
  const { t } = useSpeech();
  const isPolicy = file.path.endsWith('.policy');
  return (
    <header>
      <h2 className="mono">{file.path}</h2>
      {file.state !== 'same' && <span className="small quiet">{t.editor.fileState[file.state]}</span>}
      {(file.state === 'changed' || file.state === 'removed') && (
        <Button size="small" type="text" onClick={onRestore}>
          {t.editor.restoreFile}
        </Button>
      )}
      {file.state !== 'removed' && (
        <Button size="small" type="text" onClick={onRemove}>
          {t.editor.removeFile}
        </Button>
      )}
      {isPolicy && file.state !== 'removed' && (
        <Button size="small" data-format loading={isFormatting} onClick={onFormat}>
          {t.editor.format}
        </Button>
      )}
    </header>
  );
}

export function Workbench({ base, files }: { base: string | null; files: Files }) {
  const speech = useSpeech();
  const { t, language } = speech;
  const { message, modal } = App.useApp();
  const search = useSearch({ from: '/frame/editor' });
  const baseFiles = useMemo(() => files.map((file) => ({ ...file, text: file.text ?? null })), [files]);
  const { draft, setDraft, discard, wasRestored } = useDraft(base);
  const all = filesOf(baseFiles, draft);
  const [path, setPath] = useState(search.file ?? all[0]?.path ?? FIRST_FILE);
  const [target, setTarget] = useState<Target | null>(search.line ? { line: search.line } : null);
  const [saving, setSaving] = useState(false);
  const { checked, isStale, error } = useCheck(draft);
  const { data: known } = useQuery(languageQuery);
  const sources = useSources(checked?.check.outline);
  const file = all.find((candidate) => candidate.path === path) ??
    all[0] ?? { path: FIRST_FILE, bytes: 0, text: '', state: 'added' as const };
  const setText = useCallback(
    (changed: string, text: string) => setDraft((old) => withText(baseFiles, old, changed, text)),
    [baseFiles, setDraft],
  );
  const checkedText = useMemo(
    () =>
      checked
        ? (filesOf(baseFiles, checked.draft).find((other) => other.path === file.path)?.text ?? null)
        : null,
    [checked, baseFiles, file.path],
  );
  const findings = useMemo(
    () =>
      checked && checkedText !== null
        ? findingsIn(file.path, checkedText, checked.check.diagnostics, speech, known)
        : [],
    [checked, checkedText, file.path, speech, known],
  );
  const errors = useMemo(() => {
    const byPath = new Map<string, number>();
    for (const item of checked?.check.diagnostics ?? [])
      if (item.severity === 'error') byPath.set(item.at.path, (byPath.get(item.at.path) ?? 0) + 1);
    return byPath;
  }, [checked]);
  useEffect(() => {
    if (wasRestored) void message.info(t.editor.restoredDraft);
    // Once, when the bench is set up.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const go = (place: { readonly path: string; readonly line: number }) => {
    setPath(place.path);
    setTarget({ line: place.line });
  };
  const open = (next: string) => {
    setPath(next);
    setTarget(null);
  };
  const format = useMutation({
    mutationFn: ({ text }: { path: string; text: string }) => policyApi.format(text),
    onSuccess: ({ text }, asked) => {
      if (text === null || text === undefined) void message.warning(t.editor.formatNo);
      else if (text === asked.text) void message.info(t.editor.formatSame);
      else {
        setText(asked.path, text);
        void message.success(t.editor.formatted);
      }
    },
    onError: (failure) => void message.error(sayError(failure, t)),
  });
  const tryFormat = () => {
    if (file.text !== null && !format.isPending) format.mutate({ path: file.path, text: file.text });
  };
  const mend = (item: PolicyDiagnostic) => {
    const text = all.find((other) => other.path === item.at.path)?.text;
    if (typeof text !== 'string') return;
    setText(item.at.path, mended(text, item));
    go(item.at);
  };
  const trySave = () => {
    if (isClean(draft)) void message.info(t.editor.saveClean);
    else if (isStale || !checked?.check.ok) void message.warning(t.editor.saveNo);
    else setSaving(true);
  };
  const tryDiscard = () => {
    modal.confirm({ title: t.editor.discardAsk, onOk: discard, okButtonProps: { danger: true } });
  };

  return (
    <>
      <div className="page-head editor-head">
        <h1>{t.editor.title}</h1>
        <span className="small quiet">
          {t.editor.base} {base ? <VersionLink hash={base} /> : t.editor.nothing}
        </span>
        <span role="status">
          <Status
            errors={checked?.check.errors ?? null}
            warnings={checked?.check.warnings ?? 0}
            isStale={isStale}
            error={error}
          />
        </span>
        {!isClean(draft) && <Button onClick={tryDiscard}>{t.editor.discard}</Button>}
        <Button type="primary" data-save onClick={trySave}>
          {t.editor.save}
        </Button>
      </div>
      {saving && (
        <SaveForm
          draft={draft}
          difference={checked?.check.difference ?? null}
          onSaved={discard}
          onClose={() => setSaving(false)}
        />
      )}
      <div className="bench">
        <FileList
          files={all}
          current={file.path}
          errors={errors}
          onOpen={open}
          onAdd={(added) => {
            setText(added, '');
            open(added);
          }}
        />
        <section className="panel text-panel" aria-label={t.editor.code}>
          <FileHead
            file={file}
            isFormatting={format.isPending}
            onFormat={tryFormat}
            onRemove={() => setDraft(without(baseFiles, draft, file.path))}
            onRestore={() => setDraft(restored(draft, file.path))}
          />
          {file.text === null || file.state === 'removed' ? (
            <Blank text={file.state === 'removed' ? t.editor.fileState.removed : t.editor.tooLarge} />
          ) : (
            <Suspense fallback={<Blank text={t.app.loading} />}>
              <CodeEditor
                key={language}
                path={file.path}
                text={file.text}
                label={`${t.editor.code} ${file.path}`}
                findings={findings}
                checkedText={checkedText}
                sources={sources}
                target={target}
                phrases={editorPhrases(language)}
                onChange={setText}
                onFormat={tryFormat}
              />
            </Suspense>
          )}
          <p className="small quiet editor-keys">{t.editor.keys}</p>
        </section>
        <SidePanel draft={draft} check={checked?.check ?? null} language={known} onGo={go} onMend={mend} />
      </div>
    </>
  );
}
