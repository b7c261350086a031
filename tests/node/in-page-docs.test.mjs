// The examples of docs/in-page-servers.md that need no page run as they stand. Those that do are run
// by browser/in-page.test.mjs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import { promisify } from "node:util";
import { guide } from "../inpage/guide.mjs";
import { pkg, target } from "../support/paths.mjs";

const run = promisify(execFile);
const folder = path.join(target, "in-page-examples");

/** What each example prints. */
const PRINTS = [
  /^1 of 3: step 1\n2 of 3: step 2\n3 of 3: step 3\ncounted to 3\n$/,
  /^\{ id: '3' \}\ntrue\nAsk Ada\nWhat is missing in this note\? Buy amber\n$/,
  /^Hello, Ada\. She wrote the first program\.\n$/,
  /^modern\nclosed\n$/,
  /^this browser has no agent to offer tools to\n$/,
];

before(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, "node_modules"), { recursive: true });
  symlinkSync(pkg, path.join(folder, "node_modules", "mcp-wasm"));
});

test("every example is run here or in browsers", () => {
  assert.equal(guide.plain.length, PRINTS.length);
  assert.deepEqual([...guide.named.keys()], ["worker.js", "page-of-worker.js", "frame.js", "page-of-frame.js"]);
});

guide.plain.forEach((code, number) => {
  test(`example ${number + 1} prints what it says`, async () => {
    const file = path.join(folder, `example-${number + 1}.mjs`);
    writeFileSync(file, code);
    const { stdout } = await run(process.execPath, [file], { timeout: 20_000 });
    assert.match(stdout, /** @type {RegExp} */ (PRINTS[number]));
  });
});
