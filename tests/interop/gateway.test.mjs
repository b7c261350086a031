// The gateway between servers and clients of other people: what is behind it is started as its own documents say, and in front are the
// SDKs as their own documents say.
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport as WebSocketV1 } from "@modelcontextprotocol/sdk/client/websocket.js";
import WebSocket from "ws";
import { importPkg, python, tests } from "../support/paths.mjs";
import { startGateway } from "../support/gateway.mjs";

// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
const { Client } = await importPkg();

const everything = path.join(tests, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");
const counter = path.join(import.meta.dirname, "real_server.py");

/**
 * @typedef {object} Server
 * @property {string[]} command
 * @property {[name: string, args: object]} call one of three reports
 * @property {RegExp} answer
 */

/** @type {Record<string, Server>} */
const servers = {
  "server-everything": {
    command: [process.execPath, everything],
    call: ["trigger-long-running-operation", { duration: 0.3, steps: 3 }],
    answer: /completed/,
  },
  "FastMCP 3": { command: [python, counter, "fastmcp", "stdio"], call: ["count", { steps: 3, pause: 0.02 }], answer: /counted to 3/ },
};
const info = { name: "interop", version: "1.0.0" };

/** Clients, each with what it has got of a call. @type {Record<string, (at: { ws: string, http: string }, call: [string, object]) => Promise<{ reports: number[], text: string }>>} */
const clients = {
  "our client over WebSocket": (at, call) => ours(at.ws, call),
  "our client over HTTP": (at, call) => ours(at.http, call),
  "our client, legacy, over WebSocket": (at, call) => ours(at.ws, call, { mode: "legacy" }),
  "SDK v1 over HTTP": (at, call) => sdk(new ClientV1(info), new HttpV1(new URL(at.http)), call),
  "SDK v1 over WebSocket": (at, call) => sdk(new ClientV1(info), new WebSocketV1(new URL(at.ws)), call),
  "SDK v2 over HTTP": (at, call) => sdk(new ClientV2(info), new HttpV2(new URL(at.http)), call),
};

/** @param {string} url @param {[string, object]} call @param {object} [options] */
async function ours(url, [name, args], options) {
  const client = await Client.connect(url, { progressHandler: null, ...options });
  return outcome(client, (onprogress) => client.callTool(name, args, { onprogress }));
}

/**
 * What has come to the transport of an SDK: the first one looks for the handler of a report a microtask later, when the call may be over, and so loses
 * what comes in one turn with the result.
 * @param {any} client @param {any} transport @param {[string, object]} call
 */
async function sdk(client, transport, [name, args]) {
  await client.connect(transport);
  const { onmessage } = transport;
  const params = { name, arguments: /** @type {Record<string, unknown>} */ (args) };
  return outcome(client, (onprogress) => {
    transport.onmessage = (/** @type {any} */ message, /** @type {any} */ extra) => {
      if (message.method === "notifications/progress") onprogress(message.params);
      onmessage(message, extra);
    };
    const options = { onprogress: () => {} };
    // The first one takes a schema before the options.
    return client instanceof ClientV1 ? client.callTool(params, undefined, options) : client.callTool(params, options);
  });
}

/** @param {any} client @param {(onprogress: (report: any) => void) => Promise<any>} call */
async function outcome(client, call) {
  /** @type {number[]} */
  const reports = [];
  const result = await call(({ progress }) => reports.push(progress));
  await client.close();
  return { reports, text: result.content[0].text };
}

for (const [name, server] of Object.entries(servers)) {
  describe(`${name} behind the gateway`, () => {
    /** @type {Awaited<ReturnType<typeof startGateway>>} */
    let gateway;
    before(async () => {
      const file = path.join(await mkdtemp(path.join(tmpdir(), "gateway-")), "mcp.json");
      const [command, ...args] = server.command;
      await writeFile(file, JSON.stringify({ mcpServers: { it: { command, args } } }));
      gateway = await startGateway(["--no-token", "--config", file]);
    });
    after(() => gateway.stop());

    for (const [who, connect] of Object.entries(clients)) {
      test(`${who} gets all reports of a call and its result`, async () => {
        const { reports, text } = await connect({ ws: gateway.ws("it"), http: gateway.http("it") }, server.call);
        assert.match(text, server.answer);
        assert.deepEqual(reports, [1, 2, 3]);
      });
    }
  });
}
