// A server on the web that wants arguments repeated in headers (`x-mcp-header`), behind a gateway: its tools are called by clients that
// have never listed them.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import WebSocket from "ws";
import { startGateway } from "../support/gateway.mjs";
import { end, listen } from "../support/login-server.mjs";
import { importPkg } from "../support/paths.mjs";

// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
const { Client } = await importPkg();

describe("a tool that nobody has listed gets its arguments in headers, too", () => {
  /** What the server was asked for. @type {string[]} */
  const asked = [];
  const inputSchema = { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" }, free: { type: "string" } } };
  /** Two pages, the tool on the second. @param {string} [cursor] */
  const page = (cursor) => (cursor === "2" ? { tools: [{ name: "work", inputSchema }] } : { tools: [{ name: "other", inputSchema: { type: "object" } }], nextCursor: "2" });
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return void response.writeHead(202).end();
    asked.push(method);
    const answer = (/** @type {number} */ status, /** @type {object} */ outcome) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, ...outcome }));
    const stamp = { resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": { name: "headers", version: "1" } } };
    const cached = { ttlMs: 0, cacheScope: "private", ...stamp };
    if (method === "server/discover") return void answer(200, { result: { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ...cached } });
    if (method === "tools/list") return void answer(200, { result: { ...page(params.cursor), ...cached } });
    if (method !== "tools/call") return void answer(404, { error: { code: -32601, message: "no such method" } });
    const given = request.headers["mcp-param-region"];
    const decoded = String(given).replace(/^=\?base64\?(.*)\?=$/, (_, text) => Buffer.from(text, "base64").toString());
    const { region } = params.arguments;
    // As the revision has it: what is missing, or says otherwise than the body, is refused.
    if (given === undefined ? region !== undefined : decoded !== region) return void answer(400, { error: { code: -32020, message: `the header says ${given}` } });
    answer(200, { result: { content: [{ type: "text", text: `in ${decoded}` }], ...stamp } });
  });
  let url = "";
  /** @type {Awaited<ReturnType<typeof startGateway>>} */
  let gateway;
  before(async () => {
    url = `${await listen(server)}/mcp`;
  });
  beforeEach(async () => {
    await gateway?.stop();
    asked.length = 0;
    gateway = await startGateway(["--child", "shared", "--url", url]);
  });
  after(async () => {
    await gateway?.stop();
    await end(server);
  });

  const connect = (/** @type {"auto" | "legacy"} */ mode, /** @type {boolean} */ socket) =>
    Client.connect(socket ? gateway.ws() : gateway.http(), { mode, progressHandler: null, ...(socket ? { protocols: gateway.protocols } : { headers: gateway.headers }) });

  for (const [mode, socket] of /** @type {const} */ ([["legacy", true], ["legacy", false], ["auto", true]])) {
    test(`of a client of mode ${mode} over ${socket ? "a WebSocket" : "HTTP"}`, async () => {
      const client = await connect(mode, socket);
      // None of these clients sends such headers itself: their transports, or their revision, have none.
      for (const region of ["eu", "zürich", "a\r\nX: y"]) {
        const result = await client.callTool("work", { region, free: "x" });
        assert.equal(result.content[0].text, `in ${region}`);
      }
      assert.deepEqual(asked.filter((method) => method.startsWith("tools/")), ["tools/list", "tools/list", "tools/call", "tools/call", "tools/call"], "both pages of the list, once, before the first call");
      await client.close();
    });
  }

  test("of several clients that call at once, which wait for one list", async () => {
    const clients = await Promise.all([connect("legacy", true), connect("auto", true), connect("legacy", false)]);
    const results = await Promise.all(clients.map((client, n) => client.callTool("work", { region: `r${n}` })));
    assert.deepEqual(results.map((result) => result.content[0].text), ["in r0", "in r1", "in r2"]);
    assert.equal(asked.filter((method) => method === "tools/list").length, 2);
    await Promise.all(clients.map((client) => client.close()));
  });

  test("and what the client says in headers itself has to agree with what it says in the body", async () => {
    const client = await connect("auto", false);
    await client.listTools();
    assert.equal((await client.callTool("work", { region: "eu" })).content[0].text, "in eu");
    await client.close();
    const before = asked.length;
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": { name: "liar", version: "1" }, "io.modelcontextprotocol/clientCapabilities": {} };
    const response = await fetch(gateway.http(), {
      method: "POST",
      headers: { ...gateway.headers, "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "work", "mcp-param-region": "us" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "work", arguments: { region: "eu" }, _meta } }),
    });
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error.code, -32020);
    assert.equal(asked.length, before, "and the server does not hear of it");
  });
});
