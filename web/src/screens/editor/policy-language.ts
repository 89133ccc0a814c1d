/** The policy language for CodeMirror: colours from the same pieces as elsewhere. */

import { StreamLanguage, syntaxHighlighting, type StringStream } from '@codemirror/language';
import { Tag, tagHighlighter } from '@lezer/highlight';
import { lineTokens, type Token, type TokenKind } from '../../policy/tokens';

const KINDS: readonly TokenKind[] = [
  'comment',
  'doc',
  'keyword',
  'type',
  'decision',
  'string',
  'number',
  'call',
  'member',
  'operator',
  'word',
];
const TAGS = Object.fromEntries(KINDS.map((kind) => [kind, Tag.define(`policy-${kind}`)]));

interface LineState {
  tokens: readonly Token[];
}

function token(stream: StringStream, state: LineState): string | null {
  if (stream.sol()) state.tokens = lineTokens(stream.string);
  const next = state.tokens.find(({ to }) => to > stream.pos);
  if (!next) {
    stream.skipToEnd();
    return null;
  }
  if (next.from > stream.pos) {
    stream.pos = next.from;
    return null;
  }
  stream.pos = next.to;
  return next.kind;
}

const language = StreamLanguage.define<LineState>({
  name: 'policy',
  startState: () => ({ tokens: [] }),
  token,
  tokenTable: TAGS,
  languageData: { commentTokens: { line: '//' }, closeBrackets: { brackets: ['(', '[', '{', '"'] } },
});

export const policyLanguage = [
  language,
  syntaxHighlighting(
    tagHighlighter(Object.entries(TAGS).map(([kind, tag]) => ({ tag, class: `tk-${kind}` }))),
  ),
];
