/** The policy language as coloured pieces: for the editor and for pieces of policy shown elsewhere. */

export type TokenKind =
  | 'comment'
  | 'doc'
  | 'keyword'
  | 'type'
  | 'decision'
  | 'string'
  | 'number'
  | 'call'
  | 'member'
  | 'operator'
  | 'word';

export interface Token {
  readonly from: number;
  readonly to: number;
  readonly kind: TokenKind;
}

export const DECLARATIONS = ['event', 'feature', 'list', 'script', 'rule', 'ruleset', 'test'] as const;
export type DeclarationWord = (typeof DECLARATIONS)[number];
export const DECISIONS = ['allow', 'warn', 'review', 'delay', 'hold', 'block'] as const;
export type DecisionWord = (typeof DECISIONS)[number];
export const TYPES = [
  'bool',
  'int',
  'double',
  'money',
  'string',
  'timestamp',
  'duration',
  'enum',
  'list',
  'map',
] as const;

const KEYWORDS = new Set<string>([
  ...DECLARATIONS,
  'retention',
  'key',
  'personal',
  'regional',
  'of',
  'by',
  'over',
  'where',
  'including',
  'excluding',
  'self',
  'as',
  'on',
  'when',
  'then',
  'for',
  'measure',
  'score',
  'owner',
  'typology',
  'reason',
  'title',
  'memory',
  'stage',
  'need',
  'cue',
  'weight',
  'act',
  'card',
  'zh',
  'en',
  'mode',
  'all',
  'first_match',
  'use',
  'given',
  'at',
  'expect',
  'fired',
  'not',
  'until',
  'file',
  'in',
  'has',
  'true',
  'false',
  'now',
]);
const TYPE_WORDS = new Set<string>(TYPES);
const DECISION_WORDS = new Set<string>(DECISIONS);

const PIECE =
  /(\/\/\/.*|\/\/.*)|(r"[^"]*"?|r'[^']*'?|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)|(\d{4}-\d\d-\d\d(?:[Tt][\d:.]+(?:[Zz]|[+-]\d\d:\d\d)?)?|\d[\w.]*)|([A-Za-z_]\w*)|(&&|\|\||==|!=|<=|>=|\?\?|[-+*/%<>!?:=])/g;

function wordKind(word: string, before: string, after: string): TokenKind {
  const previous = before.trimEnd();
  if (previous.endsWith('.')) return /^\s*\(/.test(after) ? 'call' : 'member';
  // `amount: …` in a test's event and `amount money` in an event kind are names whatever else the word means.
  if (/^\s*:/.test(after) && !previous.endsWith('?')) return 'member';
  const isFirst = previous === '' || /[{};]$/.test(previous);
  if (isFirst && /^\s+(string|int|double|bool|money|timestamp|duration|enum|list|map)\b/.test(after))
    return 'member';
  if (/\b(then|expect)$/.test(previous) && DECISION_WORDS.has(word)) return 'decision';
  if (/[\d}]\s*$/.test(previous) && DECISION_WORDS.has(word) && !isFirst) return 'decision';
  if (TYPE_WORDS.has(word) && previous !== '' && !/^\s*\(\s*"/.test(after)) return 'type';
  if (KEYWORDS.has(word)) return 'keyword';
  return /^\(/.test(after) ? 'call' : 'word';
}

/** The pieces of one line; blanks and brackets are in none. */
export function lineTokens(line: string): Token[] {
  const tokens: Token[] = [];
  for (const match of line.matchAll(PIECE)) {
    const [text, comment, string, number, word] = match;
    const from = match.index;
    const to = from + text.length;
    let kind: TokenKind = 'operator';
    if (comment !== undefined) kind = comment.startsWith('///') ? 'doc' : 'comment';
    else if (string !== undefined) kind = 'string';
    else if (number !== undefined) kind = 'number';
    else if (word !== undefined) kind = wordKind(word, line.slice(0, from), line.slice(to));
    tokens.push({ from, to, kind });
  }
  return tokens;
}
