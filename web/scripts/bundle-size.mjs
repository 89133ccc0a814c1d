// Prints the size of the built console, raw and gzipped, and fails above the stated limits.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** Everything a reader may ever load, gzipped, but for the text editor of policies. */
const TOTAL_GZIP_KB_MAX = 450;
/** The text editor (CodeMirror), which only those who write policies load, gzipped. */
const EDITOR_GZIP_KB_MAX = 140;

const folder = new URL('../dist/assets/', import.meta.url);
const sums = { total: 0, editor: 0 };
for (const name of readdirSync(folder).sort()) {
  const bytes = readFileSync(new URL(name, folder));
  const gzip = gzipSync(bytes).length / 1024;
  sums[name.startsWith('code-editor') ? 'editor' : 'total'] += gzip;
  console.log(
    `${name.padEnd(40)} ${(bytes.length / 1024).toFixed(1).padStart(8)} kB  ${gzip.toFixed(1).padStart(8)} kB gzip`,
  );
}
console.log(`total ${sums.total.toFixed(1)} kB gzip (limit ${TOTAL_GZIP_KB_MAX} kB)`);
console.log(`editor ${sums.editor.toFixed(1)} kB gzip (limit ${EDITOR_GZIP_KB_MAX} kB)`);
if (sums.total > TOTAL_GZIP_KB_MAX || sums.editor > EDITOR_GZIP_KB_MAX) process.exit(1);
