/** Findings of the server in the reader's language: Chinese has the meaning of the code, English the server's own. */

import type { PolicyDiagnostic, PolicyLanguage } from '../../api/types';
import type { Language } from '../../i18n/language';
import type { Texts } from '../../i18n/zh';
import { FINDINGS_ZH } from '../../policy/zh-language';
import { rangesIn } from '../../policy/place';
import type { Finding } from './code-editor';

/** What a code means. */
export function titleOf(code: string, language: Language, known: PolicyLanguage | undefined): string {
  if (language === 'zh') return FINDINGS_ZH[code] ?? code;
  return known?.diagnostics.find((item) => item.code === code)?.title ?? code;
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
    message: item.message,
    hint: item.hint ?? null,
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
