/** What the editor offers at a place: from the context, what the draft declares, and the language. */

import type { EventOutline, PolicyLanguage, PolicyOutline } from '../api/types';
import type { Context } from './context';
import { DECLARATIONS, DECISIONS, TYPES, type DeclarationWord } from './tokens';

export type ChoiceKind =
  | 'keyword'
  | 'event'
  | 'field'
  | 'feature'
  | 'list'
  | 'rule'
  | 'function'
  | 'type'
  | 'decision'
  | 'measure'
  | 'word';

export interface Choice {
  readonly label: string;
  readonly kind: ChoiceKind;
  /** Type or form, beside the name. */
  readonly detail?: string;
  /** What it is, for the panel beside the list. */
  readonly doc?: string;
  /** What is written; `${}` marks the places to fill in. The label when absent. */
  readonly write?: string;
}

export interface Sources {
  readonly outline: PolicyOutline;
  readonly language: PolicyLanguage | undefined;
  /** Text of a function in the reader's language. */
  readonly functionDoc: (name: string, english: string) => string;
  /** Text of a declaration word, decision or measure. */
  readonly wordDoc: (kind: 'declaration' | 'decision' | 'measure', word: string) => string;
}

export const MEASURES = [
  'warn',
  'label',
  'reduce_reach',
  'delay_settlement',
  'extra_verification',
  'limit_function',
  'suspend',
  'content_hold',
  'content_remove',
] as const;

const LIST_KINDS = ['exact', 'prefix', 'cidr', 'phone', 'account', 'domain', 'text'];
const AGGREGATES = ['count()', 'sum(${})', 'avg(${})', 'min(${})', 'max(${})', 'distinct(${})'];
const MORE_AGGREGATES = ['first(${})', 'last(${})', 'ratio(${})', 'since_last()'];

const SKELETONS: Readonly<Record<DeclarationWord, string>> = {
  event: 'event ${name} {\n  retention ${90d}\n  ${account} string key personal\n}\n',
  feature: 'feature ${name} = ${count()} of ${event} by ${account} over ${24h} including self\n',
  list: 'list ${name} ${exact} { "${}" }\n',
  script:
    'script ${name} {\n  title zh "${}" en "${}"\n  typology "${}"\n  memory ${30d}\n  of ${event} by ${event.account} as ${person}\n\n  stage ${first} {\n    title zh "${}" en "${}"\n    need ${0.5}\n    cue ${name} weight ${0.5} on ${event} when ${condition}\n    act ${card}\n    card zh "${}" en "${}"\n  }\n}\n',
  rule: 'rule ${name} on ${event} {\n  when ${condition}\n  then ${review}\n  owner "${owner}"\n  reason\n    zh "${}"\n    en "${}"\n}\n',
  ruleset: 'ruleset ${name} on ${event} { mode all use * }\n',
  test: 'test "${name}" {\n  when ${event} { ${} } at 2026-01-01T00:00:00Z\n  expect ${allow}\n}\n',
};

const CLAUSES: Readonly<Record<DeclarationWord, readonly string[]>> = {
  event: ['retention ${90d}'],
  feature: [],
  list: ['file "lists/${}.csv"'],
  script: [
    'title zh "${}" en "${}"',
    'typology "${}"',
    'memory ${30d}',
    'of ${event} by ${event.account}',
    'stage ${name} {\n    title zh "${}" en "${}"\n    need ${0.5}\n    cue ${name} weight ${0.5} on ${event} when ${condition}\n    act ${card}\n    card zh "${}" en "${}"\n  }',
  ],
  rule: [
    'when ${}',
    'then ${}',
    'measure ${warn} for ${24h}',
    'score ${10}',
    'owner "${}"',
    'typology "${}"',
    'reason\n    zh "${}"\n    en "${}"',
  ],
  ruleset: ['mode all', 'mode first_match', 'mode score { ${60} ${review} }', 'use *', 'use ${}'],
  test: ['given ${event} { ${} } at ${+1m}', 'when ${event} { ${} } at ${+1m}', 'expect ${}'],
};

const keyword = (write: string): Choice => ({
  label: (/^[\w ]+/.exec(write)?.[0] ?? write).trim(),
  kind: 'keyword',
  write,
});
const plain = (kind: ChoiceKind, labels: readonly string[]): Choice[] =>
  labels.map((label) => ({ label, kind }));

/** The event kinds named, or all when none of them is known. */
function kindsOf(outline: PolicyOutline, names: readonly string[]): readonly EventOutline[] {
  const named = outline.events.filter((event) => names.includes(event.name));
  return named.length > 0 ? named : outline.events;
}

/** Fields that all of `kinds` have, each once; of one kind all. */
function fieldsOf(kinds: readonly EventOutline[]) {
  const [first, ...rest] = kinds;
  return (first?.fields ?? []).filter((field) =>
    rest.every((kind) => kind.fields.some((other) => other.name === field.name)),
  );
}

function fields(outline: PolicyOutline, names: readonly string[], write: (name: string) => string): Choice[] {
  const kinds = kindsOf(outline, names);
  const shared = names.length > 0 ? fieldsOf(kinds) : kinds.flatMap((kind) => kind.fields);
  const once = new Map(shared.map((field) => [field.name, field]));
  return [...once.values()].map((field) => ({
    label: field.name,
    kind: 'field',
    detail: field.words.length > 0 ? field.words.join(' | ') : field.type,
    ...(field.doc ? { doc: field.doc } : {}),
    write: write(field.name),
  }));
}

function functions({ language, functionDoc }: Sources, asMethod: boolean): Choice[] {
  return (language?.functions ?? []).map((item): Choice => {
    const [form = ''] = item.forms;
    const count = /\(\)/.test(form) ? 0 : form.split(',').length - (asMethod ? 1 : 0);
    return {
      label: item.name,
      kind: 'function',
      detail: form.slice(item.name.length),
      doc: functionDoc(item.name, item.doc),
      write: count > 0 ? `${item.name}(\${})` : `${item.name}()`,
    };
  });
}

function features(outline: PolicyOutline): Choice[] {
  return outline.features.map((feature) => ({
    label: feature.name,
    kind: 'feature',
    detail: `(${feature.keys.join(', ')}) ${feature.type}`,
    ...(feature.doc ? { doc: feature.doc } : {}),
    write: `${feature.name}(${feature.keys.map((key) => `\${event.${key}}`).join(', ')})`,
  }));
}

function lists(outline: PolicyOutline): Choice[] {
  return outline.lists.map((list) => ({
    label: list.name,
    kind: 'list',
    detail: `${list.kind} ${list.entries}`,
    ...(list.doc ? { doc: list.doc } : {}),
  }));
}

function expression(context: Context, sources: Sources): Choice[] {
  const { outline } = sources;
  const event: Choice = { label: 'event', kind: 'keyword', write: 'event.' };
  const own =
    context.within === 'feature'
      ? [
          ...[...AGGREGATES, ...MORE_AGGREGATES, 'of ${}', 'by ${}', 'over ${24h}', 'where ${}'].map(keyword),
          ...plain('keyword', ['including self', 'excluding self']),
          ...fields(outline, context.events, (name) => name),
        ]
      : plain('keyword', context.within === 'test' ? ['expect', 'fired', 'not fired', 'at'] : []);
  const shared = [event, ...plain('keyword', ['true', 'false', 'now', 'in']), keyword('has(${})')];
  const read = context.within === 'feature' ? [] : features(outline);
  return [...shared, ...own, ...read, ...lists(outline), ...functions(sources, false)];
}

function enumWords(outline: PolicyOutline, context: Context): Choice[] {
  const words = kindsOf(outline, context.events).flatMap((kind) =>
    kind.fields.filter((field) => field.name === context.field).flatMap((field) => field.words),
  );
  return plain('word', [...new Set(words)]);
}

function words({ wordDoc }: Sources, kind: 'decision' | 'measure', of: readonly string[]): Choice[] {
  return of.map((label) => ({ label, kind, doc: wordDoc(kind, label) }));
}

/** The choices for a context. */
export function choicesFor(context: Context, sources: Sources): Choice[] {
  const { outline, wordDoc } = sources;
  switch (context.wanted) {
    case 'nothing':
      return [];
    case 'declaration':
      return DECLARATIONS.map((word) => ({
        label: word,
        kind: 'keyword',
        doc: wordDoc('declaration', word),
        write: SKELETONS[word],
      }));
    case 'clause':
      return context.within ? CLAUSES[context.within].map(keyword) : [];
    case 'event':
      return outline.events.map((event) => ({
        label: event.name,
        kind: 'event',
        ...(event.doc ? { doc: event.doc } : {}),
      }));
    case 'type':
      return [...plain('type', TYPES), ...plain('keyword', ['key', 'personal', 'regional'])];
    case 'field':
      return [
        ...fields(outline, context.events, (name) => name),
        { label: 'occurred_at', kind: 'field', detail: 'timestamp' },
      ];
    case 'fieldName':
      return fields(outline, context.events, (name) => `${name}: \${}`);
    case 'method':
      return [...enumWords(outline, context), ...functions(sources, true)];
    case 'decision':
      return [
        ...words(sources, 'decision', DECISIONS),
        ...(context.within === 'test'
          ? [keyword('fired ${}'), keyword('not fired ${}'), ...features(outline)]
          : []),
      ];
    case 'measure':
      return words(sources, 'measure', MEASURES).map((choice) => ({
        ...choice,
        write: `${choice.label} for \${24h}`,
      }));
    case 'rule':
      return outline.rules.map((rule) => ({
        label: rule.name,
        kind: 'rule',
        ...(rule.doc ? { doc: rule.doc } : {}),
      }));
    case 'enumWord':
      return enumWords(outline, context);
    case 'owner':
      return plain('word', [...new Set(outline.rules.map((rule) => rule.owner))].sort());
    case 'typology':
      return plain('word', [...new Set(outline.rules.flatMap((rule) => rule.typologies))].sort());
    case 'listKind':
      return plain('type', LIST_KINDS);
    case 'expression':
      return expression(context, sources);
  }
}
