import { describe, expect, it } from 'vitest';
import {
  FILE_BYTES_MAX,
  NEW_COLLECTION,
  collectProblems,
  collectionOf,
  mediaTypeOf,
  offeredWith,
} from './evidence-draft';

describe('a collection', () => {
  const draft = { ...NEW_COLLECTION, second: 'zhou', source: ' 受害人 ', method: '导出', place: '江城' };
  const file = { name: 'chat.png', size: 10 };
  it('needs a file that is not empty nor too large, a second collector, and how, where and from whom', () => {
    expect(collectProblems(NEW_COLLECTION, null)).toEqual(['file', 'second', 'source', 'method', 'place']);
    expect(collectProblems(draft, file)).toEqual([]);
    expect(collectProblems(draft, { name: 'x', size: 0 })).toEqual(['file']);
    expect(collectProblems(draft, { name: 'x', size: FILE_BYTES_MAX + 1 })).toEqual(['file']);
  });
  it('leaves out what nobody wrote', () => {
    expect(collectionOf({ ...draft, witness: ' 王某 ' }, file)).toEqual({
      name: 'chat.png',
      second: 'zhou',
      source: '受害人',
      method: '导出',
      place: '江城',
      witness: '王某',
    });
  });
  it('goes under the type that its ending says', () => {
    expect(mediaTypeOf('聊天.PNG')).toBe('image/png');
    expect(mediaTypeOf('a.b.jpeg')).toBe('image/jpeg');
    expect(mediaTypeOf('phone.dd')).toBe('application/octet-stream');
    expect(mediaTypeOf('constructor')).toBe('application/octet-stream');
    expect(mediaTypeOf('x.constructor')).toBe('application/octet-stream');
  });
});

describe('an item', () => {
  const held = { state: 'in_custody', holder: { id: 'me', name: '林' } };
  it('is handed over by its holder alone, while it is in custody', () => {
    const me = { id: 'me', works: true };
    expect(offeredWith(held, me)).toEqual({ view: true, handOver: true });
    expect(offeredWith({ ...held, holder: { id: 'other', name: '周' } }, me).handOver).toBe(false);
    expect(offeredWith({ state: 'released', holder: null }, me).handOver).toBe(false);
  });
  it('is only read about by auditors', () => {
    expect(offeredWith(held, { id: 'me', works: false })).toEqual({ view: false, handOver: false });
  });
});
