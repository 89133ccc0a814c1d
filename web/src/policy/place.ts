/** Places of findings (lines and columns from 1, columns in Unicode characters) as offsets into a text (UTF-16). */

export interface Span {
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly end_column: number;
}

/** Index in `line` of the character at `column`; the end of the line when it is shorter. */
export function indexOfColumn(line: string, column: number): number {
  let index = 0;
  for (const character of line) {
    if (column <= 1) break;
    index += character.length;
    column -= 1;
  }
  return index;
}

/** First index of each line. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Where spans lie in `text`; what points beyond it lies at its end. */
export function rangesIn(text: string, spans: readonly Span[]): { from: number; to: number }[] {
  const starts = lineStarts(text);
  const offset = (line: number, column: number) => {
    const start = starts[line - 1];
    if (start === undefined) return text.length;
    const end = (starts[line] ?? text.length + 1) - 1;
    return start + indexOfColumn(text.slice(start, end), column);
  };
  return spans.map((span) => {
    const from = offset(span.line, span.column);
    return { from, to: Math.max(from, offset(span.end_line, span.end_column)) };
  });
}
