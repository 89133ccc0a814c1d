/** One of few words to narrow a list by. */

import { useSpeech } from '../i18n/language';

interface NarrowByProps<T extends string> {
  readonly label: string;
  readonly value: T | undefined;
  readonly words: readonly T[];
  readonly texts: Readonly<Record<T, string>>;
  readonly onChoose: (word: T | undefined) => void;
}

export function NarrowBy<T extends string>({ label, value, words, texts, onChoose }: NarrowByProps<T>) {
  const { t } = useSpeech();
  return (
    <label className="row">
      <span className="quiet small">{label}</span>
      <select
        className="select"
        value={value ?? ''}
        onChange={(event) => onChoose(words.find((word) => word === event.target.value))}
      >
        <option value="">{t.leads.all}</option>
        {words.map((word) => (
          <option key={word} value={word}>
            {texts[word]}
          </option>
        ))}
      </select>
    </label>
  );
}
