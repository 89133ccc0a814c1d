/** Findings of the server in the reader's language; what has no Chinese text stays in the server's English. */

import type { PolicyDiagnostic, PolicyLanguage } from '../../api/types';
import type { Language } from '../../i18n/language';
import type { Texts } from '../../i18n/zh';
import { rangesIn } from '../../policy/place';
import { hintZh, labelZh, messageZh } from '../../policy/zh-findings';
import { FINDINGS_ZH } from '../../policy/zh-language';
import type { Finding, Told } from './code-editor';

/** What a code means. */
export function titleOf(code: string, language: Language, known: PolicyLanguage | undefined): string {
  if (language === 'zh') return FINDINGS_ZH[code] ?? code;
  return known?.diagnostics.find((item) => item.code === code)?.title ?? code;
}

const TOLD_ZH = { message: messageZh, hint: hintZh, label: labelZh };

/** What the server says in a finding, to a reader of `language`. */
export function told(part: keyof typeof TOLD_ZH, text: string, language: Language): Told {
  const chinese = language === 'zh' ? TOLD_ZH[part](text) : null;
  return chinese === null ? { text, lang: 'en' } : { text: chinese, lang: 'zh' };
}

/** The findings in one file, with their places in its text. */
export function findingsIn(
  path: string,
  text: string,
  diagnostics: readonly PolicyDiagnostic[],
  speech: { readonly t: Texts; readonly language: Language },
  known: PolicyLanguage | undefined,
): Finding[] {
  const here = diagnostics.filter((item) => item.at.path === path);
  const ranges = rangesIn(
    text,
    here.map((item) => item.at),
  );
  return here.map((item, index) => ({
    from: ranges[index]?.from ?? 0,
    to: ranges[index]?.to ?? 0,
    severity: item.severity === 'error' ? 'error' : 'warning',
    title: titleOf(item.code, speech.language, known),
    message: told('message', item.message, speech.language),
    hint: item.hint ? told('hint', item.hint, speech.language) : null,
    replacement: item.replacement ?? null,
    replaceBy: speech.t.editor.replaceBy(item.replacement ?? ''),
  }));
}

/** A text with the place of a finding replaced as it suggests. */
export function mended(text: string, item: PolicyDiagnostic): string {
  const [range] = rangesIn(text, [item.at]);
  if (!range || item.replacement === null || item.replacement === undefined) return text;
  return text.slice(0, range.from) + item.replacement + text.slice(range.to);
}
