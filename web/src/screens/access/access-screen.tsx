/** Who and what is let in: sessions, tokens, and keys of programs. */

import { useMe } from '../../api/queries';
import { useSpeech } from '../../i18n/language';
import { KeyPanel } from './key-panel';
import { SessionPanel } from './session-panel';

export function AccessScreen() {
  const { t } = useSpeech();
  const { seesKeys } = useMe();
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{t.access.title}</h1>
      </div>
      <SessionPanel />
      {seesKeys && <KeyPanel />}
    </div>
  );
}
