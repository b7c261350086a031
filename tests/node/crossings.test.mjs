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
  crossed.length = 0;
  await client.callTool("t");
  await new Promise((resolve) => setTimeout(resolve, 20));
  const names = [...crossed];
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
    test("a call that is answered with JSON crosses as often as over a WebSocket", async () => {
      const frames = await count(await overFrames(era, 0));
      const http = await count(await overHttp(era, (request) => Response.json(result(request, era))));
      assert.equal(http.length, frames.length, `${http}\n${frames}`);
    });

    for (const chunks of [1, 2, 7]) {
      test(`a call that is answered with a stream of ${chunks} chunks crosses as over a WebSocket, and once for each chunk and the end`, async () => {
        const frames = await count(await overFrames(era, 0));
        const respond = (/** @type {Message} */ request) => {
          const reports = Array.from({ length: chunks - 1 }, (_, i) => report(request, i + 1));
          return stream([...reports, result(request, era)]);
        };
        const http = await count(await overHttp(era, respond));
        assert.equal(http.length, frames.length + chunks + 1, `${http}\n${frames}`);
        // What a chunk brings by HTTP is a frame there.
        const reported = await count(await overFrames(era, chunks - 1));
        assert.equal(reported.length, frames.length + chunks - 1, String(reported));
      });
    }
  });
}
