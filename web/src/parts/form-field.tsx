/** A field with its label, a hint, and what is wrong with it, tied together for those who cannot see that. */

import { Input } from 'antd';
import type { ReactNode } from 'react';

interface FieldFrameProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong; `null` when nothing is. */
  readonly wrong: string | null;
  readonly children: ReactNode;
}

export function FieldFrame({ id, label, hint, wrong, children }: FieldFrameProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {wrong !== null ? (
        <div id={`${id}-hint`} className="field-error">
          {wrong}
        </div>
      ) : (
        hint && (
          <div id={`${id}-hint`} className="small quiet">
            {hint}
          </div>
        )
      )}
    </div>
  );
}

interface TextFieldProps extends Omit<FieldFrameProps, 'children'> {
  readonly value: string;
  readonly max: number;
  readonly type?: 'text' | 'datetime-local';
  readonly inputMode?: 'text' | 'numeric' | 'decimal';
  readonly lines?: number;
  readonly mono?: boolean;
  readonly onChange: (value: string) => void;
}

/** A line, or several of them. */
export function TextField({
  value,
  max,
  type,
  inputMode,
  lines = 1,
  mono,
  onChange,
  ...frame
}: TextFieldProps) {
  const { id, hint, wrong } = frame;
  const shared = {
    id,
    value,
    maxLength: max,
    status: wrong === null ? ('' as const) : ('error' as const),
    'aria-invalid': wrong !== null,
    'aria-describedby': wrong !== null || hint ? `${id}-hint` : undefined,
    autoComplete: 'off',
    className: mono ? 'mono' : '',
  };
  return (
    <FieldFrame {...frame}>
      {lines > 1 ? (
        <Input.TextArea {...shared} rows={lines} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <Input
          {...shared}
          type={type ?? 'text'}
          inputMode={inputMode ?? 'text'}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

interface ChoiceFieldProps<T extends string> extends Omit<FieldFrameProps, 'children'> {
  readonly value: T | '';
  readonly choices: readonly (readonly [T, string])[];
  /** What stands for no choice; without it there is always one. */
  readonly none?: string;
  readonly onChange: (value: T) => void;
}

/** One of few words, in the browser's own list. */
export function ChoiceField<T extends string>({
  value,
  choices,
  none,
  onChange,
  ...frame
}: ChoiceFieldProps<T>) {
  const { id, hint, wrong } = frame;
  return (
    <FieldFrame {...frame}>
      <select
        id={id}
        className="select"
        value={value}
        aria-invalid={wrong !== null}
        aria-describedby={wrong !== null || hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value as T)}
      >
        {none !== undefined && <option value="">{none}</option>}
        {choices.map(([word, label]) => (
          <option key={word} value={word}>
            {label}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}
