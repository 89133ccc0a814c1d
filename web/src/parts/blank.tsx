import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { ApiError, sayError } from '../api/problem';
import { useSpeech } from '../i18n/language';

interface BlankProps {
  readonly text: string;
  readonly onRetry?: () => void;
  readonly children?: ReactNode;
}

/** A place with nothing to show yet, and why. */
export function Blank({ text, onRetry, children }: BlankProps) {
  const { t } = useSpeech();
  return (
    <div className="blank" role="status">
      <p>{text}</p>
      {onRetry && (
        <Button size="small" onClick={onRetry} style={{ marginTop: 8 }}>
          {t.app.retry}
        </Button>
      )}
      {children}
    </div>
  );
}

/** A whole screen that could not be read: what is not there is not asked for again. */
export function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useSpeech();
  const isHopeless = error instanceof ApiError && error.problem.status < 500;
  return (
    <Blank text={sayError(error, t)} {...(isHopeless ? {} : { onRetry })}>
      {isHopeless && (
        <p>
          <Link to="/">{t.app.toDesk}</Link>
        </p>
      )}
    </Blank>
  );
}
