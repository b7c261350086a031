// A program that closes its connection long after it has been made, when memory has been tidied up: no stream stays behind,
// which would hold the program too.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";

setFlagsFromString("--expose-gc");
const collect = /** @type {() => void} */ (runInNewContext("gc"));

/** A server that keeps a stream open, and answers calls in streams that stay open too. */
function holding() {
  /** @type {Set<string>} */
  const open = new Set();
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const { id, method, params } = text ? JSON.parse(text) : { id: undefined, method: "listening", params: {} };
    if (method !== "listening" && id === undefined) return response.writeHead(202).end();
    if (method === "initialize") {
      const result = { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "holding", version: "1.0.0" } };
      return response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "one" }).end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    }
    open.add(method);
    response.on("close", () => open.delete(method));
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
  });
  return { server, open };
}

/** Waits until it is so, or it has been long enough; whether it is. @param {() => boolean} so */
async function until(so) {
  for (let i = 0; i < 150 && !so(); i++) await pause(20);
  return so();
}

export async function main() {
  const { server, open } = holding();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`));
  const client = new Client({ name: "closing", version: "1.0.0" });
  await client.connect(transport);
  const call = client.request({ method: "tools/call", params: { name: "forever", arguments: {} } }, CallToolResultSchema).then(
    () => "answered",
    (error) => error.code,
  );
  const opened = await until(() => open.size === 2);
  for (let i = 0; i < 3; i++) {
    collect();
    await pause(20);
  }
  await transport.close();
  const closed = await until(() => open.size === 0);
  server.closeAllConnections();
  server.close();
  return { opened, closed, left: [...open], call: await call };
}
