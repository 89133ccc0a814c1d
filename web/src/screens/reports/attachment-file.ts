/** What a file must be before it is sent with a report: pure, so that it can be tested. */

/** The server's rules: bytes of a file, files of a report. */
const BYTES_MAX = 10 << 20;
export const ATTACHMENTS_MAX = 10;

interface NamedFile {
  readonly name: string;
  readonly size: number;
}
export type FileProblem = 'empty' | 'large';

/** What keeps `file` from being sent; `null` if nothing does. Its kind is the server's to tell, by its bytes. */
export function fileProblem({ size }: NamedFile): FileProblem | null {
  if (size === 0) return 'empty';
  return size > BYTES_MAX ? 'large' : null;
}

/** The name that goes in a header, where only ASCII can: another name keeps its ending and gets a number. */
export function headerName({ name }: NamedFile, nth: number): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]{0,118}[\x21-\x7e])?$/.test(name)) return name;
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? '';
  return `attachment-${nth}${ending.toLowerCase()}`;
}
