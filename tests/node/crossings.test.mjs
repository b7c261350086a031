// How often a call crosses the boundary between JavaScript and the module.
import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { importPkg, pkg } from "../support/paths.mjs";

/** @typedef {Record<string, any>} Message */

/** What has crossed, by name. @type {string[]} */
const crossed = [];
let clock = false;
/** How often the module has called JavaScript. */
let called = 0;
/** How often it has for the latest call. */
let inside = 0;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = /** @type {any} */ (
  (/** @type {any} */ source, /** @type {Record<string, any>} */ imports) => {
    const counted = Object.entries(imports).map(([module, functions]) => {
      const counting = (/** @type {any} */ [name, own]) => [name, typeof own === "function" ? (/** @type {any[]} */ ...given) => (called++, own(...given)) : own];
      return [module, Object.fromEntries(Object.entries(functions).map(counting))];
    });
    return instantiate(source, Object.fromEntries(counted));
  }
);
/** @type {typeof import("mcp-wasm")} */
let mcp;

before(async () => {
  mcp = await importPkg();
  const { Core } = await import(pathToFileURL(path.join(pkg, "wasm/core.js")).href);
  for (const name of Object.getOwnPropertyNames(Core.prototype)) {
    const method = Core.prototype[name];
    if (name === "constructor" || typeof method !== "function") continue;
    Core.prototype[name] = function (/** @type {any[]} */ ...given) {
      // Looks at the clock are no matter of calls.
      if (name === "timeout") clock = true;
      else if (name === "poll" && clock) clock = false;
      else crossed.push(name);
      return method.apply(this, given);
    };
  }
});

/** What a server of that era answers by itself. @param {Message} message @param {string} era */
function answer({ id, method, params }, era) {
  const capabilities = { tools: {} };
  const serverInfo = { name: "s", version: "1" };
  if (era === "modern" && method === "server/discover") {
    return { jsonrpc: "2.0", id, result: { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities, ttlMs: 0, cacheScope: "private", _meta: { "io.modelcontextprotocol/serverInfo": serverInfo } } };
  }
  if (era === "legacy" && method === "initialize") return { jsonrpc: "2.0", id, result: { protocolVersion: params.protocolVersion, capabilities, serverInfo } };
  return { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } };
}

/** @param {Message} request @param {string} era */
const result = ({ id }, era) => ({ jsonrpc: "2.0", id, result: { content: [], ...(era === "modern" ? { resultType: "complete" } : {}) } });
/** @param {Message} request @param {number} progress */
const report = ({ params }, progress) => ({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: params._meta.progressToken, progress, total: 9, message: "at it" } });

/** A client over text frames, as those of a WebSocket. @param {string} era @param {number} reports how many a call has */
async function overFrames(era, reports) {
  const [near, far] = mcp.createInMemoryPair();
  far.onmessage = (/** @type {any} */ message) => {
    if (message.id === undefined) return;
    if (message.method !== "tools/call") return void far.send(/** @type {any} */ (answer(message, era)));
    for (let i = 1; i <= reports; i++) far.send(/** @type {any} */ (report(message, i)));
    void far.send(/** @type {any} */ (result(message, era)));
  };
  await far.start();
  return mcp.Client.connect(near, { info: { name: "c", version: "1" }, progressHandler: () => {} });
}

/**
 * A client over HTTP.
 * @param {string} era
 * @param {(request: Message) => Response} respond answers a call
 */
async function overHttp(era, respond) {
  const fetch = async (/** @type {any} */ _url, /** @type {any} */ init) => {
    const json = (/** @type {unknown} */ value) => new Response(JSON.stringify(value), { headers: { "content-type": "application/json", "mcp-session-id": "s1" } });
    if (init.method !== "POST") return new Response(null, { status: 405 });
    const message = JSON.parse(init.body);
    if (message.id === undefined) return new Response(null, { status: 202 });
    return message.method === "tools/call" ? respond(message) : json(answer(message, era));
  };
  const options = { info: { name: "c", version: "1" }, progressHandler: () => {}, fetch, headers: { authorization: "Bearer x" } };
  return mcp.Client.connect("http://localhost/mcp", options);
}

/** What one call crosses with, when another has been made before it. @param {import("mcp-wasm").Client} client */
async function count(client) {
  await client.callTool("t");
  await new Promise((resolve) => setTimeout(resolve, 20));
  crossed.length = called = 0;
  await client.callTool("t");
  await new Promise((resolve) => setTimeout(resolve, 20));
  const names = [...crossed];
  inside = called;
  await client.close();
  return names;
}

/** A stream of events, each in a chunk of its own. @param {Message[]} messages */
function stream(messages) {
  const encoder = new TextEncoder();
  let next = 0;
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const message = messages[next++];
      if (!message) return controller.close();
      controller.enqueue(encoder.encode(`event: message\r\ndata: ${JSON.stringify(message)}\r\n\r\n`));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

for (const era of ["modern", "legacy"]) {
  describe(era, () => {
    test("what a call writes and reads of messages takes the module four calls of JavaScript", async () => {
      await count(await overFrames(era, 0));
      assert.equal(inside, 4);
    });

    test("a call that is answered with nothing but a result looks at the clock once", async () => {
      const client = await overFrames(era, 0);
      await client.callTool("t");
      await new Promise((resolve) => setTimeout(resolve, 20));
      const { now } = performance;
      let looks = 0;
      performance.now = () => (looks++, now.call(performance));
      try {
        await client.callTool("t");
      } finally {
        performance.now = now;
      }
      assert.equal(looks, 1);
      await client.close();
    });

    test("a call that is answered with JSON crosses as often as over a WebSocket, and once for the head", async () => {
      const frames = await count(await overFrames(era, 0));
      const http = await count(await overHttp(era, (request) => Response.json(result(request, era))));
      assert.equal(http.length, frames.length + 1, `${http}\n${frames}`);
      assert.ok(!frames.includes("scan"), "an answer is not laid before the scanner");
    });

    for (const chunks of [1, 2, 7]) {
      test(`a call that is answered with a stream of ${chunks} chunks crosses as over a WebSocket, and once for the head, each chunk and the end`, async () => {
        const frames = await count(await overFrames(era, 0));
        const respond = (/** @type {Message} */ request) => {
          const reports = Array.from({ length: chunks - 1 }, (_, i) => report(request, i + 1));
          return stream([...reports, result(request, era)]);
        };
        const http = await count(await overHttp(era, respond));
        assert.equal(http.length, frames.length + chunks + 2, `${http}\n${frames}`);
        // What a chunk brings by HTTP is a frame there.
        const reported = await count(await overFrames(era, chunks - 1));
        assert.equal(reported.length, frames.length + chunks - 1, String(reported));
      });
    }
  });
}

/** What a machine makes of messages that answer its first call, one after the other. @param {any} Core @param {string} era @param {any[]} messages */
function told(Core, era, messages) {
  const core = new Core({});
  core.connect(words.CHANNEL_PORT, 1e4, 1e4, era === "legacy", 0);
  core.opened(0);
  /** @type {any[]} */
  const steps = [];
  // Other steps are about no call, or leave the numbers of the one before.
  const ends = new Set([words.STEP_RESOLVE, words.STEP_REJECT]);
  const numbers = () => [...core.view(words.VIEW_NUMBERS)].slice(0, 2);
  const drain = () => {
    for (let step; (step = core.poll(false)); ) steps.push([step, ends.has(step) ? numbers() : 0, core.value(), core.other()]);
  };
  drain();
  core.receive(answer(steps[0][2], era), NaN, 0);
  drain();
  core.begun(0);
  drain();
  const own = { name: "t", _meta: { progressToken: "own", "a/b": 1 } };
  core.request("tools/call", own, 1e4, 1e5, 1e4, true, false, words.CACHING_OFF, 3, true, 0, Infinity, 0);
  core.request("prompts/get", { name: "p" }, 1e4, 1e5, 1e4, true, false, words.CACHING_OFF, 3, true, 0, Infinity, 0);
  drain();
  const id = steps.at(-2)[2].id;
  for (const message of messages) {
    const own = typeof message === "function" ? message(id) : message;
    core.receive(Object(own) === own && own.id === 1 ? { ...own, id } : own, NaN, 1);
    drain();
  }
  core.free();
  return steps;
}
/** @type {typeof import("../../pkg-template/wasm/words.js")} */
let words;

describe("with the page's help the module reads and writes what it would by itself", () => {
  const whole = { jsonrpc: "2.0", id: 1, result: { content: [], more: 1 } };
  const { jsonrpc: _, ...unversioned } = whole;
  const odd = {
    "a result": whole,
    "a result that is complete": { ...whole, result: { resultType: "complete" } },
    "a result of another kind": { ...whole, result: { resultType: "other" } },
    "a result whose kind is no text": { ...whole, result: { resultType: 1 } },
    "a result that wants input": { ...whole, result: { resultType: "input_required", requestState: "s" } },
    "a result that is a task": { ...whole, result: { task: { taskId: "x", status: "working" } } },
    "a result that is a task of the extension": { ...whole, result: { resultType: "task", taskId: "x", status: "working" } },
    "an error": { jsonrpc: "2.0", id: 1, error: { code: -32602, message: "no" } },
    "a result beside an error": { ...whole, error: { code: -32602, message: "no" } },
    "a result beside an error that is null": { ...whole, error: null },
    "a result beside a method": { ...whole, method: "x" },
    "a result beside a method that is null": { ...whole, method: null },
    "a result without a version": unversioned,
    "a result of another version": { ...whole, jsonrpc: "1.0" },
    "a result that is null": { ...whole, result: null },
    "a result that is an array": { ...whole, result: [] },
    "a result that is an array with elements": { ...whole, result: [1] },
    "a result that is text": { ...whole, result: "x" },
    "no result": { jsonrpc: "2.0", id: 1 },
    "a result for an id in text": { ...whole, id: "2" },
    "a result for an id that was never given out": { ...whole, id: 99 },
    "a result for an id with a fraction": { ...whole, id: 1.5 },
    "a result for a negative id": { ...whole, id: -1 },
    "a result for an id that is null": { ...whole, id: null },
    "a batch": [whole, whole],
    "an empty batch": [],
    null: null,
    "a text": "x",
    "a number": 7,
    nothing: undefined,
    "members that throw": (/** @type {number} */ id) => new Proxy({ ...whole, id }, { get: (all, name) => (name === "result" ? assert.fail("thrown") : /** @type {any} */ (all)[name]) }),
  };
  for (const era of ["modern", "legacy"]) {
    for (const [name, message] of Object.entries(odd)) {
      test(`${era}: ${name}`, async () => {
        words ??= await import(pathToFileURL(path.join(pkg, "wasm/words.js")).href);
        const [{ Core }, { hand }] = await Promise.all(["wasm/core.js", "wasm/messages.js"].map((file) => import(pathToFileURL(path.join(pkg, file)).href)));
        const helped = told(Core, era, [message, message]);
        const fail = () => assert.fail("no help");
        Core.help({ ask: fail, plain: fail });
        try {
          assert.deepEqual(helped, told(Core, era, [message, message]));
        } finally {
          Core.help(hand);
        }
      });
    }
  }
});
