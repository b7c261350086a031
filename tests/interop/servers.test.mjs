// Our client against servers of other people, as their registries have them: each is connected to, listed, called with progress,
// stopped in a call, killed in a call, and started again.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { importPkg, python, pythonFastmcp2, pythonFastmcp4, pythonGradio, rmcpServer, tests } from "../support/paths.mjs";
import { freePort, listening, start } from "../support/process.mjs";

/**
 * @typedef {object} Row
 * @property {(port: number) => [command: string, args: string[], env?: Record<string, string>] | undefined} [run] how it is started; without, the transport does that
 * @property {RegExp} [ready] what it prints then
 * @property {(port: number) => any} target what goes into `connect`
 * @property {"legacy"} [mode] the client's option
 * @property {object} [options] of `connect`
 * @property {string} version of the protocol
 * @property {[name: string, args: object]} short a call of three reports
 * @property {[number, number | undefined][] | RegExp} progress what it reports: numbers, or the words of some report
 * @property {RegExp} answer
 * @property {boolean} [silent] a transport that does not tell when the server is gone: the call's clock does
 * @property {[name: string, args: object]} [long] one that goes on until it is stopped; without, the server is killed between calls
 */

const modules = path.join(tests, "node_modules");
const everything = path.join(modules, "@modelcontextprotocol", "server-everything", "dist", "index.js");
const http = (/** @type {number} */ port) => `http://127.0.0.1:${port}/mcp`;
const three = /** @type {Row["progress"]} */ ([[1, 3], [2, 3], [3, 3]]);

/** @satisfies {Partial<Row>} */
const operation = {
  version: "2025-11-25",
  short: ["trigger-long-running-operation", { duration: 0.3, steps: 3 }],
  progress: three,
  answer: /completed/,
  long: ["trigger-long-running-operation", { duration: 60, steps: 600 }],
};
/** @satisfies {Partial<Row>} */
const counter = {
  target: http,
  ready: /running on|listening/i,
  short: ["count", { steps: 3, pause: 0.05 }],
  progress: three,
  answer: /counted to 3/,
  long: ["count", { steps: 600, pause: 0.1 }],
};
const n8n = path.join(import.meta.dirname, "npm", "node_modules", "n8n-mcp", "dist", "mcp", "index.js");
/** It wants one of at least 32 signs. */
const n8nToken = "of-the-interop-tests-and-nobody-else";
const script = path.join(import.meta.dirname, "real_server.py");
const py = (/** @type {string} */ program, /** @type {string} */ library) => (/** @type {number} */ port) => /** @type {[string, string[]]} */ ([program, [script, library, String(port)]]);

const rmcp = (/** @type {number} */ port) => /** @type {[string, string[]]} */ ([rmcpServer, [String(port)]]);

/** The program itself, which the package's own script would outlive. */
const system = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
const go = path.join(modules, `kubernetes-mcp-server-${system}`, "bin", `kubernetes-mcp-server-${system}${process.platform === "win32" ? ".exe" : ""}`);

/** A cluster that nobody has: what the Go server shows of it needs none. */
const folder = mkdtempSync(path.join(tmpdir(), "servers-"));
const kubeconfig = path.join(folder, "kubeconfig");

/** @type {Record<string, Row>} */
const servers = {
  "server-everything, stdio": {
    ...operation,
    target: () => new StdioClientTransport({ command: process.execPath, args: [everything, "stdio"], stderr: "ignore" }),
  },
  "server-everything, HTTP+SSE by the SDK's transport": {
    ...operation,
    run: (port) => [process.execPath, [everything, "sse"], { PORT: String(port) }],
    ready: /running on port/,
    target: (port) => new SSEClientTransport(new URL(`http://127.0.0.1:${port}/sse`)),
    silent: true,
  },
  "server-everything, Streamable HTTP": {
    ...operation,
    run: (port) => [process.execPath, [everything, "streamableHttp"], { PORT: String(port) }],
    ready: /listening on port/,
    target: http,
  },
  "FastMCP 2": { ...counter, run: py(pythonFastmcp2, "fastmcp"), version: "2025-11-25" },
  "FastMCP 3": { ...counter, run: py(python, "fastmcp"), version: "2025-11-25" },
  "FastMCP 4": { ...counter, run: py(pythonFastmcp4, "fastmcp"), version: "2026-07-28" },
  "Python SDK 1.x": { ...counter, run: py(python, "mcp1"), version: "2025-11-25" },
  "Python SDK 2.x": { ...counter, run: py(pythonFastmcp4, "mcp2"), version: "2026-07-28" },
  "rmcp, stdio": {
    ...counter,
    target: () => new StdioClientTransport({ command: rmcpServer, args: ["stdio"], stderr: "ignore" }),
    version: "2026-07-28",
  },
  "rmcp, Streamable HTTP": { ...counter, run: rmcp, version: "2026-07-28" },
  "rmcp, Streamable HTTP with sessions": { ...counter, run: rmcp, mode: "legacy", version: "2025-11-25" },
  // It reads nothing while a call is under way.
  "chuk-mcp-server, stdio": {
    ...counter,
    long: undefined,
    target: () => new StdioClientTransport({ command: pythonFastmcp2, args: [script, "chuk-stdio", "0"], stderr: "ignore" }),
    version: "2025-11-25",
  },
  // It reports progress over stdio alone.
  "chuk-mcp-server, Streamable HTTP": { ...counter, run: py(pythonFastmcp2, "chuk"), version: "2025-11-25", progress: [], long: undefined },
  // It reports what it does of its own accord as well, and is not told that nobody waits any more.
  "gradio": {
    run: py(pythonGradio, "gradio"),
    ready: /Streamable HTTP URL/,
    target: (port) => `http://127.0.0.1:${port}/gradio_api/mcp/`,
    version: "2025-11-25",
    short: ["count", { steps: 3, pause: 0.05 }],
    progress: /step 3/,
    answer: /counted to 3/,
    long: ["count", { steps: 20, pause: 0.1 }],
  },
  "n8n-mcp": {
    run: (port) => [process.execPath, [n8n], { AUTH_TOKEN: n8nToken, MCP_MODE: "http", HOST: "127.0.0.1", PORT: String(port), N8N_MCP_TELEMETRY_DISABLED: "true" }],
    ready: /MCP endpoint/,
    target: http,
    options: { headers: { authorization: `Bearer ${n8nToken}` } },
    version: "2025-03-26",
    short: ["tools_documentation", { topic: "overview" }],
    progress: [],
    answer: /n8n/,
  },
  "officeagent-mcp, of the C# SDK": {
    run: (port) => [path.join(path.dirname(pythonFastmcp2), "officeagent-mcp"), [], { ASPNETCORE_URLS: `http://127.0.0.1:${port}`, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1" }],
    ready: /Application started/,
    target: (port) => `http://127.0.0.1:${port}/`,
    version: "2025-11-25",
    short: ["list_connections", {}],
    progress: [],
    answer: /session/,
  },
  "kubernetes-mcp-server, of the Go SDK": {
    run: (port) => [go, ["--kubeconfig", kubeconfig, "--bind-address", "127.0.0.1", "--port", String(port)]],
    ready: /server starting/,
    target: http,
    version: "2025-11-25",
    short: ["configuration_view", {}],
    progress: [],
    answer: /nobody/,
  },
};

/** @type {any} */
let Client;
before(async () => {
  ({ Client } = await importPkg());
  const cluster = { name: "nobody", cluster: { server: "http://127.0.0.1:9" } };
  const context = { name: "nobody", context: { cluster: "nobody", user: "nobody" } };
  writeFileSync(kubeconfig, JSON.stringify({ apiVersion: "v1", kind: "Config", clusters: [cluster], contexts: [context], "current-context": "nobody", users: [{ name: "nobody", user: {} }] }));
});
after(() => rmSync(folder, { recursive: true, force: true }));

// Beside each other: most of the time goes by in starting Python.
describe("servers of the registries", { concurrency: 3 }, () => {
  for (const [name, row] of Object.entries(servers)) {
    test(`${name}: connects, lists, calls with progress, stops, is killed and found again`, async () => {
      const port = await freePort();
      const launch = async () => {
        const [command, args, env] = row.run?.(port) ?? [];
        if (!command || !args || !row.ready) return undefined;
        assert.ok(existsSync(command), `${command} is missing: run \`cargo xtask test\`, which sets it up`);
        const server = await start(command, args, { ready: row.ready, env, timeout: 60_000 });
        await listening(port);
        return server;
      };
      let server = await launch();
      const client = new Client({ name: "interop", version: "1.0.0" }, { progressHandler: null, mode: row.mode });
      let target = row.target(port);
      try {
        await client.connect(target, row.options);
        assert.equal(client.protocolVersion, row.version);
        const { tools } = await client.listTools();
        assert.ok(tools.some((/** @type {any} */ tool) => tool.name === row.short[0]), JSON.stringify(tools));

        const short = async () => {
          /** @type {unknown[]} */
          const progress = [];
          /** @type {unknown[]} */
          const words = [];
          const result = await client.callTool(...row.short, {
            progressHandler: (/** @type {number} */ value, /** @type {number | undefined} */ total, /** @type {string | undefined} */ message) => {
              progress.push([value, total]);
              words.push(message);
            },
          });
          assert.notEqual(result.isError, true, JSON.stringify(result));
          assert.match(JSON.stringify(result), row.answer);
          if (row.progress instanceof RegExp) assert.match(words.join("\n"), row.progress);
          else assert.deepEqual(progress, row.progress);
        };
        await short();

        /**
         * One that goes on, and has reported: whose clock ran out before tries again with a longer one.
         * @param {(number | undefined)[]} [clocks]
         */
        const long = async (clocks = [undefined]) => {
          assert.ok(row.long);
          for (const timeout of clocks) {
            /** @type {(value: unknown) => void} */
            let report = () => {};
            const reported = new Promise((resolve) => (report = resolve));
            const call = client.callTool(...row.long, { progressHandler: report, timeout });
            const early = (/** @type {any} */ error) => (timeout && error.code === "TIMEOUT" ? "early" : assert.fail(error));
            if ((await Promise.race([reported, call.then(() => {}, early)])) !== "early") return { call, timeout };
          }
          return assert.fail("it reports nothing");
        };
        if (row.long) {
          const { call } = await long();
          call.cancel();
          await assert.rejects(call, { name: "AbortError" });
          await short();
        }

        const running = row.long && (await long(row.silent ? [1_000, 5_000, 25_000] : undefined));
        const began = performance.now();
        const gone = new Promise((resolve) => (client.onclose = () => resolve(undefined)));
        if (server) await server.stop("SIGKILL");
        else process.kill(target.pid, "SIGKILL");
        if (running) {
          await assert.rejects(running.call, row.silent ? { code: "TIMEOUT", clock: "idle" } : { code: "CLOSED", mayHaveRun: true });
          const took = performance.now() - began;
          assert.ok(took < 4_000 + (running.timeout ?? 1_000), `told after ${Math.round(took)} ms`);
        }

        server = await launch();
        if (typeof target !== "string") {
          // A transport of the SDK's is for one connection.
          await (row.silent ? client.close() : gone);
          await client.connect((target = row.target(port)), row.options);
        }
        await short();
        assert.deepEqual(client.diagnostics().progress.unknown, 0);
      } finally {
        await client.close();
        await server?.stop("SIGKILL");
      }
    });
  }
});
