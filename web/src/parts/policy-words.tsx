/** Words of decisions and policy versions with the colour that their meaning has. */

import { Link } from '@tanstack/react-router';
import { useSpeech, wordOf } from '../i18n/language';
import { shortHash, type VersionState } from '../policy/version-state';

function decisionTone(decision: string): string {
  switch (decision) {
    case 'block':
      return 'red';
    case 'hold':
    case 'delay':
      return 'amber';
    case 'allow':
      return 'quiet-word';
    default:
      return '';
  }
}

export function DecisionWord({ value }: { value: string }) {
  const { t } = useSpeech();
  return (
    <span className={`word ${decisionTone(value)}`} data-decision={value}>
      {wordOf(t.decision, value)}
    </span>
  );
}

const STATE_TONE: Readonly<Record<VersionState, string>> = {
  live: 'green',
  canary: 'amber',
  shadow: '',
  standby: '',
  retired: 'quiet-word',
  draft: 'quiet-word',
};

export function VersionStateWord({ value }: { value: VersionState }) {
  const { t } = useSpeech();
  return (
    <span className={`word ${STATE_TONE[value]}`} data-version-state={value}>
      {t.versionState[value]}
    </span>
  );
}

/** A version by the beginning of its hash, leading to its page. */
export function VersionLink({ hash, rule }: { hash: string; rule?: string }) {
  return (
    <Link to="/policies/$hash" params={{ hash }} search={rule ? { rule } : {}} className="mono" title={hash}>
      {shortHash(hash)}
    </Link>
  );
}
