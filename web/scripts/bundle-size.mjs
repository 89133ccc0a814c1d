// Prints the size of the built console, raw and gzipped, and fails above the stated limit.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** Everything a reader may ever load, gzipped. */
const TOTAL_GZIP_KB_MAX = 450;

const folder = new URL('../dist/assets/', import.meta.url);
let total = 0;
for (const name of readdirSync(folder).sort()) {
  const bytes = readFileSync(new URL(name, folder));
  const gzip = gzipSync(bytes).length;
  total += gzip;
  console.log(
    `${name.padEnd(40)} ${(bytes.length / 1024).toFixed(1).padStart(8)} kB  ${(gzip / 1024).toFixed(1).padStart(8)} kB gzip`,
  );
}
console.log(`total ${(total / 1024).toFixed(1)} kB gzip (limit ${TOTAL_GZIP_KB_MAX} kB)`);
if (total / 1024 > TOTAL_GZIP_KB_MAX) process.exit(1);
