/** Batches of measures, newest first. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import { useRef } from 'react';
import { fairnessApi } from '../../api/fairness-endpoints';
import { batchesQuery } from '../../api/fairness-queries';
import { useMe } from '../../api/queries';
import { useSpeech } from '../../i18n/language';
import { BatchStateMark } from '../../parts/measure-words';
import { Pages } from '../../parts/pages';
import { useStep } from '../../parts/use-step';

/** A file of subjects: what comes back is a dry run, which somebody else must approve. */
function UploadButton() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { busy, run } = useStep();
  const input = useRef<HTMLInputElement>(null);
  const send = async (file: File) => {
    const batch = await fairnessApi.askBatch(file);
    await navigate({ to: '/batches/$batchId', params: { batchId: batch.id } });
  };
  return (
    <>
      <Button type="primary" loading={busy} onClick={() => input.current?.click()}>
        {t.batches.upload}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t.batches.upload}
        accept=".ndjson,.jsonl,application/x-ndjson"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = '';
          if (file) run(() => send(file), t.batches.uploaded);
        }}
      />
    </>
  );
}

export function BatchesScreen() {
  const { t, moment } = useSpeech();
  const { has } = useMe();
  const query = useInfiniteQuery(batchesQuery);
  const batches = query.data?.pages.flatMap((page) => page.items) ?? [];
  const heads: [string, boolean][] = [
    [t.batches.asked, false],
    [t.measures.kind, false],
    [t.batches.subjects, true],
    [t.batches.hit, true],
    [t.batches.state, false],
    [t.batches.askedBy, false],
  ];
  return (
    <>
      <div className="page-head">
        <h1>{t.batches.title}</h1>
        {has('analyst') && <UploadButton />}
      </div>
      {has('analyst') && <p className="quiet small">{t.batches.uploadHint}</p>}
      <section className="panel" aria-label={t.batches.title}>
        <Pages query={query} count={batches.length} empty={t.batches.empty}>
          <table className="grid cards batch-table">
            <thead>
              <tr>
                {heads.map(([head, isNumber]) => (
                  <th key={head} scope="col" className={isNumber ? 'end' : ''}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {batches.map((batch) => (
                <tr key={batch.id} data-batch={batch.id}>
                  <td className="lead">
                    <Link to="/batches/$batchId" params={{ batchId: batch.id }} className="num">
                      {moment(batch.asked_at)}
                    </Link>
                  </td>
                  <td data-label={t.measures.kind}>{t.measureKind[batch.wish.kind]}</td>
                  <td data-label={t.batches.subjects} className="end num">
                    {batch.dry_run.subjects}
                  </td>
                  <td data-label={t.batches.hit} className="end num">
                    {batch.dry_run.hit}
                  </td>
                  <td data-label={t.batches.state}>
                    <BatchStateMark state={batch.state} />
                  </td>
                  <td data-label={t.batches.askedBy}>{batch.asked_by.name}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Pages>
      </section>
    </>
  );
}
