/** One line of why, needed before a step that is recorded with it. */

import { Button, Input } from 'antd';
import { useState, type ReactNode } from 'react';
import { useSpeech } from '../i18n/language';

const REASON_MAX = 500;

interface ReasonFormProps {
  readonly id: string;
  readonly label: string;
  readonly action: string;
  /** What is said where the line is empty, if it is not why. */
  readonly needed?: string;
  readonly danger?: boolean;
  readonly busy: boolean;
  readonly children?: ReactNode;
  /** Asked to send, with a reason or not yet. */
  readonly onTry?: () => void;
  readonly onSend: (reason: string) => void;
  readonly onClose: () => void;
}

export function ReasonForm({
  id,
  label,
  action,
  needed,
  danger = false,
  busy,
  children,
  onTry,
  onSend,
  onClose,
}: ReasonFormProps) {
  const { t } = useSpeech();
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onTry?.();
        setMissing(reason.trim() === '');
        if (reason.trim() !== '' && !busy) onSend(reason.trim());
      }}
    >
      {children}
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <Input
          id={id}
          autoFocus
          maxLength={REASON_MAX}
          status={missing ? 'error' : ''}
          aria-invalid={missing}
          aria-describedby={missing ? `${id}-problem` : undefined}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {missing && (
          <div id={`${id}-problem`} className="field-error">
            {needed ?? t.policies.reasonNeeded}
          </div>
        )}
      </div>
      <div className="row end-row">
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button type="primary" danger={danger} htmlType="submit" loading={busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
