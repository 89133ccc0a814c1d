import { expect, it } from 'vitest';
import type { PolicyLanguage, PolicyOutline } from '../api/types';
import { choicesFor, type Choice, type Sources } from './completion';
import { contextAt } from './context';

const at = { path: 'a.policy', line: 1 };
const field = (name: string, type: string, words: string[] = []) => ({
  name,
  doc: `what ${name} is`,
  type,
  words,
  key: true,
  personal: false,
});
const OUTLINE: PolicyOutline = {
  events: [
    {
      name: 'payment',
      doc: '',
      at,
      fields: [field('account', 'string'), field('channel', 'enum', ['bank', 'pos'])],
    },
    { name: 'withdrawal', doc: '', at, fields: [field('account', 'string'), field('atm', 'string')] },
  ],
  features: [{ name: 'paid_1h', doc: 'Paid.', type: 'int', keys: ['account'], at }],
  lists: [{ name: 'bad_nets', doc: '', kind: 'cidr', entries: 2, at }],
  rules: [
    {
      name: 'r1',
      doc: '',
      decision: 'hold',
      score: 0,
      owner: 'team',
      events: ['payment'],
      typologies: ['mule'],
      at,
    },
  ],
  rulesets: [],
  tests: 0,
};
const LANGUAGE: PolicyLanguage = {
  functions: [
    {
      name: 'lower',
      forms: ['lower(text: string) -> string'],
      doc: 'Lower case.',
      regional: false,
      examples: [],
    },
    {
      name: 'contains',
      forms: ['contains(text: string, part: string) -> bool'],
      doc: 'Whether.',
      regional: false,
      examples: [],
    },
  ],
  diagnostics: [],
};
const SOURCES: Sources = {
  outline: OUTLINE,
  language: LANGUAGE,
  functionDoc: (_, english) => english,
  wordDoc: (kind, word) => `${kind} ${word}`,
};

const offered = (text: string): Choice[] =>
  choicesFor(contextAt(text.replace('|', ''), text.indexOf('|')), SOURCES);
const labels = (text: string) => offered(text).map(({ label }) => label);

it('fields are those that every event of the rule has', () => {
  expect(labels('rule r on payment {\n when event.|')).toEqual(['account', 'channel', 'occurred_at']);
  expect(labels('rule r on payment, withdrawal {\n when event.|')).toEqual(['account', 'occurred_at']);
});

it('words of an enumeration, after a comparison and after its name', () => {
  expect(labels('rule r on payment {\n when event.channel == "|')).toEqual(['bank', 'pos']);
  expect(labels('rule r on payment {\n when channel.|').slice(0, 2)).toEqual(['bank', 'pos']);
});

it('functions stand with what they take, methods without what they belong to', () => {
  const write = (text: string, label: string) =>
    offered(text).find((choice) => choice.label === label)?.write;
  expect(write('rule r on payment {\n when a && |', 'lower')).toBe('lower(${})');
  expect(write('rule r on payment {\n when event.note.|', 'lower')).toBe('lower()');
  expect(write('rule r on payment {\n when event.note.|', 'contains')).toBe('contains(${})');
  expect(write('rule r on payment {\n when a && |', 'paid_1h')).toBe('paid_1h(${event.account})');
});

it('everything that a condition can read is offered, and nothing in a comment', () => {
  const names = labels('rule r on payment {\n when a && |');
  for (const name of ['event', 'paid_1h', 'bad_nets', 'lower', 'has']) expect(names).toContain(name);
  expect(labels('// |')).toEqual([]);
  expect(labels('rule r on payment {\n owner "|')).toEqual(['team']);
  expect(labels('test "t" {\n expect fired |')).toEqual(['r1']);
  expect(labels('feature f = count() of payment by |')).not.toContain('paid_1h');
});
