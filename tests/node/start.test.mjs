// What happens between `connect` and the first message, and in which order. The module starts once for all clients of
// a process, so the tests go on from each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { soon, within } from "../rules/check.mjs";
import { makeApp } from "../support/app.mjs";
import { Socket, events, install, socket } from "../support/fake-socket.mjs";
import { importPkg } from "../support/paths.mjs";

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

install();
const { Client, WebSocketTransport } = await importPkg();

test("what the server says while the module is compiled is read in its place", async () => {
  const client = new Client({ name: "app", version: "1" }, { mode: "legacy" });
  const connecting = client.connect("ws://fake.test/mcp");
  const first = await socket(0);
  first.open();
  for (let i = 0; i < 20; i++) await Promise.resolve();
  first.say({ jsonrpc: "2.0", id: "early", method: "ping" });
  assert.deepEqual(first.sent, [], "the module has not started");
  await within(connecting, "the connection");
  assert.deepEqual(first.sent.map(({ method, id }) => method ?? id), ["initialize", "early", "notifications/initialized"]);
  await client.close();
});

test("the module is compiled while the socket opens, and not before", () => {
  assert.deepEqual(events.slice(0, 3), ["socket", "compile", "compile"], "what reads the text, and the module");
});

test("a client that is closed while it opens sends nothing", async () => {
  const client = new Client();
  const failed = assert.rejects(client.connect("ws://fake.test/mcp"), { code: "CLOSED" });
  const second = await socket(1);
  await client.close();
  await within(failed, "the end of the connection");
  const { readyState, sent } = second;
  assert.deepEqual([readyState, sent], [3, []]);
});

test("a second client compiles nothing, and nothing was compiled twice", async () => {
  const connecting = Client.connect("ws://fake.test/mcp");
  (await socket(2)).open();
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

test("a client that is closed at any moment of another start is closed, and no clock goes on", async () => {
  const app = await makeApp("closed-while-it-starts", []);
  const ports = () => /** @type {[string, any]} */ (["a port", new MessageChannel().port1]);
  const auth = { headers: async () => ({}), answered: async () => false, ticket: async () => undefined };
  for (const target of [() => ["a socket", "ws://fake.test/mcp"], ports]) {
    for (let turns = 0; turns < 30; turns++) {
      const { Client } = await app.import("index.js");
      const client = new Client(undefined, { mode: "legacy" });
      // The machine is there, but for what is loaded for the sake of `auth`.
      const before = Socket.all.length;
      const first = client.connect("ws://fake.test/mcp");
      (await socket(before)).open();
      await within(first, "the first connection");
      await client.close();
      const [what, address] = target();
      /** @type {string[]} */
      const told = [];
      client.onclose = () => void told.push("closed");
      const failed = assert.rejects(client.connect(address, { auth, connectTimeout: 20 }), { code: "CLOSED" });
      for (let i = 0; i < turns; i++) await Promise.resolve();
      await client.close();
      await within(failed, "the end of the connection");
      // Whatever makes the machine look at its clock.
      client.listen({}).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 40));
      assert.deepEqual(told, [], `${what}, after ${turns} turns`);
    }
  }
});

test("a WebSocket that is opened again after its end asks for a ticket again", async () => {
  let tickets = 0;
  const auth = { headers: async () => ({}), answered: async () => false, ticket: async () => `t${++tickets}` };
  const transport = new WebSocketTransport("ws://fake.test/mcp", { auth });
  for (let i = 1; i <= 2; i++) {
    const before = Socket.all.length;
    const starting = transport.start();
    await soon("the socket", () => Socket.all.length > before);
    const made = await socket(before);
    assert.deepEqual(made.protocols, ["mcp", `mcp.ticket.t${i}`]);
    made.open();
    await within(starting, "the socket");
    await transport.close();
  }
});
