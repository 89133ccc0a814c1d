/** Some of the events behind a number, each leading to its decision. */

import { Link } from '@tanstack/react-router';
import type { BacktestExamples } from '../../api/types';
import { useSpeech } from '../../i18n/language';

const KINDS = ['good', 'fraud', 'unlabelled'] as const;

export function ExampleLinks({ examples, name }: { examples: BacktestExamples; name: string }) {
  const { t } = useSpeech();
  const count = KINDS.reduce((sum, kind) => sum + examples[kind].length, 0);
  if (count === 0) return <span className="quiet">—</span>;
  return (
    <details className="examples">
      <summary>
        {count} <span className="visually-hidden">{t.backtests.examplesOf(name)}</span>
      </summary>
      <ul>
        {KINDS.flatMap((kind) =>
          examples[kind].map((id) => (
            <li key={id}>
              <span
                className={kind === 'fraud' ? 'small green' : kind === 'good' ? 'small red' : 'small quiet'}
              >
                {t.backtests.exampleKind[kind]}
              </span>{' '}
              <Link to="/decisions/$eventId" params={{ eventId: id }} className="mono event-id">
                {id}
              </Link>
            </li>
          )),
        )}
      </ul>
    </details>
  );
}
