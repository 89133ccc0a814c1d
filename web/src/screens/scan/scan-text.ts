/** A scanned text as a row of pieces, each with what is known of it. */

/** A part of a text with a meaning; places count Unicode scalar values, as the API's do. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  /** What it speaks for: a label, or `contact` or `url`. */
  readonly word: string;
}

/** A run of characters with the same marks. */
export interface Piece {
  readonly text: string;
  readonly start: number;
  /** Words of its marks, each once, in order. */
  readonly words: readonly string[];
}

/** Cuts a text where marks begin and end. Marks outside the text are cut off or left out. */
export function piecesOf(text: string, marks: readonly Mark[]): Piece[] {
  // A string's own places count UTF-16 units.
  const characters = Array.from(text);
  const within = (place: number) => Math.max(0, Math.min(place, characters.length));
  const kept = marks
    .map((mark) => ({ ...mark, start: within(mark.start), end: within(mark.end) }))
    .filter((mark) => mark.start < mark.end);
  const cuts = new Set([0, characters.length, ...kept.flatMap((mark) => [mark.start, mark.end])]);
  const places = [...cuts].sort((one, other) => one - other);
  return places.slice(0, -1).map((start, index) => {
    const end = places[index + 1] ?? characters.length;
    const here = kept.filter((mark) => mark.start <= start && mark.end >= end);
    return {
      text: characters.slice(start, end).join(''),
      start,
      words: [...new Set(here.map((mark) => mark.word))].sort(),
    };
  });
}
