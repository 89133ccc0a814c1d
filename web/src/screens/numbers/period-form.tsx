/** The time that is counted: with one press, or from day to day. */

import { Button } from 'antd';
import { useState } from 'react';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { PRESETS, isPeriod, lastDays, type PeriodSearch } from './period';

interface PeriodFormProps {
  readonly days: Required<PeriodSearch>;
  readonly onChoose: (days: Required<PeriodSearch>) => void;
}

export function PeriodForm({ days, onChoose }: PeriodFormProps) {
  const { t } = useSpeech();
  const [draft, setDraft] = useState(days);
  const [tried, setTried] = useState(false);
  const isRight = isPeriod(draft.from, draft.to);
  const isWrong = tried && !isRight;
  const day = (name: 'from' | 'to') => (
    <label className="row">
      <span className="quiet small">{t.numbers[name]}</span>
      <input
        id={`period-${name}`}
        type="date"
        className="select"
        value={draft[name]}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? 'period-problem' : undefined}
        onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
      />
    </label>
  );
  return (
    <form
      className="row narrow-row"
      aria-label={t.numbers.period}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isRight) onChoose(draft);
        else document.getElementById('period-from')?.focus();
      }}
    >
      {PRESETS.map((length) => {
        const preset = lastDays(length, serverNow());
        return (
          <Button
            key={length}
            size="small"
            aria-pressed={preset.from === days.from && preset.to === days.to}
            onClick={() => {
              setDraft(preset);
              setTried(false);
              onChoose(preset);
            }}
          >
            {t.numbers.days(length)}
          </Button>
        );
      })}
      {day('from')}
      {day('to')}
      <Button htmlType="submit">{t.numbers.show}</Button>
      {isWrong && (
        <span id="period-problem" className="field-error" role="alert">
          {t.numbers.periodWrong}
        </span>
      )}
    </form>
  );
}
