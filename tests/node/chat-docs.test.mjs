// The examples of docs/chat-front-ends.md run as they stand: with the AI SDK, the providers' own
// libraries and React, against the demo server and a scripted model.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { makeApp } from "../support/app.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { root } from "../support/paths.mjs";
import { startScriptedProviders } from "../support/scripted-providers.mjs";

const run = promisify(execFile);
const resolve = createRequire(import.meta.url).resolve;

/** @type {import("../support/demo-server.mjs").DemoServer} */
let server;
/** @type {Awaited<ReturnType<typeof startScriptedProviders>>} */
let providers;
/** @type {string} */
let directory;

before(async () => {
  [server, providers] = await Promise.all([startDemoServer({ pace: 0 }), startScriptedProviders()]);
  ({ directory } = await makeApp("chat-docs", ["ai", "openai", "@anthropic-ai/sdk", "@google/genai", "react", "react-dom", "happy-dom"]));
  writeFileSync(path.join(directory, "model.js"), MODEL);
  writeFileSync(path.join(directory, "package.json"), JSON.stringify({ type: "module" }));
});
after(() => Promise.all([server?.stop(), providers?.stop()]));

const text = readFileSync(path.join(root, "docs", "chat-front-ends.md"), "utf8");
const [aiSdk = "", openai = "", anthropic = "", gemini = "", ...more] = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => String(code));
// Of those in TSX one is a program; each is compiled by examples.test.mjs.
const [react = "", , ...moreReact] = [...text.matchAll(/```tsx\n(.*?)```/gs)].map(([, code]) => String(code));

/** What a page's own model would be. */
const MODEL = `
import { simulateReadableStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const step = (chunks, unified) => ({ stream: simulateReadableStream({ chunks: [...chunks, { type: "finish", finishReason: { unified }, usage }], initialDelayInMs: null, chunkDelayInMs: null }) });
const call = (toolCallId, toolName, input) => ({ type: "tool-call", toolCallId, toolName, input: JSON.stringify(input) });
const said = [{ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "All is well." }, { type: "text-end", id: "t" }];
export const model = new MockLanguageModelV4({ doStream: [
  step([call("1", "backup_database", {}), call("2", "scan_directory", { directory: "/var/data" })], "tool-calls"),
  step(said, "stop"),
] });
`;

/** @param {string} name @param {string} code @param {string} [around] what a page has around it */
async function prints(name, code, around = "") {
  const file = path.join(directory, `${name}.js`);
  const here = code
    .replaceAll("ws://127.0.0.1:8000/mcp", server.ws)
    .replaceAll("http://127.0.0.1:9000", providers.url);
  // Node 20 has no WebSocket of its own.
  writeFileSync(file, `import WebSocket from ${JSON.stringify(resolve("ws"))};\nglobalThis.WebSocket ??= WebSocket;\n${around}\n${here}`);
  const { stdout } = await run(process.execPath, [file], { timeout: 30_000 });
  return stdout;
}

test("every example is run here", () => {
  assert.deepEqual([more, moreReact], [[], []]);
});

describe("examples", { concurrency: 2 }, () => {
  test("the AI SDK: progress, results, text", async () => {
    const printed = await prints("ai-sdk", aiSdk);
    assert.match(printed, /backup_database 5 of 5[\s\S]*backup_database is done/);
    assert.match(printed, /scan_directory 10 of \?[\s\S]*scan_directory is done/);
    assert.match(printed, /All is well\.\n$/);
  });

  for (const [name, code, around] of /** @type {const} */ ([
    ["openai", openai, ""],
    ["anthropic", anthropic, "globalThis.confirm = (question) => (console.log(question), true);"],
    ["gemini", gemini, ""],
  ])) {
    test(`${name}: the calls of its own library are made and answered`, async () => {
      const printed = await prints(name, code, around);
      assert.match(printed, /I was told: Database backup completed \| \{.*"files_found":10.*\}\n$/);
      if (name === "openai") assert.match(printed, /scan_directory 10 of \?/);
      if (name === "anthropic") assert.match(printed, /backup_database \{\}\?[\s\S]*backup_database 5 of 5/);
    });
  }

  test("React: a button, progress, the result", async () => {
    const { code } = await transform(react, { loader: "tsx", jsx: "automatic" });
    const page = `
import { Window } from "happy-dom";
const window = new Window();
Object.assign(globalThis, { window, document: window.document });
globalThis.navigator ??= window.navigator;
document.body.innerHTML = '<div id="root"></div>';
let pressed = false;
new window.MutationObserver(() => {
  const button = document.querySelector("button:not([disabled])");
  if (button && !pressed) { pressed = true; console.log(button.textContent); button.click(); }
  const done = [...document.querySelectorAll("p")].map((p) => p.textContent);
  if (done.length === 2) { console.log(done.join(", ")); process.exit(0); }
}).observe(document.body, { childList: true, subtree: true, attributes: true });`;
    const printed = await prints("react", code.replace(/^import \{ createRoot.*$/m, ""), `${page}\nconst { createRoot } = await import("react-dom/client");`);
    assert.equal(printed, "Scan\n10 files so far, Done: 10 files\n");
  });
});
