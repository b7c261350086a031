// The demo server, driven by the TypeScript SDK v1 over WebSocket.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import WebSocket from "ws";
import { startDemoServer } from "../support/demo-server.mjs";
import { fiveTools } from "./five-tools.mjs";

// The SDK takes the WebSocket of the platform; Node 20 has none. Its responses overtake
// notifications that arrive in the same turn of the event loop, which `ws` allows by default and
// browsers do not, so here `ws` is told to be like a browser. The last test does without.
class BrowserLikeWebSocket extends WebSocket {
  /** @param {string | URL} url @param {string} protocol */
  constructor(url, protocol) {
    super(url, protocol, { allowSynchronousEvents: false });
  }
}

/** @type {import("../support/demo-server.mjs").DemoServer} */
let server;
/** @type {Client} */
let client;
/** @type {unknown[]} */
let logs = [];
/** @type {string[]} */
const updated = [];

before(async () => {
  Object.assign(globalThis, { WebSocket: BrowserLikeWebSocket });
  server = await startDemoServer({ pace: 0.05 });
  client = new Client({ name: "interop", version: "1.0.0" }, { capabilities: { elicitation: {}, sampling: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { name: "Ada" } }));
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    role: "assistant",
    model: "none",
    content: { type: "text", text: "short" },
  }));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void updated.push(params.uri));
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(params.data));
  await client.connect(new WebSocketClientTransport(new URL(server.ws)));
});

after(async () => {
  await client?.close();
  await server?.stop();
});

/** @param {(typeof fiveTools)[number]} tool @param {Client} [by] */
async function call(tool, by = client) {
  /** @type {[number, number | undefined][]} */
  const progress = [];
  const result = await by.callTool({ name: tool.name, arguments: tool.arguments }, undefined, {
    onprogress: (report) => void progress.push([report.progress, report.total]),
  });
  return { progress, result };
}

test("the SDK accepts the handshake and the list of tools", async () => {
  assert.deepEqual(client.getServerVersion(), { name: "ProgressDemo", version: "1.0.0", title: "Progress demo" });
  const { tools: offered, logging } = client.getServerCapabilities() ?? {};
  assert.deepEqual({ offered, logging }, { offered: { listChanged: true }, logging: {} });
  assert.match(String(client.getInstructions()), /progress|how far/);
  const { tools } = await client.listTools();
  for (const { name } of fiveTools) assert.ok(tools.some((tool) => tool.name === name), name);
  assert.deepEqual(await client.ping(), {});
});

for (const tool of fiveTools) {
  test(`${tool.name}: every number, log line and the result`, async () => {
    logs = [];
    const { progress, result } = await call(tool);
    assert.deepEqual(progress, tool.progress);
    assert.deepEqual(logs, tool.logs);
    assert.deepEqual(result, tool.result);
  });
}

test("all five at once", async () => {
  await Promise.all(
    fiveTools.map(async (tool) => {
      const { progress, result } = await call(tool);
      assert.deepEqual(progress, tool.progress, tool.name);
      assert.deepEqual(result, tool.result);
    }),
  );
});

test("abort reaches the tool, and the session goes on", async () => {
  const abort = new AbortController();
  const call = client.callTool({ name: "slow", arguments: { seconds: 60 } }, undefined, {
    signal: abort.signal,
    onprogress: () => abort.abort("enough"),
  });
  await assert.rejects(call, /enough/);
  for (let i = 0; !server.output().includes("slow was cancelled"); i++) {
    assert.ok(i < 100, server.output());
    await sleep(50);
  }
  assert.deepEqual(await client.ping(), {});
});

test("the log level is respected", async () => {
  await client.setLoggingLevel("warning");
  logs = [];
  for (const tool of fiveTools) await call(tool);
  assert.deepEqual(logs, []);
  await client.setLoggingLevel("debug");
});

test("failures: a tool's own, wrong arguments, an unknown tool", async () => {
  const failed = await client.callTool({ name: "fail", arguments: {} });
  assert.equal(failed.isError, true);
  const wrong = await client.callTool({ name: "process_items", arguments: { items: 3 } });
  assert.equal(wrong.isError, true);
  await assert.rejects(client.callTool({ name: "nope", arguments: {} }), { code: -32602 });
});

test("elicitation and sampling", async () => {
  const elicited = await client.callTool({ name: "ask_name", arguments: {} });
  assert.deepEqual(elicited.content, [{ type: "text", text: "Hello, Ada" }]);
  const sampled = await client.callTool({ name: "summarize", arguments: { text: "a lot" } });
  assert.deepEqual(sampled.content, [{ type: "text", text: "short" }]);
});

test("resources, templates, and one that changes", async () => {
  const { resources } = await client.listResources();
  // Notes that were added are listed behind these.
  assert.deepEqual(resources.slice(0, 3).map(({ uri }) => uri), ["demo://about", "demo://notes", "demo://picture"]);
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), ["demo://notes/{number}"]);
  await client.subscribeResource({ uri: "demo://notes" });
  await client.callTool({ name: "add_note", arguments: { text: "a note" } });
  for (let i = 0; !updated.includes("demo://notes"); i++) {
    assert.ok(i < 100, "no word of the change");
    await sleep(50);
  }
  const { contents } = await client.readResource({ uri: "demo://notes/1" });
  assert.deepEqual(contents, [{ uri: "demo://notes/1", mimeType: "text/plain", text: "a note" }]);
  await assert.rejects(client.readResource({ uri: "demo://nowhere" }));
});

test("prompts and completion", async () => {
  const { prompts } = await client.listPrompts();
  assert.deepEqual(prompts.map(({ name }) => name), ["explain", "review_code"]);
  const { messages } = await client.getPrompt({ name: "explain", arguments: { topic: "rain", reader: "a child" } });
  const text = "Explain rain to a child, in a few sentences.";
  assert.deepEqual(messages, [{ role: "user", content: { type: "text", text } }]);
  const ref = /** @type {const} */ ({ type: "ref/prompt", name: "review_code" });
  const { completion } = await client.complete({ ref, argument: { name: "language", value: "ja" } });
  assert.deepEqual(completion.values, ["Java", "JavaScript"]);
});

test("with `ws` as it is, the last report is not lost either", async () => {
  /** How many messages this turn of the event loop has brought. */
  let together = 0;
  class CountingWebSocket extends WebSocket {
    /** @param {string | URL} url @param {string} protocol */
    constructor(url, protocol) {
      super(url, protocol);
      this.on("message", () => void (++together === 1 && setImmediate(() => (together = 0))));
    }
  }
  Object.assign(globalThis, { WebSocket: CountingWebSocket });
  const plain = new Client({ name: "interop", version: "1.0.0" });
  await plain.connect(new WebSocketClientTransport(new URL(server.ws)));
  for (const tool of fiveTools) {
    // The server keeps result and report apart in time, which this process may be too busy to notice: then they are here in one
    // turn. Without that, each attempt fails.
    for (let attempt = 1; ; attempt++) {
      const { progress } = await call(tool, plain);
      if (together > 1 && attempt < 10) continue;
      assert.deepEqual(progress, tool.progress, tool.name);
      break;
    }
  }
  await plain.close();
});
