import { describe, expect, it } from 'vitest';
import { fileProblem, headerName } from './attachment-file';

describe('a file for a report', () => {
  it('has 1 byte to 10 MiB', () => {
    expect(fileProblem({ name: 'a', size: 0 })).toBe('empty');
    expect(fileProblem({ name: 'a', size: 10 << 20 })).toBeNull();
    expect(fileProblem({ name: 'a', size: (10 << 20) + 1 })).toBe('large');
  });
  it('has a name that a header carries', () => {
    expect(headerName({ name: 'chat 01.png', size: 1 })).toBe('chat%2001.png');
    expect(decodeURIComponent(headerName({ name: '转账截图.PNG', size: 1 }))).toBe('转账截图.PNG');
    expect(headerName({ name: '图'.repeat(200), size: 1 })).toHaveLength(120 * 9);
  });
});
