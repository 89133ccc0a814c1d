import { Button } from 'antd';
import { useSpeech } from '../i18n/language';

/** A place with nothing to show yet, and why. */
export function Blank({ text, onRetry }: { text: string; onRetry?: () => void }) {
  const { t } = useSpeech();
  return (
    <div className="blank" role="status">
      <p>{text}</p>
      {onRetry && (
        <Button size="small" onClick={onRetry} style={{ marginTop: 8 }}>
          {t.app.retry}
        </Button>
      )}
    </div>
  );
}
