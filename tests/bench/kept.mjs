// What runs have measured of one build, kept so that runs of parts make a whole.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/** @typedef {import("./report.mjs").Measured} Measured */
/** @typedef {{ file: string, hash: string }} Program */

/** What files contain, in short, and all files of a directory. @param {string[]} files */
export function hashOf(files) {
  const hash = createHash("sha256");
  const add = (/** @type {string} */ file) => {
    if (!statSync(file).isDirectory()) return void hash.update(path.basename(file)).update("\0").update(readFileSync(file));
    for (const name of readdirSync(file).sort()) add(path.join(file, name));
  };
  files.forEach(add);
  return hash.digest("hex");
}

/**
 * Puts what was measured to what is kept of the same build, in place of what is older, and returns all. What servers came to
 * stays as long as their program is the same.
 * @param {string} file where it is kept
 * @param {string} build what `hashOf` says of all that takes part in browsers
 * @param {Measured} measured
 * @param {string} program the server's, where servers were measured
 * @returns {Measured}
 */
export function keep(file, build, measured, program) {
  /** @type {{ build?: string, program?: Program } & Partial<Measured>} */
  const old = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const same = old.build === build;
  const servers = old.program && existsSync(old.program.file) && hashOf([old.program.file]) === old.program.hash;
  const all = {
    build,
    chromium: { ...(same && old.chromium), ...measured.chromium },
    firefox: { ...(same && old.firefox), ...measured.firefox },
    ...(measured.native ? { native: measured.native, program: { file: program, hash: hashOf([program]) } } : servers && { native: old.native, program: old.program }),
  };
  writeFileSync(file, JSON.stringify(all));
  return all;
}
