/** The filter of decisions: by entity, kind, rule, decision and time. */

import { Button, Input } from 'antd';
import { useState, type SyntheticEvent } from 'react';
import type { PolicyOutline } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { DECISIONS } from '../../policy/tokens';
import { PERIODS, readSearch, type DecisionSearch, type Period } from './decision-search';

/** Names of fields that decisions are searchable by, each once. */
export function keyFields(outline: PolicyOutline | undefined, kind: string | undefined): string[] {
  const events = (outline?.events ?? []).filter((event) => !kind || event.name === kind);
  const names = events.flatMap((event) => event.fields.filter((field) => field.key).map(({ name }) => name));
  return [...new Set(names)].sort();
}

interface SearchFormProps {
  readonly search: DecisionSearch;
  readonly value: string;
  readonly outline: PolicyOutline | undefined;
  readonly onSearch: (search: DecisionSearch, value: string) => void;
}

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly none: string;
  readonly choices: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ id, label, value, none, choices, onChange }: ChoiceProps) {
  const isKnown = value === '' || choices.some(([word]) => word === value);
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="select" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{none}</option>
        {!isKnown && <option value={value}>{value}</option>}
        {choices.map(([word, text]) => (
          <option key={word} value={word}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

const same = (names: readonly string[]) => names.map((name) => [name, name] as const);

export function SearchForm({ search, value, outline, onSearch }: SearchFormProps) {
  const { t } = useSpeech();
  const [draft, setDraft] = useState({ ...search, value });
  const [missing, setMissing] = useState(false);
  const set = (key: keyof DecisionSearch) => (text: string) => setDraft({ ...draft, [key]: text });
  const rules = (outline?.rules ?? [])
    .filter((rule) => !draft.kind || rule.events.includes(draft.kind))
    .map(({ name }) => name)
    .sort();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const isIncomplete = Boolean(draft.field) && draft.value.trim() === '';
    setMissing(isIncomplete);
    if (!isIncomplete) onSearch(readSearch(draft), draft.field ? draft.value.trim() : '');
  };
  return (
    <form className="panel filters" role="search" aria-label={t.decisions.search} onSubmit={submit}>
      <Choice
        id="by-field"
        label={t.decisions.entity}
        value={draft.field ?? ''}
        none={t.decisions.anyEntity}
        choices={same(keyFields(outline, undefined))}
        onChange={set('field')}
      />
      <div className="filter wide">
        <label htmlFor="by-value">{t.decisions.value}</label>
        <Input
          id="by-value"
          className="mono"
          spellCheck={false}
          autoComplete="off"
          maxLength={4096}
          disabled={!draft.field}
          placeholder={t.decisions.valueHint}
          status={missing ? 'error' : ''}
          aria-invalid={missing}
          aria-describedby={missing ? 'by-value-problem' : undefined}
          value={draft.value}
          onChange={(event) => setDraft({ ...draft, value: event.target.value })}
        />
        {missing && (
          <div id="by-value-problem" className="field-error">
            {t.decisions.valueNeeded}
          </div>
        )}
      </div>
      <Choice
        id="by-kind"
        label={t.decisions.kind}
        value={draft.kind ?? ''}
        none={t.decisions.any}
        choices={same((outline?.events ?? []).map(({ name }) => name))}
        onChange={set('kind')}
      />
      <Choice
        id="by-rule"
        label={t.decisions.rule}
        value={draft.rule ?? ''}
        none={t.decisions.anyRule}
        choices={same(rules)}
        onChange={set('rule')}
      />
      <Choice
        id="by-decision"
        label={t.decisions.decision}
        value={draft.decision ?? ''}
        none={t.decisions.any}
        choices={DECISIONS.map((word) => [word, t.decision[word]] as const)}
        onChange={set('decision')}
      />
      <Choice
        id="by-period"
        label={t.decisions.period}
        value={draft.period ?? ''}
        none={t.decisions.periods.all}
        choices={(Object.keys(PERIODS) as Period[]).map((word) => [word, t.decisions.periods[word]] as const)}
        onChange={set('period')}
      />
      <div className="filter-end">
        <Button htmlType="button" onClick={() => onSearch({}, '')}>
          {t.decisions.clear}
        </Button>
        <Button type="primary" htmlType="submit">
          {t.decisions.find}
        </Button>
      </div>
    </form>
  );
}
