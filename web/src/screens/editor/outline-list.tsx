/** What the draft declares, each leading to its place. */

import type { PolicyOutline } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import type { DeclarationWord } from '../../policy/tokens';

type Place = PolicyOutline['rules'][number]['at'];

interface Entry {
  readonly name: string;
  readonly detail: string;
  readonly at: Place;
}

function groups(outline: PolicyOutline): [DeclarationWord, Entry[]][] {
  return [
    ['rule', outline.rules.map((rule) => ({ name: rule.name, detail: rule.decision, at: rule.at }))],
    ['ruleset', outline.rulesets.map((set) => ({ name: set.name, detail: set.mode, at: set.at }))],
    [
      'feature',
      outline.features.map((feature) => ({
        name: `${feature.name}(${feature.keys.join(', ')})`,
        detail: feature.type,
        at: feature.at,
      })),
    ],
    [
      'event',
      outline.events.map((event) => ({ name: event.name, detail: `${event.fields.length}`, at: event.at })),
    ],
    [
      'list',
      outline.lists.map((list) => ({ name: list.name, detail: `${list.kind} ${list.entries}`, at: list.at })),
    ],
  ];
}

export function OutlineList({ outline, onGo }: { outline: PolicyOutline; onGo: (place: Place) => void }) {
  const { t } = useSpeech();
  return (
    <div className="outline">
      {groups(outline)
        .filter(([, entries]) => entries.length > 0)
        .map(([word, entries]) => (
          <section key={word} aria-label={t.declaration[word]}>
            <h3>
              {t.declaration[word]} <span className="quiet num">{entries.length}</span>
            </h3>
            <ul>
              {entries.map((entry) => (
                <li key={entry.name}>
                  <button type="button" className="plain-button" onClick={() => onGo(entry.at)}>
                    <span className="mono">{entry.name}</span>{' '}
                    <span className="small quiet">{entry.detail}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
    </div>
  );
}
