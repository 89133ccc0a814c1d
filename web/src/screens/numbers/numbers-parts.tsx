/** The parts of the numbers: money, speed, funnel, appeals, institutions; each figure in a table, never summed. */

import { useInstitutionName } from '../../api/queries';
import type { Funnel, MoneyNumbers, Numbers, OrganisationNumbers } from '../../api/types';
import { formatElapsed } from '../../format/time';
import { formatScore } from '../../format/score';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { Bar, largestOf } from './bars';
import { permille, secondsText } from './period';

/** The five kinds of money; in this order, and never one figure out of two of them. */
const KINDS = ['prevented', 'intercepted', 'stopped', 'frozen', 'returned'] as const;
type Kind = (typeof KINDS)[number];
const minorOf = (money: MoneyNumbers, kind: Kind): number => money[`${kind}_minor`];

function MoneyOf({ money }: { money: MoneyNumbers }) {
  const { t, money: text } = useSpeech();
  const { currency } = money;
  const largest = largestOf(KINDS.map((kind) => BigInt(minorOf(money, kind))));
  return (
    <table className="grid figure-table" data-currency={currency}>
      <caption className="visually-hidden">
        {t.numbers.money} {currency}
      </caption>
      <thead>
        <tr>
          <th scope="col">{t.numbers.what}</th>
          <th scope="col" className="end">
            {t.numbers.amount} ({currency})
          </th>
          <td />
        </tr>
      </thead>
      <tbody>
        {KINDS.map((kind) => (
          <tr key={kind}>
            <th scope="row">
              {t.numbers[kind]} <span className="small quiet">{t.numbers.meaning[kind]}</span>
            </th>
            <td className="end num strong">{text({ minor: minorOf(money, kind), currency })}</td>
            <td className="bar-cell">
              <Bar
                value={BigInt(minorOf(money, kind))}
                largest={largest}
                tone={kind === 'stopped' || kind === 'frozen' ? 'held' : 'plain'}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function MoneyPart({ all }: { all: OrganisationNumbers }) {
  const { t } = useSpeech();
  return (
    <section className="panel" aria-label={t.numbers.money}>
      <header>
        <h2>{t.numbers.money}</h2>
      </header>
      <div className="panel-body stack">
        <p className="small quiet">{t.numbers.moneyHint}</p>
        {all.money.length === 0 && <Blank text={t.numbers.noMoney} />}
        {all.money.map((money) => (
          <MoneyOf key={money.currency} money={money} />
        ))}
      </div>
    </section>
  );
}

/** A share as people read it; a dash where there is nothing to share. */
function useShare(): (part: number, whole: number) => string {
  return (part, whole) => {
    const share = permille(part, whole);
    return share === null ? '—' : formatScore(share * 10);
  };
}

export function SpeedPart({ all }: { all: OrganisationNumbers }) {
  const { t, locale } = useSpeech();
  const share = useShare();
  const count = (value: number) => value.toLocaleString(locale);
  return (
    <section className="panel" aria-label={t.numbers.speed}>
      <header>
        <h2>{t.numbers.speed}</h2>
        <span className="small quiet">{t.numbers.speedHint}</span>
      </header>
      <div className="panel-body">
        <Facts
          facts={[
            [t.numbers.p50, secondsText(all.held_within_p50_secs, formatElapsed) ?? t.numbers.none],
            [t.numbers.p95, secondsText(all.held_within_p95_secs, formatElapsed) ?? t.numbers.none],
            [t.numbers.holds, count(all.holds)],
            [
              t.numbers.withinTwo,
              `${count(all.within_two_hours)} · ${share(all.within_two_hours, all.holds)}`,
            ],
            [t.numbers.letGo, `${count(all.let_go)} · ${share(all.let_go, all.holds)}`],
          ]}
        />
      </div>
    </section>
  );
}

function Months({ funnel }: { funnel: Funnel }) {
  const { t, locale } = useSpeech();
  const months = new Map<string, { reports: number; leads: number; outcomes: number; cases: number }>();
  // A month has a row for each unit that was referred to: these are the same thing counted in parts.
  for (const row of funnel.rows) {
    const sum = months.get(row.period) ?? { reports: 0, leads: 0, outcomes: 0, cases: 0 };
    months.set(row.period, {
      reports: sum.reports + row.reports,
      leads: sum.leads + row.leads,
      outcomes: sum.outcomes + row.outcomes,
      cases: sum.cases + row.cases,
    });
  }
  if (months.size === 0) return null;
  const columns = ['reports', 'leads', 'outcomes', 'cases'] as const;
  return (
    <table className="grid figure-table">
      <caption>{t.numbers.byMonth}</caption>
      <thead>
        <tr>
          <th scope="col">{t.numbers.month}</th>
          {columns.map((column) => (
            <th key={column} scope="col" className="end">
              {t.numbers[column]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...months].map(([period, sums]) => (
          <tr key={period}>
            <th scope="row" className="num">
              {period}
            </th>
            {columns.map((column) => (
              <td key={column} className="end num">
                {sums[column].toLocaleString(locale)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function FunnelPart({ numbers, funnel }: { numbers: Numbers; funnel: Funnel | undefined }) {
  const { t, locale } = useSpeech();
  const share = useShare();
  const steps = ['reports', 'leads', 'outcomes', 'cases'] as const;
  const largest = largestOf(steps.map((step) => BigInt(numbers[step])));
  return (
    <section className="panel" aria-label={t.numbers.funnel}>
      <header>
        <h2>{t.numbers.funnel}</h2>
        {funnel && funnel.overdue_referrals > 0 && (
          <span className="red strong num">{t.numbers.overdue(funnel.overdue_referrals)}</span>
        )}
      </header>
      <div className="panel-body">
        <table className="grid figure-table">
          <caption className="visually-hidden">{t.numbers.funnel}</caption>
          <thead>
            <tr>
              <th scope="col">{t.numbers.what}</th>
              <th scope="col" className="end">
                {t.numbers.count}
              </th>
              <th scope="col" className="end">
                {t.numbers.ofReports}
              </th>
              <td />
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step} data-step={step}>
                <th scope="row">{t.numbers[step]}</th>
                <td className="end num strong">{numbers[step].toLocaleString(locale)}</td>
                <td className="end num">{step === 'reports' ? '' : share(numbers[step], numbers.reports)}</td>
                <td className="bar-cell">
                  <Bar value={BigInt(numbers[step])} largest={largest} tone="plain" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {funnel && <Months funnel={funnel} />}
    </section>
  );
}

export function AppealsPart({ fairness }: { fairness: Numbers['fairness'] }) {
  const { t, locale, moment, money } = useSpeech();
  const count = (value: number) => value.toLocaleString(locale);
  return (
    <section className="panel" aria-label={t.numbers.appeals}>
      <header>
        <h2>{t.numbers.appeals}</h2>
        <span className="small quiet num">
          {t.numbers.appealsRange(moment(fairness.from), moment(fairness.to))}
        </span>
      </header>
      <div className="panel-body">
        <Facts
          facts={[
            [t.numbers.measures, count(fairness.measures)],
            [t.numbers.filed, count(fairness.appeals_filed)],
            [t.numbers.decided, count(fairness.appeals_decided)],
            [t.numbers.overturned, count(fairness.overturned)],
            [
              t.numbers.overturnRate,
              fairness.overturn_rate == null ? t.numbers.none : formatScore(fairness.overturn_rate),
            ],
            [
              t.numbers.appealP50,
              secondsText(fairness.decided_within_p50_secs, formatElapsed) ?? t.numbers.none,
            ],
            [
              t.numbers.appealP95,
              secondsText(fairness.decided_within_p95_secs, formatElapsed) ?? t.numbers.none,
            ],
            [
              t.numbers.lateAppeals,
              <span key="late" className={fairness.overdue > 0 ? 'red strong' : ''}>
                {count(fairness.overdue)}
              </span>,
            ],
            [
              t.numbers.wronglyHeld,
              fairness.wrongly_held
                .map(({ currency, minor_hours }) =>
                  t.numbers.moneyHours(money({ minor: minor_hours, currency })),
                )
                .join(' · ') || t.numbers.none,
            ],
          ]}
        />
      </div>
    </section>
  );
}

function InstitutionRow({ of, money }: { of: OrganisationNumbers; money: MoneyNumbers }) {
  const { t, locale, money: text } = useSpeech();
  const name = useInstitutionName();
  return (
    <tr>
      <td className="lead">{of.institution ? name(of.institution) : t.numbers.all}</td>
      {KINDS.map((kind) => (
        <td key={kind} className="end num" data-label={t.numbers[kind]}>
          {text({ minor: minorOf(money, kind), currency: money.currency })}
        </td>
      ))}
      <td className="end num" data-label={t.numbers.holds}>
        {of.holds.toLocaleString(locale)}
      </td>
      <td className="end num" data-label="p50">
        {secondsText(of.held_within_p50_secs, formatElapsed) ?? '—'}
      </td>
      <td className="end num" data-label="p95">
        {secondsText(of.held_within_p95_secs, formatElapsed) ?? '—'}
      </td>
      <td className="end num" data-label={t.numbers.withinTwo}>
        {of.within_two_hours.toLocaleString(locale)}
      </td>
      <td className="end num" data-label={t.numbers.letGo}>
        {of.let_go.toLocaleString(locale)}
      </td>
    </tr>
  );
}

export function InstitutionsPart({ numbers }: { numbers: Numbers }) {
  const { t } = useSpeech();
  const rows = numbers.organisations.flatMap((of) =>
    of.money.map((money) => ({ key: `${of.institution}${money.currency}`, of, money })),
  );
  const heads = [
    ...KINDS.map((kind) => t.numbers[kind]),
    t.numbers.holds,
    'p50',
    'p95',
    t.numbers.withinTwo,
    t.numbers.letGo,
  ];
  return (
    <section className="panel" aria-label={t.numbers.byInstitution}>
      <header>
        <h2>{t.numbers.byInstitution}</h2>
      </header>
      {rows.length === 0 && <Blank text={t.numbers.noInstitutions} />}
      {rows.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label={t.numbers.byInstitution}>
          <table className="grid cards">
            <thead>
              <tr>
                <th scope="col">{t.numbers.institution}</th>
                {heads.map((head) => (
                  <th key={head} scope="col" className="end">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, of, money }) => (
                <InstitutionRow key={key} of={of} money={money} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
