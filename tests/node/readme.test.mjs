// The JavaScript examples of both READMEs run as they stand, against the demo server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startDemoServer } from "../support/demo-server.mjs";
import { root } from "../support/paths.mjs";

const run = promisify(execFile);
const folder = join(root, "target", "readme-examples");
const ws = createRequire(import.meta.url).resolve("ws");

/** @type {import("../support/demo-server.mjs").DemoServer} */
let server;

before(async () => {
  server = await startDemoServer({ pace: 0 });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(join(root, "target", "pkg"), join(folder, "node_modules", "mcp-wasm"));
});
after(() => server?.stop());

/** @param {string} file */
function examples(file) {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/```js\n(.*?)```/gs)].map((match) => String(match[1]));
}

/** What each example prints, as far as it is told. */
const PRINTS = [
  /0 of 2[\s\S]*2 of 2[\s\S]*AMBER/,
  /^10 undefined undefined$/m,
  /^100 1 [\s\S]*Downloaded file/m,
  /stopped: tools\/call slow was aborted/,
  /Hello, Ada/,
  /0 of 2/,
];

const all = ["README.md", "pkg-template/README.md"].flatMap(examples);

test("the READMEs have as many examples as are checked here", () => {
  assert.equal(all.length, PRINTS.length);
});

all.forEach((example, number) => {
  test(`README example ${number + 1} runs and prints what it says`, async () => {
    const file = join(folder, `example-${number + 1}.mjs`);
    const code = example
      .replaceAll("ws://127.0.0.1:8000/mcp", server.ws)
      .replaceAll("http://127.0.0.1:8000/mcp", server.ws.replace("ws:", "http:"))
      .replaceAll("wss://example.com/mcp", server.ws);
    // Node 20 has no WebSocket of its own.
    writeFileSync(file, `import WebSocket from ${JSON.stringify(ws)};\nglobalThis.WebSocket ??= WebSocket;\n${code}`);
    const { stdout } = await run(process.execPath, [file], { timeout: 20_000 });
    assert.match(stdout, /** @type {RegExp} */ (PRINTS[number]));
  });
});
