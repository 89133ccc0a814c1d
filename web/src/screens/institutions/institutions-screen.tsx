import { useQuery } from '@tanstack/react-query';
import { sayError } from '../../api/problem';
import { institutionsQuery } from '../../api/queries';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';

/** The institutions taking part, and whether orders can reach them. */
export function InstitutionsScreen() {
  const { t, locale } = useSpeech();
  const query = useQuery(institutionsQuery);
  const items = [...(query.data?.items ?? [])].sort((a, b) => a.code.localeCompare(b.code));
  const seconds = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return (
    <>
      <div className="page-head">
        <h1>{t.institutions.title}</h1>
        <span className="quiet num">{items.length}</span>
      </div>
      <section className="panel" aria-label={t.institutions.title}>
        {query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && items.length === 0 && <Blank text={t.institutions.empty} />}
        {items.length > 0 && (
          <table className="grid cards">
            <thead>
              <tr>
                <th scope="col">{t.institutions.name}</th>
                <th scope="col">{t.institutions.code}</th>
                <th scope="col">{t.institutions.kind}</th>
                <th scope="col">{t.institutions.endpoint}</th>
                <th scope="col" className="end">
                  {t.institutions.latency}
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.code}>
                  <td className="lead">
                    <strong>{item.name}</strong>
                  </td>
                  <td data-label={t.institutions.code}>
                    <span className="mono">{item.code}</span>
                  </td>
                  <td data-label={t.institutions.kind}>{t.institutionKind[item.kind]}</td>
                  <td data-label={t.institutions.endpoint}>
                    {item.endpoint ? (
                      <span className="mono">{item.endpoint}</span>
                    ) : (
                      <span className="quiet">{t.institutions.none}</span>
                    )}
                  </td>
                  <td data-label={t.institutions.latency} className="end num">
                    {t.institutions.seconds(seconds.format(item.order_latency_ms / 1000))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </>
  );
}
