// Small Streamable HTTP servers with one fault each, for `diagnose`.
import { createServer } from "node:http";

const MODERN = "2026-07-28";
const HEADERS = "content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id, authorization";

/**
 * @typedef {object} Faults
 * @property {"modern" | "legacy"} [era] which revisions it speaks; default modern
 * @property {boolean} [sessions] whether a legacy server opens sessions
 * @property {boolean} [origin] whether Access-Control-Allow-Origin is sent
 * @property {string | false} [allow] Access-Control-Allow-Headers; `false`: OPTIONS is refused
 * @property {string | false} [expose] Access-Control-Expose-Headers
 * @property {string | false} [methods] Access-Control-Allow-Methods
 * @property {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => boolean | void} [answer]
 *   answers instead of the server when it returns `true`; the CORS headers are there already
 */

/**
 * @param {Faults} [faults]
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void> }>}
 */
export async function startFaultyServer({ era = "modern", sessions = false, origin = true, allow = HEADERS, expose = "mcp-session-id, www-authenticate", methods = "GET, POST, DELETE", answer } = {}) {
  const server = createServer(async (request, response) => {
    if (origin && request.headers.origin) response.setHeader("access-control-allow-origin", request.headers.origin);
    if (expose) response.setHeader("access-control-expose-headers", expose);
    if (request.method === "OPTIONS") {
      if (allow === false) return void response.writeHead(405).end();
      response.setHeader("access-control-allow-headers", allow);
      if (methods) response.setHeader("access-control-allow-methods", methods);
      return void response.writeHead(204).end();
    }
    if (answer?.(request, response)) return;
    if (request.method !== "POST") return void response.writeHead(request.method === "DELETE" ? 200 : 405).end();
    let text = "";
    for await (const chunk of request) text += chunk;
    const message = JSON.parse(text);
    /** @param {number} status @param {object} body */
    const json = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id: message.id ?? null, ...body }));
    const known = request.headers["mcp-session-id"] === "s1";
    if (era === "modern") {
      if (message.method !== "server/discover") return void json(400, { error: { code: -32602, message: "params._meta is missing" } });
      const _meta = { "io.modelcontextprotocol/serverInfo": { name: "faulty", version: "1.0.0" } };
      return void json(200, { result: { supportedVersions: [MODERN], capabilities: {}, ttlMs: 0, cacheScope: "private", resultType: "complete", _meta } });
    }
    if (message.method === "initialize") {
      if (sessions) response.setHeader("mcp-session-id", "s1");
      return void json(200, { result: { protocolVersion: message.params.protocolVersion, capabilities: {}, serverInfo: { name: "faulty", version: "1.0.0" } } });
    }
    if (sessions && !known) return void json(400, { error: { code: -32600, message: "Missing session ID" } });
    if (message.id === undefined) return void response.writeHead(202).end();
    json(200, { error: { code: -32601, message: "Method not found" } });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(() => resolve(undefined)));
  };
  return { url: `http://127.0.0.1:${port}/mcp`, port, stop };
}
