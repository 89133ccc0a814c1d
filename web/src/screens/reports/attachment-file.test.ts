import { describe, expect, it } from 'vitest';
import { fileProblem, headerName } from './attachment-file';

describe('a file for a report', () => {
  it('has 1 byte to 10 MiB', () => {
    expect(fileProblem({ name: 'a', size: 0 })).toBe('empty');
    expect(fileProblem({ name: 'a', size: 10 << 20 })).toBeNull();
    expect(fileProblem({ name: 'a', size: (10 << 20) + 1 })).toBe('large');
  });
  it('has a name that a header carries', () => {
    expect(headerName({ name: 'chat 01.png', size: 1 }, 3)).toBe('chat 01.png');
    expect(headerName({ name: '转账截图.PNG', size: 1 }, 3)).toBe('attachment-3.png');
    expect(headerName({ name: 'réçu', size: 1 }, 2)).toBe('attachment-2');
    expect(headerName({ name: 'a\nb.pdf', size: 1 }, 2)).toBe('attachment-2.pdf');
  });
});
