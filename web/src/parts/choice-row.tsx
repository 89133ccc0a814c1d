/** One of few words, all of them in sight: the browser's own radio buttons, in a row or as a bar. */

import { useId } from 'react';

interface ChoiceRowProps<T extends string> {
  readonly label: string;
  /** `null`: nothing is chosen yet. */
  readonly value: T | null;
  readonly choices: readonly (readonly [T, string])[];
  readonly look?: 'row' | 'bar';
  readonly onChange: (value: T) => void;
}

export function ChoiceRow<T extends string>({
  label,
  value,
  choices,
  look = 'row',
  onChange,
}: ChoiceRowProps<T>) {
  const name = useId();
  return (
    <div className={`choice-${look}`} role="radiogroup" aria-label={label}>
      {choices.map(([word, text]) => (
        <label key={word}>
          <input
            type="radio"
            name={name}
            value={word}
            checked={word === value}
            onChange={() => onChange(word)}
          />
          <span>{text}</span>
        </label>
      ))}
    </div>
  );
}
