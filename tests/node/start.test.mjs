// What happens between `connect` and the first message, and in which order. The module starts once for all clients of
// a process, so the tests go on from each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { within } from "../rules/check.mjs";
import { importPkg } from "../support/paths.mjs";

/** What has happened, in order. @type {string[]} */
const events = [];
/** What was compiled, by its size in bytes. @type {number[]} */
const compiled = [];

// Node's own HTTP has a module, which it compiles when something of it is touched.
void Response;
const { instantiate, compile, Module } = WebAssembly;
const note = (/** @type {unknown} */ source) => {
  if (source instanceof Module) return;
  events.push("compile");
  compiled.push(/** @type {ArrayBuffer} */ (source).byteLength);
};
Object.assign(WebAssembly, {
  instantiate: (/** @type {any} */ source, /** @type {any} */ imports) => (note(source), instantiate(source, imports)),
  compile: (/** @type {any} */ source) => (note(source), compile(source)),
  Module: new Proxy(Module, {
    construct(target, [source]) {
      note(source);
      return new target(source);
    },
  }),
});

/** A socket that opens when it is told to. */
class Socket extends EventTarget {
  /** @type {Socket[]} */
  static all = [];
  readyState = 0;
  protocol = "mcp";
  /** @type {any[]} */
  sent = [];
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null;
  /** @type {((event: { code: number, reason: string }) => void) | null} */
  onclose = null;

  constructor() {
    super();
    events.push("socket");
    Socket.all.push(this);
  }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {object} message */
  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** @param {string} text */
  send(text) {
    const message = JSON.parse(text);
    events.push(message.method ?? "answer");
    this.sent.push(message);
    const serverInfo = { name: "fake", version: "1" };
    const answer = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, serverInfo, ttlMs: 0, cacheScope: "private" };
    if (message.method === "initialize") this.say({ jsonrpc: "2.0", id: message.id, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo } });
    else if (message.id !== undefined && message.method) this.say({ jsonrpc: "2.0", id: message.id, result: answer });
  }

  close() {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
    this.onclose?.({ code: 1000, reason: "" });
  }
}
globalThis.WebSocket = /** @type {any} */ (Socket);

const { Client } = await importPkg();
const turn = () => new Promise((resolve) => setTimeout(resolve));
/** @param {() => unknown} holds */
const until = async (holds) => {
  while (!holds()) await turn();
};

test("what the server says while the module is compiled is read in its place", async () => {
  const client = new Client({ name: "app", version: "1" }, { mode: "legacy" });
  const connecting = client.connect("ws://fake.test/mcp");
  while (!Socket.all.length) await Promise.resolve();
  const [socket] = /** @type {[Socket]} */ (Socket.all);
  socket.open();
  for (let i = 0; i < 20; i++) await Promise.resolve();
  socket.say({ jsonrpc: "2.0", id: "early", method: "ping" });
  assert.deepEqual(socket.sent, [], "the module has not started");
  await within(connecting, "the connection");
  assert.deepEqual(socket.sent.map(({ method, id }) => method ?? id), ["initialize", "early", "notifications/initialized"]);
  await client.close();
});

test("the module is compiled while the socket opens, and not before", () => {
  assert.deepEqual(events.slice(0, 3), ["socket", "compile", "compile"], "what reads the text, and the module");
});

test("a client that is closed while it opens sends nothing", async () => {
  const client = new Client();
  const failed = assert.rejects(client.connect("ws://fake.test/mcp"), { code: "CLOSED" });
  while (Socket.all.length < 2) await Promise.resolve();
  await client.close();
  await within(failed, "the end of the connection");
  const { readyState, sent } = /** @type {Socket} */ (Socket.all[1]);
  assert.deepEqual([readyState, sent], [3, []]);
});

test("a second client compiles nothing, and nothing was compiled twice", async () => {
  const connecting = Client.connect("ws://fake.test/mcp");
  await until(() => Socket.all.length === 3);
  /** @type {Socket} */ (Socket.all[2]).open();
  await (await within(connecting, "the connection")).close();
  assert.equal(compiled.length, new Set(compiled).size, String(compiled));
  assert.equal(compiled.length, 2);
});

test("over HTTP each part is compiled once", async () => {
  /** @type {typeof globalThis.fetch} */
  const fetch = async () => new Response("", { status: 500 });
  for (let i = 0; i < 2; i++) await assert.rejects(Client.connect("http://fake.test/mcp", { fetch, connectTimeout: 50 }));
  assert.equal(compiled.length, new Set(compiled).size, String(compiled));
  assert.equal(compiled.length, 3);
});
