/** What was achieved in a time: money of four kinds that are never mixed, speed, funnel, appeals, institutions. */

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { funnelQuery, numbersQuery } from '../../api/casework-queries';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { AppealsPart, FunnelPart, InstitutionsPart, MoneyPart, SpeedPart } from './numbers-parts';
import { daysOf, periodOf } from './period';
import { PeriodForm } from './period-form';

export function NumbersScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const days = daysOf(useSearch({ from: '/frame/numbers' }), serverNow());
  const period = periodOf(days);
  const query = useQuery(numbersQuery(period));
  const funnel = useQuery(funnelQuery(period));
  const address = `/v1/numbers/table?${new URLSearchParams({ ...period }).toString()}`;
  return (
    <>
      <div className="page-head">
        <h1>
          {t.numbers.title} <span className="small quiet num">{t.numbers.range(days.from, days.to)}</span>
        </h1>
        <PeriodForm
          key={days.from + days.to}
          days={days}
          onChoose={(chosen) => void navigate({ to: '/numbers', search: chosen })}
        />
        <a href={address} download={`stanch-numbers-${days.from}-${days.to}.csv`}>
          {t.numbers.download}
        </a>
      </div>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && (
        <div className="stack" data-numbers={query.isPlaceholderData ? 'old' : 'shown'}>
          <MoneyPart all={query.data.all} />
          <div className="order-columns">
            <FunnelPart numbers={query.data} funnel={funnel.data} />
            <div className="stack">
              <SpeedPart all={query.data.all} />
              <AppealsPart fairness={query.data.fairness} />
            </div>
          </div>
          <InstitutionsPart numbers={query.data} />
        </div>
      )}
    </>
  );
}
