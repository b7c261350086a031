// Our client against a server of the Python SDK 1.30 over WebSocket. Its server answers the probe
// with -32602, so this is also the fallback to `initialize` on the same socket.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { importPkg, python } from "../support/paths.mjs";
import { start } from "../support/process.mjs";
import { fiveTools } from "./five-tools.mjs";

const script = fileURLToPath(new URL("./python_websocket_server.py", import.meta.url));
// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);

/** @type {typeof import("mcp-wasm")} */
const { Client } = await importPkg();

/** @type {import("../support/process.mjs").Running} */
let server;
/** @type {import("mcp-wasm").Client} */
let client;
/** @type {unknown[]} */
const logs = [];
/** @type {Error[]} */
const errors = [];

before(async () => {
  server = await start(python, [script], { ready: /listening on (ws:\S+)/ });
  client = new Client(
    { name: "interop", version: "1.0.0" },
    { progressHandler: null, logHandler: ({ data }) => void logs.push(data) },
  );
  client.onerror = (error) => errors.push(error);
  await client.connect(/** @type {string} */ (server.match[1]));
});

after(async () => {
  await client?.close();
  await server?.stop();
});

test("a server that refuses the probe gets `initialize` on the same socket", async () => {
  assert.equal(client.protocolVersion, "2025-11-25");
  assert.equal(client.era, "legacy");
  assert.equal(client.getServerVersion()?.name, "PythonDemo");
  const { tools } = await client.listTools();
  for (const { name } of fiveTools) assert.ok(tools.some((tool) => tool.name === name), name);
});

/** @param {(typeof fiveTools)[number]} tool */
async function call({ name, arguments: args }) {
  /** @type {unknown[]} */
  const progress = [];
  const result = await client.callTool(name, args, {
    progressHandler: (...report) => void progress.push(report.slice(0, 3)),
  });
  return { progress, result };
}

for (const tool of fiveTools) {
  test(`${tool.name}: every number, log line and the result`, async () => {
    logs.length = 0;
    const { progress, result } = await call(tool);
    assert.deepEqual(progress, tool.progress.map(([value, total]) => [value, total, undefined]));
    assert.deepEqual(logs, tool.logs);
    assert.equal(result.isError, false);
    const [block] = /** @type {{ text: string }[]} */ (result.content);
    const expected = /** @type {{ structuredContent?: unknown, content: { text: string }[] }} */ (tool.result);
    if (expected.structuredContent) assert.deepEqual(JSON.parse(block?.text ?? ""), expected.structuredContent);
    else assert.equal(block?.text, expected.content[0]?.text);
  });
}

test("all five at once get each their own progress", async () => {
  const calls = await Promise.all(fiveTools.map(call));
  calls.forEach(({ progress }, i) => {
    assert.deepEqual(progress, fiveTools[i]?.progress.map(([value, total]) => [value, total, undefined]));
  });
});

test("cancel reaches the tool; its late answer is no error, and the session goes on", async () => {
  const running = client.callTool("slow", {}, {
    progressHandler: (progress) => void (progress === 2 && running.cancel("enough")),
  });
  await assert.rejects(running, { name: "AbortError", code: "ABORTED" });
  await client.ping();
  const { content } = await client.callTool("how_many_cancelled");
  assert.deepEqual(content, [{ type: "text", text: "1" }]);
  assert.deepEqual(errors, []);
});

test("a wrong argument and an unknown tool are results with isError", async () => {
  for (const [name, args] of /** @type {const} */ ([["process_items", { items: 7 }], ["nope", {}]])) {
    assert.equal((await client.callTool(name, args)).isError, true);
  }
});
