// A server of Streamable HTTP that fails as it is told to.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/**
 * A server that answers some methods, or verbs, with a status or a type of its own.
 * @param {Record<string, { status?: number, type?: string }>} faults
 */
export async function failing(faults) {
  let [asked, answered] = [0, 0];
  const server = createServer(async (request, response) => {
    asked++;
    response.once("close", () => answered++);
    let text = "";
    for await (const chunk of request) text += chunk;
    const { id, method = request.method, params } = text ? JSON.parse(text) : /** @type {any} */ ({});
    const fault = faults[method];
    if (fault) return response.writeHead(fault.status ?? 200, { "content-type": fault.type ?? "text/plain" }).end("so sorry");
    if (request.method === "GET") return response.writeHead(405).end();
    if (id === undefined) return response.writeHead(202).end();
    const result = method === "initialize" ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "failing", version: "1" } } : { tools: [] };
    response.writeHead(200, { "content-type": "application/json", ...(method === "initialize" && { "mcp-session-id": "one" }) }).end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { server, url: new URL(`http://127.0.0.1:${port}/mcp`), calm };

  /**
   * Waits until nothing has been asked for a while, and all is answered. Each pause begins after the one before: when this process, server
   * and client, stands still for longer, it has lost one of them.
   */
  async function calm() {
    for (let [pauses, before] = [0, asked]; pauses < 10; pauses++, before = asked) {
      await pause(5);
      if (asked !== before || answered !== asked) pauses = -1;
    }
  }
}
