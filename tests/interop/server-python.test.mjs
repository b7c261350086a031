// The demo server, driven by the Python SDK 1.30 over WebSocket.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startDemoServer } from "../support/demo-server.mjs";
import { until } from "../support/gateway.mjs";
import { python } from "../support/paths.mjs";
import { fiveTools } from "./five-tools.mjs";

const script = fileURLToPath(new URL("./server_python_client.py", import.meta.url));

/** @type {import("../support/demo-server.mjs").DemoServer} */
let server;
/** @type {any} */
let seen;

before(async () => {
  assert.ok(existsSync(python), `${python} is missing: run \`cargo xtask test\`, which sets it up`);
  server = await startDemoServer({ pace: 0.05 });
  seen = await new Promise((resolve, reject) => {
    const child = execFile(python, [script, server.ws], { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout));
    });
    child.stdin?.end(JSON.stringify(fiveTools));
  });
});

after(() => server?.stop());

test("the SDK accepts the handshake and the list of tools", () => {
  assert.equal(seen.protocolVersion, "2025-11-25");
  assert.equal(seen.server, "ProgressDemo");
  for (const { name } of fiveTools) assert.ok(seen.tools.includes(name), name);
});

fiveTools.forEach((tool, i) => {
  test(`${tool.name}: every number, log line and the result`, () => {
    const { progress, logs, result } = seen.calls[i];
    const expected = tool.progress.map(([value, total]) => [value, total ?? null, null]);
    assert.deepEqual(progress, expected);
    assert.deepEqual(logs, tool.logs);
    assert.deepEqual(result, { ...tool.result, isError: false });
  });
});

test("a flood arrives whole and in order", () => {
  assert.deepEqual(seen.flood, Array.from({ length: 2000 }, (_, i) => i + 1));
});

test("failures: a tool's own, an unknown tool", () => {
  assert.equal(seen.fail, true);
  assert.equal(seen.nope, -32602);
});

test("a cancelled call is stopped and never answered, and the session goes on", async () => {
  assert.equal(seen.cancelled, true);
  await until(() => server.output().includes("slow was cancelled"), "the server says so");
});

test("the log level is respected", () => {
  assert.deepEqual(seen.quiet, []);
});

test("elicitation and sampling", () => {
  assert.equal(seen.elicited, "Hello, Ada");
  assert.equal(seen.sampled, "short");
});

test("resources, one that changes, prompts and completion", () => {
  assert.deepEqual(seen.browsed, {
    updated: "demo://notes",
    resources: ["demo://about", "demo://notes", "demo://picture"],
    templates: ["demo://notes/{number}"],
    note: [{ uri: "demo://notes/1", mimeType: "text/plain", text: "a note" }],
    prompts: ["explain", "review_code"],
    prompt: [{ role: "user", content: { type: "text", text: "Explain rain to a child, in a few sentences." } }],
    completed: ["Java", "JavaScript"],
  });
});
