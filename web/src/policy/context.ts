/** What can be written at a place of a policy file: read from the text before it, whole or not. */

import { DECLARATIONS, lineTokens, type DeclarationWord } from './tokens';

export type Wanted =
  | 'nothing'
  | 'declaration'
  | 'clause'
  | 'event'
  | 'type'
  | 'field'
  | 'fieldName'
  | 'method'
  | 'decision'
  | 'measure'
  | 'rule'
  | 'enumWord'
  | 'owner'
  | 'typology'
  | 'listKind'
  | 'expression';

export interface Context {
  readonly wanted: Wanted;
  /** Where the word that is being written begins. */
  readonly from: number;
  /** The declaration around the place. */
  readonly within: DeclarationWord | null;
  /** Event kinds whose fields are at hand. */
  readonly events: readonly string[];
  /** For `enumWord`: the field it is compared with. */
  readonly field: string | null;
}

interface Around {
  readonly within: DeclarationWord | null;
  /** Text of the declaration up to the place. */
  readonly text: string;
  /** Open braces at the place. */
  readonly depth: number;
}

const isDeclaration = (word: string): word is DeclarationWord =>
  (DECLARATIONS as readonly string[]).includes(word);

/** The declaration that `before` ends in. */
function around(before: string): Around {
  const scan = { depth: 0, start: 0, within: null as DeclarationWord | null };
  let offset = 0;
  for (const line of before.split('\n')) {
    scanLine(line, offset, scan);
    offset += line.length + 1;
  }
  return { within: scan.within, text: scan.within ? before.slice(scan.start) : '', depth: scan.depth };
}

function scanLine(
  line: string,
  offset: number,
  scan: { depth: number; start: number; within: DeclarationWord | null },
): void {
  const quiet = lineTokens(line).filter(
    ({ kind }) => kind === 'comment' || kind === 'doc' || kind === 'string',
  );
  for (const match of line.matchAll(/[{}]|[A-Za-z_]\w*/g)) {
    const [text] = match;
    if (quiet.some(({ from, to }) => from <= match.index && match.index < to)) continue;
    if (text === '{') scan.depth += 1;
    else if (text === '}') {
      scan.depth = Math.max(0, scan.depth - 1);
      if (scan.depth === 0) scan.within = null;
    } else if (scan.depth === 0 && isDeclaration(text) && /^\s*$|[{}]\s*$/.test(line.slice(0, match.index))) {
      scan.within = text;
      scan.start = offset + match.index;
    }
  }
}

const names = (list: string | undefined): string[] =>
  list ? list.split(',').map((name) => name.trim()) : [];

/** Event kinds whose fields a declaration sees at its end. */
function eventsOf({ within, text }: Around): string[] {
  if (within === 'rule' || within === 'ruleset')
    return names(/^\w+\s+\w+\s+on\s+([\w\s,]+?)\s*(?:\{|$)/.exec(text)?.[1]);
  if (within === 'feature') return names(/\bof\s+([\w\s,]+?)\s+(?:by|over|where)\b/.exec(text)?.[1]);
  if (within === 'test') {
    const last = [...text.matchAll(/\b(?:given|when)\s+(\w+)/g)].at(-1);
    return last?.[1] ? [last[1]] : [];
  }
  return [];
}

const AFTER: readonly [RegExp, Wanted, readonly DeclarationWord[]][] = [
  [/\b(?:on|of)\s+(?:\w+\s*,\s*)*$/, 'event', ['rule', 'ruleset', 'feature', 'script']],
  [/\b(?:given|when)\s+$/, 'event', ['test']],
  [/\bexpect\s+(?:not\s+)?fired\s+$/, 'rule', ['test']],
  [/\buse\s+(?:\w+\s*,\s*)*$/, 'rule', ['ruleset']],
  [/\bthen\s+$/, 'decision', ['rule']],
  [/\bexpect\s+$/, 'decision', ['test']],
  [/\bmode\s+score\s*\{[^}]*\d\s+$/, 'decision', ['ruleset']],
  [/\bmeasure\s+$/, 'measure', ['rule']],
  [/^list\s+\w+\s+$/, 'listKind', ['list']],
];

/** Where a clause of the declaration may begin: after its brace or at the beginning of a line. */
function startsClause({ within, text, depth }: Around): boolean {
  if (within === null || depth !== 1) return false;
  return /(?:\{|\n|;)\s*$/.test(text) && !/(?:&&|\|\||[-+*/%<>=!?:,(])\s*$/.test(text.trimEnd());
}

/** What can be written at `pos` of `text`. */
export function contextAt(text: string, pos: number): Context {
  const before = text.slice(0, pos);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const inside = lineTokens(line).at(-1);
  const nothing: Context = { wanted: 'nothing', from: pos, within: null, events: [], field: null };
  if (inside && inside.to === line.length && (inside.kind === 'comment' || inside.kind === 'doc'))
    return nothing;
  const open =
    inside?.kind === 'string' &&
    inside.to === line.length &&
    !/^r?(["']).*\1$/s.test(line.slice(inside.from));
  if (open) return insideText(before, line, inside.from) ?? nothing;
  const word = /[A-Za-z_]\w*$/.exec(line)?.[0] ?? '';
  const from = pos - word.length;
  const scope = around(text.slice(0, from));
  const context = (wanted: Wanted, field: string | null = null): Context => ({
    wanted,
    from,
    within: scope.within,
    events: eventsOf(scope),
    field,
  });
  const head = line.slice(0, line.length - word.length);
  if (/\bevent\.$/.test(head)) return context('field');
  if (/\d\.?$/.test(head)) return nothing;
  const ofEnum = /\b(\w+)\.$/.exec(head);
  if (ofEnum) return context('method', ofEnum[1]);
  if (head.endsWith('.')) return context('method');
  if (scope.within === null) return context('declaration');
  for (const [pattern, wanted, where] of AFTER)
    if (where.includes(scope.within) && pattern.test(scope.text)) return context(wanted);
  if (scope.within === 'event' && scope.depth === 1)
    return context(/(?:^|[{;])\s*\w+\s+$/.test(head) ? 'type' : 'clause');
  if (scope.within === 'test' && scope.depth >= 2)
    return context(/[{,]\s*$/.test(scope.text) ? 'fieldName' : 'expression');
  return context(startsClause(scope) ? 'clause' : 'expression');
}

/** Words that go inside a text: of an enumeration, an owner, a typology. */
function insideText(before: string, line: string, quote: number): Context | null {
  const start = before.length - line.length + quote + (line.startsWith('r', quote) ? 2 : 1);
  const head = line.slice(0, quote);
  const scope = around(before.slice(0, start - 1));
  const context = (wanted: Wanted, field: string | null = null): Context => ({
    wanted,
    from: start,
    within: scope.within,
    events: eventsOf(scope),
    field,
  });
  const compared =
    /\b(\w+)\s*(?:==|!=)\s*$/.exec(head) ??
    /\b(\w+)\s+in\s+\[[^\]]*$/.exec(head) ??
    /\b(\w+):\s*$/.exec(head);
  if (compared?.[1]) return context('enumWord', compared[1]);
  if (/\bowner\s+$/.test(head)) return context('owner');
  if (/\btypology\s+$/.test(head)) return context('typology');
  return null;
}
