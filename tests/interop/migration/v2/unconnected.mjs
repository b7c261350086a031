// A connection that does not come about: who hears what, in which order, and what the client has meanwhile. As a program of the
// SDK 2.x has it.
import { Client, ProtocolErrorCode, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** @typedef {(faults: Record<string, { status?: number, type?: string }>) => Promise<{ server: import("node:http").Server, url: URL }>} Failing */

/** @param {any} error */
const shown = ({ constructor, code, status, statusText, data }) => [constructor.name, code, status, statusText, data?.contentType];

/** @param {any} transport @param {(client: Client) => Promise<unknown>} [use] @param {"legacy" | "auto"} [mode] */
async function story(transport, use, mode = "legacy") {
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode } });
  /** @type {unknown[]} */
  const heard = [];
  const whose = () => (client.transport === transport ? "its transport" : client.transport === undefined ? "none" : "another");
  transport.onerror = (/** @type {any} */ error) => void heard.push(["transport fails", ...shown(error), whose()]);
  client.onerror = (error) => void heard.push(["client fails", ...shown(error)]);
  transport.onclose = () => void heard.push(["transport closed", whose()]);
  client.onclose = () => void heard.push(["client closed", whose()]);
  await client.connect(transport).then(
    () => heard.push("connected"),
    (error) => heard.push(["refused", ...shown(error), whose()]),
  );
  await use?.(client).catch((error) => heard.push(["failed", ...shown(error)]));
  await client.close();
  heard.push(whose());
  // What `close` breaks off fails here and ends in silence there.
  return heard.filter((one) => !JSON.stringify(one).includes("DOMException"));
}

/** A transport of one's own, which fails where it is told to. @param {{ send?: Error, later?: boolean, answer?: boolean }} how */
const own = ({ send, later, answer }) => ({
  /** @type {(() => void) | undefined} */
  onclose: undefined,
  /** @type {((message: any) => void) | undefined} */
  onmessage: undefined,
  async start() {},
  async send(/** @type {any} */ { id, method }) {
    if (later) await undefined;
    if (send) throw send;
    if (method === "initialize" && answer) this.onmessage?.({ jsonrpc: "2.0", id, error: { code: ProtocolErrorCode.InternalError, message: "not today" } });
    else if (method === "initialize") this.onmessage?.({ jsonrpc: "2.0", id, result: { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "s", version: "1" } } });
  },
  async close() {
    this.onclose?.();
  },
});

/** @param {{ failing: Failing }} servers */
export async function main({ failing }) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  /** @type {import("node:http").Server[]} */
  const servers = [];
  const at = async (/** @type {Parameters<Failing>[0]} */ faults) => {
    const one = await failing(faults);
    servers.push(one.server);
    return new StreamableHTTPClientTransport(one.url);
  };
  for (const status of [400, 401, 403, 404, 500]) seen[`status ${status}`] = await story(await at({ initialize: { status } }));
  seen.text = await story(await at({ initialize: { type: "text/plain; charset=utf-8" } }));
  seen.untyped = await story(await at({ "tools/list": { type: "text/html" } }), (client) => client.listTools());
  seen.nobody = await story(new StreamableHTTPClientTransport(new URL("http://127.0.0.1:1/mcp")));
  seen.well = await story(await at({}));
  seen.broken = await story(own({ send: new Error("the pipe is broken") }));
  seen.brokenLater = await story(own({ send: new Error("the pipe is broken"), later: true }));
  seen.refused = await story(own({ answer: true }));
  seen.own = await story(own({}));
  for (const status of [400, 401, 403, 404, 500]) {
    // At 401 and 404 both go on alike; after 403 and 500 the SDK has given up, and this package connects.
    if (status < 403 || status === 404) seen[`question ${status}`] = await story(await at({ "server/discover": { status } }), undefined, "auto");
    seen[`both ${status}`] = await story(await at({ "server/discover": { status }, initialize: { status } }), undefined, "auto");
  }
  const text = { type: "text/plain" };
  seen.bothText = await story(await at({ "server/discover": text, initialize: text }), undefined, "auto");
  seen.questionNobody = await story(new StreamableHTTPClientTransport(new URL("http://127.0.0.1:1/mcp")), undefined, "auto");
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  return seen;
}
