// Prints the raw, gzip and brotli sizes of files, and their sums: node sizes.mjs FILE...
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/**
 * @param {Uint8Array} bytes
 * @returns {{ raw: number, gzip: number, brotli: number }}
 */
export function sizes(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  return {
    raw: bytes.byteLength,
    gzip: gzipSync(bytes, { level: 9 }).byteLength,
    brotli: brotliCompressSync(bytes, { params }).byteLength,
  };
}

if (process.argv[1] === import.meta.filename) {
  /** @param {string} name @param {(string | number)[]} numbers */
  const row = (name, numbers) => console.log(name.padEnd(28) + numbers.map((n) => n.toLocaleString("en").padStart(10)).join(""));
  row("", ["raw", "gzip", "brotli"]);
  for (const file of process.argv.slice(2)) row(file, Object.values(sizes(readFileSync(file))));
}
