import { Checkbox, Input } from 'antd';
import { Fragment } from 'react';
import type { OrderSummary, PlanLine } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Account, useAccountText } from '../../parts/account';
import { WHOLE_REASON_MAX } from '../../parts/whole-reason';
import type { Choice, LineEdit } from './plan-choice';

interface PlanLinesProps {
  readonly choices: readonly Choice[];
  readonly editable: boolean;
  /** The order made from a line; `undefined` while none was put forward. */
  readonly orderOf: (line: PlanLine) => OrderSummary | undefined;
  /** Whether somebody put lines forward, so that a line without an order was left out. */
  readonly decided: boolean;
  readonly onEdit: (key: string, edit: LineEdit) => void;
  readonly onSelectAll: (selected: boolean) => void;
}

/** Why an account is in the plan, as one sentence. */
function Reason({ line }: { line: PlanLine }) {
  const { t, moment } = useSpeech();
  const accountText = useAccountText();
  const { reason } = line;
  switch (reason.code) {
    case 'first_recipient':
      return <>{t.plan.firstRecipient(reason.payments)}</>;
    case 'passed_on':
      return <>{t.plan.passedOn(accountText(reason.from), moment(reason.last_arrival_at))}</>;
    case 'fund_units':
      return (
        <>
          {t.plan.fundUnits(accountText(reason.from))}
          {line.settlement && ` ${t.plan.settlement(accountText(line.settlement))}`}
        </>
      );
  }
}

/** Ten-thousandths as whole percent. */
const percent = (score: number): string => `${Math.round(score / 100)}%`;

/** What is put forward for a line, or what was. */
function HoldCell({ choice, editable, orderOf, decided, onEdit }: { choice: Choice } & PlanLinesProps) {
  const { t, money } = useSpeech();
  const accountText = useAccountText();
  const { line } = choice;
  if (!editable) {
    const order = orderOf(line);
    if (order?.scope.mode === 'whole_account') return <span className="word amber">{t.orders.whole}</span>;
    if (order) return <span className="num strong">{money(order.scope.amount)}</span>;
    if (decided) return <span className="quiet">{t.plan.leftOut}</span>;
    return <span className="num strong">{money(line.hold)}</span>;
  }
  if (choice.whole !== null) {
    return (
      <span className="hold-cell">
        <span className="word amber">{t.orders.whole}</span>
        <button
          type="button"
          className="plain-button text-link"
          aria-label={`${t.plan.limited}: ${accountText(line.target)}`}
          onClick={() => onEdit(choice.key, { whole: null })}
        >
          {t.plan.limited}
        </button>
      </span>
    );
  }
  const problem = choice.selected ? choice.problem : null;
  const problemId = `hold-problem-${line.rank}`;
  return (
    <span className="hold-cell">
      <Input
        size="small"
        className="num"
        inputMode="decimal"
        aria-label={t.plan.holdOf(accountText(line.target))}
        aria-invalid={problem !== null}
        aria-describedby={problem ? problemId : undefined}
        status={problem ? 'error' : ''}
        disabled={!choice.selected}
        value={choice.text}
        onChange={(event) => onEdit(choice.key, { hold: event.target.value })}
      />
      {problem && (
        <span id={problemId} className="field-error">
          {problem === 'bad' ? t.plan.holdBad : t.plan.holdTooMuch}
        </span>
      )}
      {choice.selected && !line.redemption_product && (
        <button
          type="button"
          className="plain-button text-link"
          aria-label={`${t.plan.wholeAsk}: ${accountText(line.target)}`}
          onClick={() => onEdit(choice.key, { whole: '' })}
        >
          {t.plan.wholeAsk}
        </button>
      )}
    </span>
  );
}

/** The recorded reason for holding a whole account: asked for, or read by the second person. */
function WholeRow({ choice, editable, orderOf, onEdit }: { choice: Choice } & PlanLinesProps) {
  const { t } = useSpeech();
  const scope = editable ? undefined : orderOf(choice.line)?.scope;
  const asked = editable && choice.selected ? choice.whole : null;
  if (asked === null && scope?.mode !== 'whole_account') return null;
  const id = `whole-reason-${choice.line.rank}`;
  const wrong = asked !== null && asked.trim() !== '' && choice.problem === 'whole';
  return (
    <tr className="whole-row">
      <td className="bare" colSpan={7}>
        {scope?.mode === 'whole_account' ? (
          <p className="alert amber">
            <strong>{t.plan.wholeReason}</strong> {scope.reason}
          </p>
        ) : (
          <div className="whole-ask">
            <label htmlFor={id}>{t.plan.wholeReason}</label>
            <div>
              <Input
                id={id}
                size="small"
                autoFocus
                maxLength={WHOLE_REASON_MAX}
                status={wrong ? 'error' : ''}
                aria-describedby={`${id}-hint`}
                value={asked ?? ''}
                onChange={(event) => onEdit(choice.key, { whole: event.target.value })}
              />
              <p id={`${id}-hint`} className={wrong ? 'field-error' : 'small quiet'}>
                {t.plan.wholeHint}
              </p>
            </div>
          </div>
        )}
      </td>
    </tr>
  );
}

function Line(props: { choice: Choice } & PlanLinesProps) {
  const { t, money } = useSpeech();
  const accountText = useAccountText();
  const { choice, editable, decided, orderOf, onEdit } = props;
  const { line } = choice;
  const leftOut = editable ? !choice.selected : decided && !orderOf(line);
  return (
    <tr className={leftOut ? 'unchosen' : ''} data-line={line.rank}>
      {editable && (
        <td className="bare tick">
          <Checkbox
            aria-label={t.plan.select(accountText(line.target))}
            checked={choice.selected}
            onChange={(event) => onEdit(choice.key, { selected: event.target.checked })}
          />
        </td>
      )}
      <td className="lead plan-account">
        <span className="plan-who">
          <span className="rank num quiet">{line.rank}</span>
          <span className="cell-stack">
            <Account value={line.target} />
            <span className="small quiet">
              {t.flow.tier(line.tier)} · {t.accountKind[line.account_kind]}
              {line.redemption_product && ` · ${line.redemption_product}`}
            </span>
          </span>
        </span>
      </td>
      <td className="bare why">
        <Reason line={line} />
      </td>
      <td data-label={t.plan.stolen} className="end num">
        {money(line.stolen)}
      </td>
      <td data-label={t.plan.balance} className="end num">
        {money(line.balance)}
      </td>
      <td data-label={t.plan.survival} className="end num">
        {percent(line.survival)}
      </td>
      <td data-label={t.plan.hold} className="end">
        <HoldCell {...props} />
      </td>
    </tr>
  );
}

export function PlanLines(props: PlanLinesProps) {
  const { t } = useSpeech();
  const { choices, editable, onSelectAll } = props;
  const all = choices.every((choice) => choice.selected);
  const some = choices.some((choice) => choice.selected);
  const selectAll = {
    checked: all,
    indeterminate: some && !all,
    onChange: (event: { target: { checked: boolean } }) => onSelectAll(event.target.checked),
  };
  return (
    <div className="plan-lines" tabIndex={0} role="region" aria-label={`${t.case.plan}: ${t.plan.account}`}>
      {editable && (
        <Checkbox className="select-all-narrow" {...selectAll}>
          {t.plan.selectAll}
        </Checkbox>
      )}
      <table className="grid cards">
        <thead>
          <tr>
            {editable && (
              <th scope="col">
                <Checkbox aria-label={t.plan.selectAll} {...selectAll} />
              </th>
            )}
            <th scope="col">{t.plan.account}</th>
            <th scope="col">{t.plan.reason}</th>
            <th scope="col" className="end">
              {t.plan.stolen}
            </th>
            <th scope="col" className="end">
              {t.plan.balance}
            </th>
            <th scope="col" className="end">
              {t.plan.survival}
            </th>
            <th scope="col" className="end">
              {t.plan.hold}
            </th>
          </tr>
        </thead>
        <tbody>
          {choices.map((choice) => (
            <Fragment key={choice.key}>
              <Line {...props} choice={choice} />
              <WholeRow {...props} choice={choice} />
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}
