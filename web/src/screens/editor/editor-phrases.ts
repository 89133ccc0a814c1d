/** What CodeMirror itself says (search panel, announcements), in Chinese; English is its own. */

import type { Language } from '../../i18n/language';

const ZH: Readonly<Record<string, string>> = {
  Find: '查找',
  Replace: '替换',
  next: '下一处',
  previous: '上一处',
  all: '全选',
  'match case': '区分大小写',
  regexp: '正则',
  'by word': '整词',
  replace: '替换',
  'replace all': '全部替换',
  close: '关闭',
  'current match': '当前匹配',
  'on line': '在第',
  'replaced $ matches': '已替换 $ 处',
  'replaced match on line $': '已替换第 $ 行的匹配',
  'Go to line': '转到行',
  go: '前往',
  Completions: '补全',
  Diagnostics: '问题',
  'No diagnostics': '没有问题',
};
const EN: Readonly<Record<string, string>> = {};

export const editorPhrases = (language: Language): Readonly<Record<string, string>> =>
  language === 'zh' ? ZH : EN;
