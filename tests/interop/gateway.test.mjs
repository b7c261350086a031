// The gateway between servers and clients of other people: what is behind it is started as its own documents say, and in front are the
// SDKs as their own documents say. Each server is started once, and all clients share it.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport as WebSocketV1 } from "@modelcontextprotocol/sdk/client/websocket.js";
import WebSocket from "ws";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { temporaryFolder } from "../support/folder.mjs";
import { importPkg, pkg, python, pythonFastmcp2, pythonFastmcp4, rmcpServer, tests } from "../support/paths.mjs";
import { startGateway } from "../support/gateway.mjs";
import { freePort, start } from "../support/process.mjs";
import { startStaticServer } from "../support/static-server.mjs";

// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
const { Client } = await importPkg();

const here = import.meta.dirname;
const peers = path.join(here, "npm", "node_modules", "@modelcontextprotocol");
const everything = path.join(tests, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");
const counter = path.join(here, "real_server.py");
const [v1, v2] = [path.join(here, "counter-v1.mjs"), path.join(here, "npm", "counter-v2.mjs")];
const folder = temporaryFolder("gateway-");

/**
 * @typedef {object} Server
 * @property {string[]} [command] by standard input and output
 * @property {(port: number) => string[]} [listens] by HTTP, at /mcp
 * @property {Record<string, string>} [env]
 * @property {[name: string, args: object]} call
 * @property {number[]} reports of that call
 * @property {RegExp} answer
 */

const operation = { call: /** @type {[string, object]} */ (["trigger-long-running-operation", { duration: 0.3, steps: 3 }]), reports: [1, 2, 3], answer: /completed/ };
const counts = { call: /** @type {[string, object]} */ (["count", { steps: 3, pause: 0.02 }]), reports: [1, 2, 3], answer: /counted to 3/ };
const own = (/** @type {string} */ program, /** @type {string[]} */ ...args) => ({
  ...counts,
  command: [program, ...args, "stdio"],
  listens: (/** @type {number} */ port) => [program, ...args, String(port)],
});

/** @type {Record<string, Server>} */
const servers = {
  "server-everything": { ...operation, command: [process.execPath, everything, "stdio"], listens: () => [process.execPath, everything, "streamableHttp"] },
  "server-filesystem": { command: [process.execPath, path.join(peers, "server-filesystem", "dist", "index.js"), folder], call: ["list_allowed_directories", {}], reports: [], answer: /gateway-/ },
  "mcp-server-git": { command: [pythonFastmcp4, "-m", "mcp_server_git", "--repository", folder], call: ["git_status", { repo_path: folder }], reports: [], answer: /Repository status|branch/ },
  "mcp-server-time": { command: [pythonFastmcp4, "-m", "mcp_server_time", "--local-timezone", "UTC"], call: ["get_current_time", { timezone: "UTC" }], reports: [], answer: /UTC/ },
  "FastMCP 2": own(pythonFastmcp2, counter, "fastmcp"),
  "FastMCP 3": own(python, counter, "fastmcp"),
  "FastMCP 4": own(pythonFastmcp4, counter, "fastmcp"),
  "SDK v1": own(process.execPath, v1),
  "SDK v2": own(process.execPath, v2),
  rmcp: own(rmcpServer),
};
const info = { name: "interop", version: "1.0.0" };

/** @typedef {{ ws: string, http: string }} At */

/** Clients, each with what it has got of a call. @type {Record<string, (at: At, call: [string, object]) => Promise<{ reports: number[], text: string }>>} */
const clients = {
  "our client over WebSocket": (at, call) => ours(at.ws, call),
  "our client over HTTP": (at, call) => ours(at.http, call),
  "our client, legacy, over WebSocket": (at, call) => ours(at.ws, call, { mode: "legacy" }),
  "our client, legacy, over HTTP": (at, call) => ours(at.http, call, { mode: "legacy" }),
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

/** @type {Awaited<ReturnType<typeof startGateway>>} */
let gateway;
/** @type {import("../support/static-server.mjs").StaticServer} */
let site;
/** @type {import("../support/process.mjs").Running[]} */
const running = [];
before(begin, { timeout: 240_000 });
async function begin() {
  spawnSync("git", ["init", "--quiet", folder]);
  /** @type {Record<string, object>} */
  const mcpServers = {};
  // One after the other: each takes a processor for itself while it starts.
  for (const [name, { command: [command = "", ...args] = [], listens }] of Object.entries(servers)) {
    assert.ok(existsSync(command), `${command} is missing: run \`cargo xtask test\`, which sets it up`);
    mcpServers[`${name} by stdio`] = { command, args };
    if (!listens) continue;
    const port = await freePort();
    const [program = "", ...rest] = listens(port);
    running.push(await start(program, rest, { ready: /listening|running on/i, env: { PORT: String(port) }, timeout: 90_000 }));
    mcpServers[`${name} by HTTP`] = { url: `http://127.0.0.1:${port}/mcp` };
  }
  site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": "<!doctype html><meta charset=utf-8><title>interop</title>" } });
  const file = path.join(folder, "mcp.json");
  await writeFile(file, JSON.stringify({ mcpServers }));
  gateway = await startGateway(["--no-token", "--child", "shared", "--origin", new URL(site.url).origin, "--config", file]);
}
after(async () => {
  await gateway?.stop();
  await Promise.all([...running.map((server) => server.stop()), site?.stop()]);
});

/** Where a server is found. @param {string} name @returns {At} */
const at = (name) => {
  const path = name.replaceAll(" ", "-");
  return { ws: gateway.ws(path), http: gateway.http(path) };
};

for (const [name, { listens, call, reports, answer }] of Object.entries(servers)) {
  for (const way of listens ? ["stdio", "HTTP"] : ["stdio"]) {
    describe(`${name} by ${way} behind the gateway`, () => {
      for (const [who, connect] of Object.entries(clients)) {
        test(`${who} gets all reports of a call and its result`, { timeout: 120_000 }, async () => {
          const got = await connect(at(`${name} by ${way}`), call);
          assert.match(got.text, answer);
          assert.deepEqual(got.reports, reports);
        });
      }
    });
  }
}

const some = ["SDK v1 by stdio", "FastMCP 4 by HTTP"];

describe("clients that are programs in front of the gateway", () => {
  const run = promisify(execFile);

  for (const mode of ["auto", "legacy"]) {
    for (const name of some) {
      test(`FastMCP's client of mode ${mode} gets the reports of ${name} and the result`, async () => {
        const { stdout } = await run(pythonFastmcp4, [path.join(here, "gateway_fastmcp_client.py"), mode, at(name).http], { timeout: 50_000 });
        assert.deepEqual(JSON.parse(stdout), { version: mode === "auto" ? "2026-07-28" : "2025-11-25", reports: [1, 2, 3], text: "counted to 3" });
      });
    }
  }

  test("inspector --cli lists tools and calls them", async () => {
    const program = path.join(peers, "inspector", "clients", "launcher", "build", "index.js");
    const inspect = async (/** @type {string[]} */ ...args) => {
      const all = [program, "--cli", at(String(some[0])).http, "--transport", "http", ...args];
      const { stdout } = await run(path.join(here, "npm", "node_modules", ".bin", "node"), all, { timeout: 50_000, env: { ...process.env, HOME: folder } });
      return JSON.parse(stdout);
    };
    const { tools } = await inspect("--method", "tools/list");
    assert.deepEqual(tools.map((/** @type {any} */ tool) => tool.name), ["count"]);
    const { content } = await inspect("--method", "tools/call", "--tool-name", "count", "--tool-arg", "steps=2", "pause=0.01");
    assert.equal(content[0].text, "counted to 2");
  });
});

for (const kind of browsers) {
  test(`our client in a page of ${kind} gets the reports of stdio servers over WebSocket and HTTP, in both eras`, async () => {
    const browser = await launch(kind);
    try {
      const { page } = await openPage(browser, site.url);
      for (const name of ["SDK v1 by stdio", "FastMCP 4 by stdio"]) {
        for (const url of Object.values(at(name))) {
          for (const mode of ["auto", "legacy"]) {
            const got = await page.evaluate(
              async ({ url, mode, call }) => {
                const { Client } = await import(String("/pkg/index.js"));
                const client = await Client.connect(url, { mode, progressHandler: null });
                /** @type {number[]} */
                const reports = [];
                const result = await client.callTool(...call, { onprogress: (/** @type {any} */ report) => reports.push(report.progress) });
                await client.close();
                return { reports, text: result.content[0].text };
              },
              { url, mode, call: counts.call },
            );
            assert.deepEqual(got, { reports: [1, 2, 3], text: "counted to 3" }, `${url} ${mode}`);
          }
        }
      }
    } finally {
      await browser.close();
    }
  });
}
