/** Subjects of a batch one by one: what spoke against each, what became of it, and rolling back some of them. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { fairnessApi } from '../../api/fairness-endpoints';
import { subjectsQuery } from '../../api/fairness-queries';
import { useMe } from '../../api/queries';
import type { BatchSubject, MeasureBatch, SubjectResultWord } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { SubjectName } from '../../parts/measure-words';
import { Pages } from '../../parts/pages';
import { useStep } from '../../parts/use-step';
import { linesToLift } from './batch-steps';

function Result({ subject }: { subject: BatchSubject }) {
  const { t } = useSpeech();
  const text = t.subjectResult[subject.result];
  switch (subject.result) {
    case 'imposed':
    case 'rolled_back':
      return (
        <Link to="/measures/$measureId" params={{ measureId: subject.measure_id }}>
          {text}
        </Link>
      );
    case 'failed':
      return (
        <span className="red">
          {text}: {subject.why}
        </span>
      );
    case 'excluded':
    case 'waiting':
      return <span className="quiet">{text}</span>;
  }
}

interface RowProps {
  readonly subject: BatchSubject;
  readonly chosen: boolean;
  readonly mayChoose: boolean;
  readonly onChoose: () => void;
}

function Row({ subject, chosen, mayChoose, onChoose }: RowProps) {
  const { t } = useSpeech();
  const signals = subject.subject.signals ?? [];
  const yes = (is: boolean) => (is ? t.batches.yes : t.batches.no);
  return (
    <tr data-line={subject.line} data-result={subject.result}>
      <td className="lead">
        {mayChoose && subject.result === 'imposed' ? (
          <Checkbox checked={chosen} onChange={onChoose} aria-label={t.batches.selectLine(subject.line)}>
            <span className="num">{subject.line}</span>
          </Checkbox>
        ) : (
          <span className="num">{subject.line}</span>
        )}
      </td>
      <td data-label={t.measures.subject}>
        <SubjectName subject={subject.subject.subject} />
      </td>
      <td data-label={t.batches.signal}>
        {signals.length === 0 ? (
          <span className="word green">{t.batches.none}</span>
        ) : (
          signals.map((signal) => (
            <span key={`${signal.kind}${signal.seen_at}`}>
              <span className="word">{t.signalKind[signal.kind]}</span>{' '}
              <span className="small">{signal.detail}</span>{' '}
            </span>
          ))
        )}
      </td>
      <td data-label={t.batches.travellers}>{yes(subject.dry.traveller)}</td>
      <td data-label={t.batches.longResidents}>{yes(subject.dry.long_resident)}</td>
      <td data-label={t.batches.result}>
        <Result subject={subject} />
      </td>
    </tr>
  );
}

export function SubjectTable({ batch }: { batch: MeasureBatch }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const { busy, run } = useStep();
  const [result, setResult] = useState<SubjectResultWord | undefined>(undefined);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const query = useInfiniteQuery(subjectsQuery(batch.id, result));
  const subjects = query.data?.pages.flatMap((page) => page.items) ?? [];
  const mayChoose =
    (has('analyst') || has('approver')) && ['applied', 'applying'].includes(batch.state.state);
  const lines = linesToLift(subjects, chosen);
  const words = Object.keys(t.subjectResult) as SubjectResultWord[];
  const toggle = (line: number) => {
    const next = new Set(chosen);
    if (!next.delete(line)) next.add(line);
    setChosen(next);
  };
  const heads = [
    t.batches.line,
    t.measures.subject,
    t.batches.signal,
    t.batches.travellers,
    t.batches.longResidents,
    t.batches.result,
  ];
  return (
    <section className="panel" aria-label={t.batches.results}>
      <header>
        <h2>{t.batches.results}</h2>
        <select
          className="select"
          aria-label={t.batches.result}
          value={result ?? ''}
          onChange={(event) => setResult(words.find((word) => word === event.target.value))}
        >
          <option value="">{t.batches.any}</option>
          {words.map((word) => (
            <option key={word} value={word}>
              {t.subjectResult[word]} ({batch.results.find((counted) => counted.result === word)?.count ?? 0})
            </option>
          ))}
        </select>
        {lines.length > 0 && (
          <Button
            danger
            size="small"
            loading={busy}
            onClick={() =>
              run(
                () => fairnessApi.rollBackLines(batch.id, lines),
                t.batches.linesLifted(lines.length),
                () => setChosen(new Set()),
              )
            }
          >
            {t.batches.rollBackLines(lines.length)}
          </Button>
        )}
      </header>
      <Pages query={query} count={subjects.length} empty={t.batches.none}>
        <div className="scroll-x" tabIndex={0}>
          <table className="grid cards subject-table">
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {subjects.map((subject) => (
                <Row
                  key={subject.line}
                  subject={subject}
                  chosen={chosen.has(subject.line)}
                  mayChoose={mayChoose}
                  onChoose={() => toggle(subject.line)}
                />
              ))}
            </tbody>
          </table>
        </div>
      </Pages>
    </section>
  );
}
