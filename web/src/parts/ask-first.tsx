/** A button whose deed cannot be taken back: it asks first, in its place. */

import { Button } from 'antd';
import { useState } from 'react';
import { useSpeech } from '../i18n/language';

interface AskFirstProps {
  readonly label: string;
  /** What is read out, where the label alone does not say what it is about. */
  readonly name?: string;
  readonly question: string;
  readonly busy: boolean;
  readonly onSure: () => void;
}

export function AskFirst({ label, name, question, busy, onSure }: AskFirstProps) {
  const { t } = useSpeech();
  const [asked, setAsked] = useState(false);
  if (!asked)
    return (
      <Button size="small" aria-label={name ?? label} loading={busy} onClick={() => setAsked(true)}>
        {label}
      </Button>
    );
  return (
    <div className="ask-first" role="group" aria-label={question}>
      <p>{question}</p>
      <div className="row">
        <Button size="small" autoFocus onClick={() => setAsked(false)}>
          {t.app.cancel}
        </Button>
        <Button
          size="small"
          danger
          loading={busy}
          onClick={() => {
            setAsked(false);
            onSure();
          }}
        >
          {label}
        </Button>
      </div>
    </div>
  );
}
