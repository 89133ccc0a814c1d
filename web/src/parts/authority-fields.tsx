/** Who applies, by which document, and why: the fields that every order needs. */

import { Input, type InputRef } from 'antd';
import type { Ref } from 'react';
import { useSpeech } from '../i18n/language';

/** The desk's own authority is the same for every case: kept for the next one. */
const STORED_BODY = 'stanch.authority';

export const storedBody = (): string => localStorage.getItem(STORED_BODY) ?? '';
export const storeBody = (body: string): void => localStorage.setItem(STORED_BODY, body.trim());

export interface AuthorityText {
  readonly body: string;
  readonly reference: string;
  readonly reason: string;
}
type Field = keyof AuthorityText;

interface AuthorityFieldsProps {
  readonly value: AuthorityText;
  readonly onChange: (change: Partial<AuthorityText>) => void;
  /** Why a field is refused; nothing while it is not looked at yet. */
  readonly problem: (field: Field) => string | null;
  readonly bodyRef?: Ref<InputRef>;
  readonly referenceRef?: Ref<InputRef>;
}

const LENGTH_MAX: Record<Field, number> = { body: 140, reference: 64, reason: 500 };

export function AuthorityFields({ value, onChange, problem, bodyRef, referenceRef }: AuthorityFieldsProps) {
  const { t } = useSpeech();
  const field = (name: Field, id: string, label: string, ref?: Ref<InputRef>) => {
    const wrong = problem(name);
    return (
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <Input
          ref={ref}
          id={id}
          maxLength={LENGTH_MAX[name]}
          status={wrong ? 'error' : ''}
          aria-invalid={wrong !== null}
          aria-describedby={wrong ? `${id}-problem` : undefined}
          value={value[name]}
          onChange={(event) => onChange({ [name]: event.target.value })}
        />
        {wrong && (
          <div id={`${id}-problem`} className="field-error">
            {wrong}
          </div>
        )}
      </div>
    );
  };
  return (
    <div className="plan-fields">
      {field('body', 'authority-body', t.plan.body, bodyRef)}
      {field('reference', 'authority-reference', t.plan.reference, referenceRef)}
      {field('reason', 'cause', t.plan.cause)}
    </div>
  );
}
