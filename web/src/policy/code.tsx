/** Pieces of policy, coloured as in the editor. */

import { memo } from 'react';
import { lineTokens } from './tokens';

function Line({ line }: { line: string }) {
  let at = 0;
  const pieces = lineTokens(line).flatMap((token) => {
    const between = line.slice(at, token.from);
    at = token.to;
    return [
      between,
      <span key={token.from} className={`tk-${token.kind}`}>
        {line.slice(token.from, token.to)}
      </span>,
    ];
  });
  return (
    <>
      {pieces}
      {line.slice(at)}
    </>
  );
}

/** A condition or other short piece inside a sentence. */
export function CodePiece({ text }: { text: string }) {
  return (
    <code className="code-piece">
      <Line line={text} />
    </code>
  );
}

/** A whole text with numbered lines; the line `mark` stands out. */
export const CodeText = memo(function CodeText({
  text,
  mark,
  label,
}: {
  text: string;
  mark?: number | undefined;
  label: string;
}) {
  return (
    <div className="code-text" role="region" aria-label={label} tabIndex={0}>
      <ol>
        {text
          .replace(/\n$/, '')
          .split('\n')
          .map((line, index) => (
            <li
              key={index}
              className={index + 1 === mark ? 'marked' : ''}
              {...(index + 1 === mark ? { id: 'marked-line' } : {})}
            >
              <code>
                <Line line={line} />
              </code>
            </li>
          ))}
      </ol>
    </div>
  );
});
