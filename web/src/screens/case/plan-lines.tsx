import { Checkbox, Input } from 'antd';
import type { PlanLine } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Account, useAccountText } from '../../parts/account';
import type { Choice, LineEdit } from './plan-choice';

interface PlanLinesProps {
  readonly choices: readonly Choice[];
  readonly editable: boolean;
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

function HoldCell({
  choice,
  editable,
  onEdit,
}: { choice: Choice } & Pick<PlanLinesProps, 'editable' | 'onEdit'>) {
  const { t, money } = useSpeech();
  const accountText = useAccountText();
  if (!editable) return <span className="num strong">{money(choice.line.hold)}</span>;
  const problem = choice.selected ? choice.problem : null;
  const problemId = `hold-problem-${choice.line.rank}`;
  return (
    <span className="hold-cell">
      <Input
        size="small"
        className="num"
        inputMode="decimal"
        aria-label={t.plan.holdOf(accountText(choice.line.target))}
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
    </span>
  );
}

export function PlanLines({ choices, editable, onEdit, onSelectAll }: PlanLinesProps) {
  const { t, money } = useSpeech();
  const accountText = useAccountText();
  const all = choices.every((choice) => choice.selected);
  const some = choices.some((choice) => choice.selected);
  return (
    <div className="plan-lines" tabIndex={0} role="region" aria-label={`${t.case.plan}: ${t.plan.account}`}>
      {editable && (
        <Checkbox
          className="select-all-narrow"
          checked={all}
          indeterminate={some && !all}
          onChange={(event) => onSelectAll(event.target.checked)}
        >
          {t.plan.selectAll}
        </Checkbox>
      )}
      <table className="grid cards">
        <thead>
          <tr>
            {editable && (
              <th scope="col">
                <Checkbox
                  aria-label={t.plan.selectAll}
                  checked={all}
                  indeterminate={some && !all}
                  onChange={(event) => onSelectAll(event.target.checked)}
                />
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
            <tr key={choice.key} className={editable && !choice.selected ? 'unchosen' : ''}>
              {editable && (
                <td className="bare tick">
                  <Checkbox
                    aria-label={t.plan.select(accountText(choice.line.target))}
                    checked={choice.selected}
                    onChange={(event) => onEdit(choice.key, { selected: event.target.checked })}
                  />
                </td>
              )}
              <td className="lead plan-account">
                <span className="plan-who">
                  <span className="rank num quiet">{choice.line.rank}</span>
                  <span className="cell-stack">
                    <Account value={choice.line.target} />
                    <span className="small quiet">
                      {t.flow.tier(choice.line.tier)} · {t.accountKind[choice.line.account_kind]}
                      {choice.line.redemption_product && ` · ${choice.line.redemption_product}`}
                    </span>
                  </span>
                </span>
              </td>
              <td className="bare why">
                <Reason line={choice.line} />
              </td>
              <td data-label={t.plan.stolen} className="end num">
                {money(choice.line.stolen)}
              </td>
              <td data-label={t.plan.balance} className="end num">
                {money(choice.line.balance)}
              </td>
              <td data-label={t.plan.survival} className="end num">
                {percent(choice.line.survival)}
              </td>
              <td data-label={t.plan.hold} className="end">
                <HoldCell choice={choice} editable={editable} onEdit={onEdit} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
