// What a browser does by itself for a page whose server is of another origin.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { pkg } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

const CALLS = 30;
// By name: of `*` Firefox remembers nothing, and asks again before each request.
const cors = { "access-control-allow-origin": "*", "access-control-allow-methods": "GET, POST, DELETE", "access-control-allow-headers": "content-type, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id", "access-control-max-age": "7200" };

/** @param {Record<string, any>} message */
function resultOf({ method, params }) {
  if (method === "initialize") return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } };
  return { content: [{ type: "text", text: params.arguments.text }] };
}

/** A server that counts what it is asked. */
async function startServer() {
  /** @type {Record<string, number>} */
  const asked = {};
  const server = createServer(async (request, response) => {
    const method = request.method ?? "";
    asked[method] = (asked[method] ?? 0) + 1;
    if (method !== "POST") return response.writeHead(method === "OPTIONS" ? 204 : 405, cors).end();
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const message = JSON.parse(text);
    if (message.id === undefined) return response.writeHead(202, cors).end();
    const known = ["initialize", "tools/call"].includes(message.method);
    const answer = known ? { result: resultOf(message) } : { error: { code: -32601, message: "Method not found" } };
    response.writeHead(200, { ...cors, "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...answer }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    asked,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

for (const kind of browsers) {
  describe(`another origin in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let server;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let site;
    before(async () => {
      server = await startServer();
      site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": "<!doctype html><meta charset=utf-8><title>origins</title>" } });
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
      server?.stop();
    });

    test("the browser asks the server for leave before the first request, not before each", async () => {
      const { page } = await openPage(browser, site.url);
      const texts = await page.evaluate(
        async (url, calls) => {
          const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
          const client = await Client.connect(url, { mode: "legacy" });
          const texts = [];
          for (let i = 0; i < calls; i++) texts.push((await client.callTool("echo", { text: String(i) })).content[0].text);
          await client.close();
          return texts;
        },
        server.url,
        CALLS,
      );
      await page.close();
      assert.deepEqual(texts, Array.from({ length: CALLS }, (_, i) => String(i)));
      // Other methods and other headers are each asked for once.
      assert.ok((server.asked["OPTIONS"] ?? 0) < 6, JSON.stringify(server.asked));
      assert.ok((server.asked["POST"] ?? 0) >= CALLS, JSON.stringify(server.asked));
    });
  });
}
