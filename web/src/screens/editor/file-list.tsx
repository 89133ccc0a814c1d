/** The files of the draft: which is written, what became of each, and a new one. */

import { Button, Input } from 'antd';
import { useState } from 'react';
import { useSpeech } from '../../i18n/language';
import { pathProblem, type DraftFile } from '../../policy/draft';

interface FileListProps {
  readonly files: readonly DraftFile[];
  readonly current: string;
  /** Number of errors by path. */
  readonly errors: ReadonlyMap<string, number>;
  readonly onOpen: (path: string) => void;
  readonly onAdd: (path: string) => void;
}

function NewFile({ files, onAdd }: Pick<FileListProps, 'files' | 'onAdd'>) {
  const { t } = useSpeech();
  const [path, setPath] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  if (path === null)
    return (
      <Button size="small" onClick={() => setPath('')}>
        {t.editor.newFile}
      </Button>
    );
  const problem = pathProblem(
    path,
    files.map((file) => file.path),
  );
  return (
    <form
      className="new-file"
      onSubmit={(event) => {
        event.preventDefault();
        setWrong(problem !== null);
        if (problem !== null) return;
        onAdd(path);
        setPath(null);
      }}
    >
      <label className="visually-hidden" htmlFor="new-file">
        {t.editor.newFilePath}
      </label>
      <Input
        id="new-file"
        className="mono"
        autoFocus
        size="small"
        spellCheck={false}
        autoCapitalize="none"
        placeholder={t.editor.newFilePath}
        value={path}
        status={wrong && problem ? 'error' : ''}
        aria-invalid={wrong && problem !== null}
        onChange={(event) => setPath(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setPath(null);
        }}
      />
      {wrong && problem && <div className="field-error">{t.editor.pathBad[problem]}</div>}
      <div className="row">
        <Button size="small" htmlType="submit" type="primary">
          {t.editor.add}
        </Button>
        <Button size="small" onClick={() => setPath(null)}>
          {t.app.cancel}
        </Button>
      </div>
    </form>
  );
}

export function FileList({ files, current, errors, onOpen, onAdd }: FileListProps) {
  const { t } = useSpeech();
  const note = (file: DraftFile) => {
    const wrong = errors.get(file.path) ?? 0;
    return wrong > 0 ? t.editor.errors(wrong) : file.state === 'same' ? '' : t.editor.fileState[file.state];
  };
  return (
    <nav className="panel file-list" aria-label={t.editor.files}>
      <header>
        <h2>{t.editor.files}</h2>
        <NewFile files={files} onAdd={onAdd} />
      </header>
      <label className="file-select">
        <span className="visually-hidden">{t.policies.file}</span>
        <select className="select mono" value={current} onChange={(event) => onOpen(event.target.value)}>
          {files.map((file) => (
            <option key={file.path} value={file.path}>
              {[file.path, note(file)].filter(Boolean).join(' · ')}
            </option>
          ))}
        </select>
      </label>
      <ul>
        {files.map((file) => (
          <li key={file.path} data-state={file.state} className={file.path === current ? 'selected' : ''}>
            <button
              type="button"
              aria-current={file.path === current ? 'true' : undefined}
              onClick={() => onOpen(file.path)}
            >
              <span className="mono">{file.path}</span>
              <span className={(errors.get(file.path) ?? 0) > 0 ? 'small red' : 'small quiet'}>
                {note(file)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
