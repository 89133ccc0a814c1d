/** What there would be to review, day by day, against what reviewers can look at. */

import type { BacktestReport } from '../../api/types';
import { useSpeech } from '../../i18n/language';

/** Days shown as bars; of more, the latest. */
const DAYS_SHOWN = 92;

export function ReportAlerts({ alerts }: { alerts: BacktestReport['alerts'] }) {
  const { t, locale } = useSpeech();
  const number = new Intl.NumberFormat(locale);
  const days = Object.entries(alerts.by_day)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(-DAYS_SHOWN);
  const capacity = alerts.capacity_a_day ?? null;
  const top = Math.max(1, capacity ?? 0, ...days.map(([, count]) => count));
  const over = alerts.days_over_capacity ?? null;
  return (
    <section className="panel" aria-label={t.backtests.alertsADay}>
      <header>
        <h2>{t.backtests.alertsADay}</h2>
        <span className="small quiet num">
          {t.backtests.alertsText(number.format(alerts.a_day_mean), number.format(alerts.a_day_max))}
        </span>
      </header>
      <div className="panel-body">
        {alerts.total === 0 && <p className="quiet">{t.backtests.noAlerts}</p>}
        {alerts.total > 0 && (
          <>
            {capacity !== null && (
              <p className={over ? 'amber' : 'green'}>
                {`${t.backtests.capacityText(number.format(capacity))} · ${over ? t.backtests.over(number.format(over)) : t.backtests.noneOver}`}
              </p>
            )}
            <ol className="day-bars" aria-label={t.backtests.alertsADay}>
              {capacity !== null && (
                <li
                  className="capacity"
                  aria-hidden="true"
                  style={{ bottom: `${(capacity / top) * 100}%` }}
                />
              )}
              {days.map(([day, count]) => (
                <li key={day} title={`${day}: ${number.format(count)}`}>
                  <i
                    className={capacity !== null && count > capacity ? 'over' : ''}
                    style={{ height: `${(count / top) * 100}%` }}
                  />
                  <span className="visually-hidden">{`${day}: ${number.format(count)}`}</span>
                </li>
              ))}
            </ol>
            <p className="day-ends small quiet num">
              <span>{days[0]?.[0]}</span>
              <span>{days.at(-1)?.[0]}</span>
            </p>
          </>
        )}
      </div>
    </section>
  );
}
