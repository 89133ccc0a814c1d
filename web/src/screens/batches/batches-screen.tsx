/** Batches of measures, newest first. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { batchesQuery } from '../../api/fairness-queries';
import { useSpeech } from '../../i18n/language';
import { BatchStateMark } from '../../parts/measure-words';
import { Pages } from '../../parts/pages';

export function BatchesScreen() {
  const { t, moment } = useSpeech();
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
      </div>
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
