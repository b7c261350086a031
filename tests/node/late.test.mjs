// What is loaded late of the client: what a server needs to ask something, and a page to subscribe.
import assert from "node:assert/strict";
import { test } from "node:test";
import { within } from "../rules/check.mjs";
import { install, socket } from "../support/fake-socket.mjs";
import { importPkg } from "../support/paths.mjs";

/** How many modules were started. */
let started = 0;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = /** @type {any} */ ((/** @type {any[]} */ ...given) => {
  // Node's own HTTP has a module, too.
  if (!given[1]?.env) started++;
  return /** @type {any} */ (instantiate)(...given);
});
install();

const { Client } = await importPkg();
let latest = 0;

/** @param {object} [options] */
async function connect(options) {
  const client = new Client({ name: "late", version: "1" }, { mode: "legacy", ...options });
  const connecting = client.connect("ws://fake.test/mcp");
  const own = await socket(latest++);
  own.open();
  await within(connecting, "the connection");
  return { client, own };
}

/** @param {number} id @param {number} progress */
const progressOf = (id, progress) => ({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: id, progress } });
const question = { jsonrpc: "2.0", id: "q", method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } };

test("calls, progress, results and pings need nothing that is loaded late", async () => {
  const { client, own } = await connect();
  own.answers = false;
  /** @type {number[]} */
  const heard = [];
  const call = client.callTool("work", {}, { progressHandler: (/** @type {number} */ progress) => void heard.push(progress) });
  own.say(progressOf(call.id, 1));
  own.say({ jsonrpc: "2.0", id: "p", method: "ping" });
  own.say({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
  own.say({ jsonrpc: "2.0", id: call.id, result: { content: [] } });
  assert.deepEqual(await within(call, "the call"), { content: [] });
  assert.deepEqual(heard, [1]);
  assert.deepEqual(own.sent.at(-1), { jsonrpc: "2.0", id: "p", result: {} });
  await client.close();
  assert.equal(started, 1);
});

test("what comes before the late part has been loaded waits in order, and progress does not wait", async () => {
  const { client, own } = await connect();
  own.answers = false;
  /** @type {unknown[]} */
  const heard = [];
  client.setNotificationHandler("notifications/message", () => void heard.push("message"));
  const call = client.callTool("work", {}, { progressHandler: (/** @type {number} */ progress) => void heard.push(progress) });
  call.then(() => heard.push("result"));
  own.say(question);
  own.say(progressOf(call.id, 1));
  own.say({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "on" } });
  own.say({ jsonrpc: "2.0", id: call.id, result: { content: [] } });
  own.say(progressOf(call.id, 2));
  assert.deepEqual(heard, [1, 2], "at once");
  await within(call, "the call");
  assert.deepEqual(heard, [1, 2, "message", "result"]);
  const { id, error } = own.sent.find(({ id }) => id === "q");
  assert.deepEqual([id, error.code], ["q", -32601]);
  assert.equal(started, 2);
  await client.close();
});

test("a client with a handler has the late part before anything is asked, and subscriptions load it", async () => {
  const { client, own } = await connect({ roots: [{ uri: "file:///" }] });
  own.answers = false;
  own.say({ jsonrpc: "2.0", id: "r", method: "roots/list" });
  for (let i = 0; i < 50 && own.sent.at(-1).id !== "r"; i++) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(own.sent.at(-1), { jsonrpc: "2.0", id: "r", result: { roots: [{ uri: "file:///" }] } });
  const subscription = await within(client.listen({ toolsListChanged: true }), "the subscription");
  await subscription.close();
  assert.equal(started, 2);
  await client.close();
});
