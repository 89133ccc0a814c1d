import { readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hintZh, labelZh, messageZh } from './zh-findings';

const MISTAKES = new URL('../../../testdata/policy/mistakes/', import.meta.url);
const LINES = readdirSync(MISTAKES)
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) => readFileSync(new URL(name, MISTAKES), 'utf8').split('\n'));
const texts = (pattern: RegExp): string[] =>
  LINES.flatMap((line) => {
    const text = pattern.exec(line)?.[1];
    return text === undefined ? [] : [text];
  });

it('every mistake is told in Chinese, and how to mend it', () => {
  const [messages, hints, labels] = [
    texts(/^(?:error|warning)\[policy\.\w+\]: (.+)$/),
    texts(/^ *= hint: (.+)$/),
    texts(/^ *\| +-+ (.+)$/),
  ];
  expect(messages.length).toBeGreaterThan(90);
  expect(hints.length).toBeGreaterThan(80);
  expect(labels.length).toBeGreaterThan(5);
  expect(messages.filter((text) => messageZh(text) === null)).toEqual([]);
  expect(hints.filter((text) => hintZh(text) === null)).toEqual([]);
  expect(labels.filter((text) => labelZh(text) === null)).toEqual([]);
});

it('names and values stand where they belong', () => {
  expect(messageZh('the event kind `pay` has no field `amout`')).toBe('事件类型 `pay` 没有字段 `amout`');
  expect(messageZh('`f` is kept by `a`, and the event kind `e` has no field `d` of type string')).toBe(
    '`f` 以 `a` 为键，而事件类型 `e` 没有类型为 string 的字段 `d`',
  );
  expect(hintZh('did you mean `$&{1}`?')).toBe('是否想写 `$&{1}`？');
  expect(messageZh('something new')).toBeNull();
});
