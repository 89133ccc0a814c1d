/** What changed between two policies, declaration by declaration, part by part. */

import type { DeclarationChange, PolicyDifference } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { CodePiece } from '../../policy/code';

function tone(change: string): string {
  if (change === 'added') return 'green';
  return change === 'removed' ? 'red' : 'amber';
}

function Change({ change }: { change: DeclarationChange }) {
  const { t } = useSpeech();
  const part = (name: string) => {
    // `field amount` is a word and a name of the policy.
    const [head = '', ...rest] = name.split(' ');
    const known = Object.hasOwn(t.part, name) ? name : head;
    return known === name ? wordOf(t.part, name) : [wordOf(t.part, head), ...rest].join(' ');
  };
  return (
    <li data-declaration={change.name}>
      <div className="row">
        <span className={`word ${tone(change.change)}`}>{wordOf(t.declarationChange, change.change)}</span>
        <span className="quiet">{wordOf(t.declaration, change.kind)}</span>
        <strong className="mono">{change.name}</strong>
      </div>
      <dl className="parts">
        {change.details.map((detail, index) => (
          <div key={index}>
            <dt>{part(detail.part)}</dt>
            <dd>
              {detail.old !== null && detail.old !== undefined && (
                <del>
                  <span className="visually-hidden">{t.policies.old}: </span>
                  <CodePiece text={detail.old} />
                </del>
              )}
              {detail.new !== null && detail.new !== undefined && (
                <ins>
                  <span className="visually-hidden">{t.policies.new}: </span>
                  <CodePiece text={detail.new} />
                </ins>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

export function DifferenceList({ difference, none }: { difference: PolicyDifference; none: string }) {
  if (difference.changes.length === 0) return <p className="panel-body quiet">{none}</p>;
  return (
    <ul className="difference">
      {difference.changes.map((change) => (
        <Change key={`${change.kind} ${change.name}`} change={change} />
      ))}
    </ul>
  );
}
