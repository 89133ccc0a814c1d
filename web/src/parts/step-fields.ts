/** Steps that are taken with words: what is offered, and which words are missing. Pure, so that it can be tested. */

/** A text that a step needs. */
export interface StepField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly lines: number;
  /** Most characters. */
  readonly max: number;
  /** Whether the text is one; any text is, unless told. */
  readonly fits?: ((text: string) => boolean) | undefined;
  /** What is said when it is not. */
  readonly needed?: string | undefined;
}

/** A step that is offered now. */
export interface StepOffer<S extends string> {
  readonly step: S;
  readonly label: string;
  /** What to know before it is taken. */
  readonly note?: string | undefined;
  readonly danger?: boolean;
  readonly fields: readonly StepField[];
}

export type StepWords = Readonly<Record<string, string>>;

/** The names of the fields whose text is missing, too long or not of their kind, in their order. */
export function missingWords(fields: readonly StepField[], words: StepWords): string[] {
  return fields
    .filter(({ name, max, fits }) => {
      const text = wordsOf(words, name);
      const { length } = Array.from(text);
      return length === 0 || length > max || fits?.(text) === false;
    })
    .map(({ name }) => name);
}

/** The text of `name` without the blanks around it. */
export const wordsOf = (words: StepWords, name: string): string => (words[name] ?? '').trim();
