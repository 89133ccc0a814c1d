/** The reader's language: which dictionary, which locale for numbers and dates. */

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { formatMoney, formatMoneyShort, type Money } from '../format/money';
import { formatClock, formatInstant, formatMoment, msOf } from '../format/time';
import { en } from './en';
import { zh, type Texts } from './zh';

export type Language = 'zh' | 'en';
const STORED = 'stanch.language';
const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };
const TEXTS: Record<Language, Texts> = { zh, en };

export interface Speech {
  readonly language: Language;
  readonly locale: string;
  readonly t: Texts;
  readonly setLanguage: (language: Language) => void;
  readonly money: (money: Money) => string;
  readonly moneyShort: (money: Money) => string;
  /** Month, day, time of day of an instant; a dash for none. */
  readonly moment: (instant: string | null | undefined) => string;
  readonly clock: (ms: number) => string;
  readonly instant: (instant: string) => string;
}

const SpeechContext = createContext<Speech | null>(null);

function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === 'zh' || stored === 'en') return stored;
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  useEffect(() => {
    localStorage.setItem(STORED, language);
    document.documentElement.lang = LOCALES[language];
    document.title = TEXTS[language].app.name;
  }, [language]);
  const speech = useMemo((): Speech => {
    const locale = LOCALES[language];
    return {
      language,
      locale,
      t: TEXTS[language],
      setLanguage,
      money: (money) => formatMoney(money, locale),
      moneyShort: (money) => formatMoneyShort(money, locale),
      moment: (instant) => {
        const ms = msOf(instant);
        return ms === null ? '—' : formatMoment(ms, locale);
      },
      clock: (ms) => formatClock(ms, locale),
      instant: (instant) => formatInstant(msOf(instant) ?? 0, locale),
    };
  }, [language]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error('no language around this component');
  return speech;
}

/** The text of a word from a table, or the word itself when the table does not know it yet. */
export function wordOf(table: Readonly<Record<string, string>>, word: string): string {
  return Object.hasOwn(table, word) ? (table[word] ?? word) : word;
}
