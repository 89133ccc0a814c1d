import { expect, it } from 'vitest';
import type { PolicyDiagnostic } from '../../api/types';
import { en } from '../../i18n/en';
import { findingsIn, mended, titleOf, told } from './finding-text';

const FOUND: PolicyDiagnostic = {
  code: 'policy.unknown_field',
  severity: 'error',
  message: '`payment` has no field `paier`',
  hint: 'did you mean `payer`?',
  replacement: 'payer',
  at: { path: 'a.policy', line: 2, column: 16, end_line: 2, end_column: 21 },
  labels: [],
};
const TEXT = '// 一\n  when 1 < event.paier';

it('a finding stands where it points, and only in its file', () => {
  const text = TEXT.replace('event.', 'e.😀 ');
  const speech = { t: en, language: 'en' as const };
  expect(findingsIn('b.policy', text, [FOUND], speech, undefined)).toEqual([]);
  const [finding] = findingsIn('a.policy', text, [FOUND], speech, undefined);
  expect(text.slice(finding?.from, finding?.to)).toBe('paier');
  expect(finding?.replaceBy).toBe('Replace by payer');
  expect(finding?.message).toEqual({ text: FOUND.message, lang: 'en' });
});

it('what the server says is told in Chinese where that is known', () => {
  expect(told('hint', 'did you mean `payer`?', 'zh')).toEqual({ text: '是否想写 `payer`？', lang: 'zh' });
  expect(told('hint', 'no such text', 'zh')).toEqual({ text: 'no such text', lang: 'en' });
});

it('a suggestion is put in its place', () => {
  const at = { ...FOUND.at, column: 18, end_column: 23 };
  expect(mended(TEXT, { ...FOUND, at })).toBe('// 一\n  when 1 < event.payer');
  expect(mended(TEXT, { ...FOUND, replacement: null })).toBe(TEXT);
});

it('a code has a meaning in both languages', () => {
  expect(titleOf('policy.unknown_field', 'zh', undefined)).toBe('这种事件没有这个字段');
  const known = { functions: [], diagnostics: [{ code: 'policy.empty', title: 'Nothing.' }] };
  expect(titleOf('policy.empty', 'en', known)).toBe('Nothing.');
  expect(titleOf('policy.other', 'zh', known)).toBe('policy.other');
});
