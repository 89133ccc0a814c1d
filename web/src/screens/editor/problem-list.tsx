/** The findings of the whole draft, worst first, each leading to its place and mended where there is one answer. */

import { Button } from 'antd';
import type { PolicyCheck, PolicyDiagnostic, PolicyLanguage, PolicyPlace } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { titleOf } from './finding-text';

interface ProblemListProps {
  readonly check: PolicyCheck;
  readonly language: PolicyLanguage | undefined;
  readonly onGo: (place: PolicyPlace) => void;
  readonly onMend: (item: PolicyDiagnostic) => void;
}

function Problem({
  item,
  language: known,
  onGo,
  onMend,
}: { item: PolicyDiagnostic } & Omit<ProblemListProps, 'check'>) {
  const { t, language } = useSpeech();
  const isError = item.severity === 'error';
  return (
    <li data-code={item.code}>
      <div className="row">
        <span className={isError ? 'word red' : 'word amber'}>
          {isError ? t.severity.error : t.severity.warning}
        </span>
        <button type="button" className="plain-button mono place" onClick={() => onGo(item.at)}>
          {`${item.at.path}:${item.at.line}:${item.at.column}`}
        </button>
      </div>
      <p className="strong">{titleOf(item.code, language, known)}</p>
      <p lang="en">{item.message}</p>
      {item.hint && (
        <p lang="en" className="quiet">
          {item.hint}
        </p>
      )}
      {item.labels.map((label, index) => (
        <p key={index} className="small quiet">
          {t.editor.also}{' '}
          <button type="button" className="plain-button mono place" onClick={() => onGo(label.at)}>
            {`${label.at.path}:${label.at.line}`}
          </button>{' '}
          <span lang="en">{label.text}</span>
        </p>
      ))}
      {item.replacement !== null && item.replacement !== undefined && (
        <Button size="small" data-mend onClick={() => onMend(item)}>
          {t.editor.replaceBy(item.replacement)}
        </Button>
      )}
    </li>
  );
}

export function ProblemList({ check, ...rest }: ProblemListProps) {
  const { t } = useSpeech();
  const sorted = [...check.diagnostics].sort((a, b) => a.severity.localeCompare(b.severity));
  if (sorted.length === 0) return <p className="panel-body quiet">{t.editor.noProblems}</p>;
  return (
    <>
      <ul className="problem-list">
        {sorted.map((item, index) => (
          <Problem key={index} item={item} {...rest} />
        ))}
      </ul>
      {check.more > 0 && <p className="panel-body quiet">{t.editor.moreProblems(check.more)}</p>}
    </>
  );
}
