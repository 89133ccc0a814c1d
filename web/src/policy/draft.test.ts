import { expect, it } from 'vitest';
import { bodyOf, emptyDraft, filesOf, isClean, pathProblem, restored, withText, without } from './draft';

const BASE = [
  { path: 'a.policy', bytes: 1, text: 'a' },
  { path: 'l.csv', bytes: 900_000, text: null },
];
const states = (draft: Parameters<typeof filesOf>[1]) =>
  filesOf(BASE, draft).map(({ path, state }) => `${path} ${state}`);

it('a draft holds only what differs from its base', () => {
  const draft = withText(BASE, emptyDraft('sha256:1'), 'a.policy', 'b');
  expect(bodyOf(draft)).toEqual({ base: 'sha256:1', files: [{ path: 'a.policy', text: 'b' }], removed: [] });
  expect(isClean(withText(BASE, draft, 'a.policy', 'a'))).toBe(true);
  expect(isClean(restored(draft, 'a.policy'))).toBe(true);
});

it('files are added, removed and written again', () => {
  let draft = withText(BASE, emptyDraft('x'), 'b.policy', '');
  draft = without(BASE, draft, 'a.policy');
  expect(states(draft)).toEqual(['a.policy removed', 'b.policy added', 'l.csv same']);
  draft = without(BASE, withText(BASE, draft, 'a.policy', 'n'), 'b.policy');
  expect(states(draft)).toEqual(['a.policy changed', 'l.csv same']);
  expect(bodyOf(draft).removed).toEqual([]);
});

it('paths of new files are policy files inside the folder', () => {
  expect(pathProblem('rules/new.policy', ['a.policy'])).toBeNull();
  for (const path of ['../a.policy', '/a.policy', 'a', 'a b.policy', 'a//b.policy'])
    expect(pathProblem(path, []), path).toBe('wrong');
  expect(pathProblem('a.policy', ['a.policy'])).toBe('taken');
  expect(pathProblem(' ', [])).toBe('empty');
});
