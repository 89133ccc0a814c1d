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

/** Most characters of a name that the server keeps. */
const NAME_MAX = 120;

/** The name as a header carries it: percent-encoded UTF-8 (RFC 3986, section 2.1). */
export const headerName = ({ name }: NamedFile): string =>
  encodeURIComponent(Array.from(name).slice(0, NAME_MAX).join(''));
