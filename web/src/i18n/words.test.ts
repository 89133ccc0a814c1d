/**
 * Every word that the server can say has a Chinese and an English text. The words are read where they are born: the
 * API description, the table of error codes, and the dotted words in the Rust sources that are not something else.
 */

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { enWords } from './en-words';
import { FINDINGS_ZH, FUNCTIONS_ZH } from '../policy/zh-language';
import { zhPolicyWords } from './zh-policy-words';
import { enPolicyWords } from './en-policy-words';
import { zhWords } from './zh-words';
import { enEvidence } from './en-evidence';
import { enAccess } from './en-access';
import { enLeads } from './en-leads';
import { zhEvidence } from './zh-evidence';
import { zhAccess } from './zh-access';
import { zhLeads } from './zh-leads';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

interface Schema {
  readonly enum?: readonly string[];
  readonly oneOf?: readonly { readonly properties?: Readonly<Record<string, Schema>> }[];
}
const SCHEMAS = (JSON.parse(read('docs/openapi.json')) as { components: { schemas: Record<string, Schema> } })
  .components.schemas;

/** The words of an enumeration of the API, or of the member that tells the variants of one apart. */
function wordsOf(name: string, tag = ''): string[] {
  const schema = SCHEMAS[name];
  const words =
    schema?.enum ?? (schema?.oneOf ?? []).flatMap((variant) => variant.properties?.[tag]?.enum ?? []);
  if (words.length === 0) throw new Error(`${name} has no words`);
  return [...words];
}

/** Rust files below a crate's `src`, without their tests. */
function sources(crate: string): string[] {
  const folder = `crates/${crate}/src/`;
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.rs') && !/(^|\/)tests(\.rs|\/)/.test(path))
    .map((path) => read(folder + path).split('#[cfg(test)]')[0] ?? '');
}

const ERROR_CODES = [...read('crates/types/src/error_code.rs').matchAll(/= "([a-z_.]+)", \d{3};/g)].map(
  (match) => match[1] ?? '',
);
/** Codes of what is found in policies; the API's description names one. */
const FINDING_CODES = Object.keys(FINDINGS_ZH);
/** Crates that write audit entries. */
const WRITERS = ['casework', 'cli', 'decide', 'evidence', 'orders', 'server'];
/** Dotted words of these crates that are no audit actions. */
const NOT_ACTIONS = [
  /^(case|order)\.(changed|updated|plan|send|query|expire)$/,
  /^(appeal|measure|measure_batch)\.(changed|timer|effect|step)$/,
  /^plan\.(ready|updated)$/,
  /^payments?\./,
  /^(lead|report|shift)\.(updated|overdue|referral_due)$/,
  /^case\.(overdue|waiting)$/,
  /^case_keys\.indexed$/,
  /^trace\.failed$/,
  /^policy\.(deploy|demote)$/,
  /^backtest\.run$/,
  /^decision\.(review|warning|measure)$/,
  /^(decide|jobs|limits|sessions)\./,
  /^(stanch|webauthn)\./,
  /\.(toml|html|db|json|csv|tmp|new|sig|pdf|png)$/,
];
const SOURCES = WRITERS.flatMap(sources);
const ACTIONS = new Set(
  SOURCES.flatMap((text) =>
    [...text.matchAll(/"([a-z_]+\.[a-z_]+)"/g)].map((match) => match[1] ?? ''),
  ).filter(
    (word) =>
      !ERROR_CODES.includes(word) &&
      !FINDING_CODES.includes(word) &&
      !NOT_ACTIONS.some((pattern) => pattern.test(word)),
  ),
);

const ENUMERATIONS: [keyof typeof zhWords, string[]][] = [
  ['accountKind', wordsOf('AccountKind')],
  ['actor', wordsOf('ActorKind')],
  ['caseState', wordsOf('CaseState', 'state')],
  ['channel', wordsOf('Channel')],
  ['consent', wordsOf('Consent')],
  ['exit', wordsOf('ExitKind')],
  ['institutionKind', wordsOf('InstitutionKind')],
  ['leadState', wordsOf('LeadState', 'state')],
  ['orderKind', wordsOf('OrderKind')],
  ['orderState', wordsOf('OrderState', 'state')],
  ['outcome', wordsOf('AnswerOutcome', 'outcome')],
  ['planState', wordsOf('PlanState', 'state')],
  ['priority', wordsOf('Priority')],
  ['priorityMeaning', wordsOf('Priority')],
  ['refusal', wordsOf('RefusalReason')],
  ['relation', wordsOf('Relation')],
  ['reportState', wordsOf('ReportState', 'state')],
  ['role', wordsOf('Role')],
];

/** The words that a Rust function gives for the variants of an enumeration. */
function wordsGiven(path: string, name: string): string[] {
  const body = read(path).split(`fn ${name}(`)[1]?.split('\n}')[0] ?? '';
  const words = [...body.matchAll(/=> "([a-z_]+)"/g)].map((match) => match[1] ?? '');
  if (words.length === 0) throw new Error(`${name} gives no words`);
  return words;
}

const POLICY_ENUMERATIONS: [keyof typeof zhPolicyWords, string[]][] = [
  ['decision', wordsGiven('crates/decide/src/record.rs', 'decision_word')],
  ['measure', wordsGiven('crates/decide/src/effect.rs', 'measure_word')],
  ['stage', wordsOf('PolicyStage')],
  ['changeState', wordsOf('PolicyChangeState', 'state')],
];

describe.each([
  ['Chinese', zhPolicyWords],
  ['English', enPolicyWords],
] as const)('%s words of policies', (_, words) => {
  it.each(POLICY_ENUMERATIONS)('%s are those of the API', (table, expected) => {
    expect(Object.keys(words[table]).sort()).toEqual(expected.sort());
  });
  it('name every typology of the policy that is shipped', () => {
    const shipped = readdirSync(new URL('policy/', ROOT), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.policy'))
      .flatMap((path) => [...read(`policy/${path}`).matchAll(/typology "(\w+)"/g)].map((match) => match[1]));
    expect(Object.keys(words.typology).sort()).toEqual([...new Set(shipped)].sort());
  });
});

describe.each([
  ['Chinese', zhLeads, zhEvidence],
  ['English', enLeads, enEvidence],
] as const)('%s words of leads and evidence', (_, leads, evidence) => {
  it('are those of the API', () => {
    expect(Object.keys(leads.outcomeKind).sort()).toEqual(wordsOf('OutcomeKind').sort());
    expect(Object.keys(evidence.evidenceCategory).sort()).toEqual(wordsOf('EvidenceCategory').sort());
  });
  it('name every link of a chain of custody', () => {
    const source = read('crates/types/src/evidence.rs').split('impl CustodyAction')[1]?.split('\n}')[0] ?? '';
    const actions = [...source.matchAll(/=> "(\w+)"/g)].map((match) => match[1] ?? '');
    expect(actions.sort()).toEqual(Object.keys(evidence.custodyAction).sort());
  });
});

describe.each([
  ['Chinese', zhAccess],
  ['English', enAccess],
] as const)('%s words of access', (_, words) => {
  it('are those of the API', () => {
    expect(Object.keys(words.scope).sort()).toEqual(wordsOf('Scope').sort());
    expect(Object.keys(words.sessionWay).sort()).toEqual(wordsOf('SessionWay').sort());
  });
});

describe('the policy language in Chinese', () => {
  it('has every function', () => {
    const names = sources('rules')
      .flatMap((text) => [...text.matchAll(/^ {4}(?:@[a-z]+ )?[A-Z_]+ = "(\w+)"/gm)])
      .map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(50);
    expect(Object.keys(FUNCTIONS_ZH).sort()).toEqual(names.sort());
  });
  it('has every code of a finding', () => {
    const codes = [...read('crates/rules/src/diagnostic.rs').matchAll(/= "(policy\.\w+)";/g)];
    expect(codes.length).toBeGreaterThan(40);
    expect(Object.keys(FINDINGS_ZH).sort()).toEqual(codes.map((match) => match[1] ?? '').sort());
  });
});

describe.each([
  ['Chinese', zhWords],
  ['English', enWords],
] as const)('%s words', (_, words) => {
  it.each(ENUMERATIONS)('%s are those of the API', (table, expected) => {
    expect(Object.keys(words[table]).sort()).toEqual(expected.sort());
  });
  it('name every error code, and what the console itself says', () => {
    const own = ['network', 'unexpected'];
    expect(Object.keys(words.error).sort()).toEqual([...ERROR_CODES, ...own].sort());
  });
  it('name every audit action that the code can write, and no other', () => {
    expect(ACTIONS.size).toBeGreaterThan(25);
    expect(Object.keys(words.auditAction).sort()).toEqual([...ACTIONS].sort());
  });
  it('are never empty', () => {
    const empty = Object.entries(words).flatMap(([table, texts]) =>
      Object.entries(texts).flatMap(([word, text]) => (text.trim() === '' ? [`${table}.${word}`] : [])),
    );
    expect(empty).toEqual([]);
  });
});
