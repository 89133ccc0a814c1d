/** The findings of the whole draft, worst first, each leading to its place and mended where there is one answer. */

import { Button } from 'antd';
import type { PolicyCheck, PolicyDiagnostic, PolicyLanguage, PolicyPlace } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { titleOf, told } from './finding-text';

interface ProblemListProps {
  readonly check: PolicyCheck;
  readonly language: PolicyLanguage | undefined;
  readonly onGo: (place: PolicyPlace) => void;
  readonly onMend: (item: PolicyDiagnostic) => void;
}

function LabelText({ text }: { text: string }) {
  const { language } = useSpeech();
  const label = told('label', text, language);
  return <span lang={label.lang}>{label.text}</span>;
}

function Problem({
  item,
  language: known,
  onGo,
  onMend,
}: { item: PolicyDiagnostic } & Omit<ProblemListProps, 'check'>) {
  const { t, language } = useSpeech();
  const message = told('message', item.message, language);
  const hint = item.hint ? told('hint', item.hint, language) : null;
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
      <p lang={message.lang}>{message.text}</p>
      {hint && (
        <p lang={hint.lang} className="quiet">
          {hint.text}
        </p>
      )}
      {item.labels.map((label, index) => (
        <p key={index} className="small quiet">
          {t.editor.also}{' '}
          <button type="button" className="plain-button mono place" onClick={() => onGo(label.at)}>
            {`${label.at.path}:${label.at.line}`}
          </button>{' '}
          <LabelText text={label.text} />
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
