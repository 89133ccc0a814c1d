import { describe, expect, it } from 'vitest';
import { piecesOf } from './scan-text';

describe('piecesOf', () => {
  it('cuts where marks begin and end, counting characters and not units', () => {
    const text = '🎁加薇 abc123';
    const marks = [
      { start: 1, end: 3, word: 'diversion' },
      { start: 1, end: 10, word: 'contact' },
    ];
    expect(piecesOf(text, marks)).toEqual([
      { text: '🎁', start: 0, words: [] },
      { text: '加薇', start: 1, words: ['contact', 'diversion'] },
      { text: ' abc123', start: 3, words: ['contact'] },
    ]);
  });

  it('keeps the whole text whatever the marks are', () => {
    const marks = [
      { start: 3, end: 2, word: 'a' },
      { start: -4, end: 99, word: 'b' },
      { start: 50, end: 60, word: 'c' },
      { start: 1, end: 1, word: 'd' },
    ];
    expect(piecesOf('安全账户', marks)).toEqual([{ text: '安全账户', start: 0, words: ['b'] }]);
    expect(piecesOf('', marks)).toEqual([]);
  });

  it('names a word once', () => {
    const marks = [
      { start: 0, end: 2, word: 'fraud' },
      { start: 0, end: 4, word: 'fraud' },
    ];
    expect(piecesOf('安全账户', marks).map((piece) => piece.words)).toEqual([['fraud'], ['fraud']]);
  });
});
