// A server that fails: what the call, the transport and the client tell of it, in which order connections end, and a session
// that the server will not end. As a program of the SDK 2.x has it.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** A server that answers some methods, or verbs, with a status or a type of its own. @param {Record<string, { status?: number, type?: string }>} faults */
async function failing(faults) {
  const server = createServer(async (request, response) => {
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
  return { server, url: new URL(`http://127.0.0.1:${port}/mcp`) };
}

/** @param {any} error */
const shown = ({ constructor, code, status, statusText }) => (status === 401 ? [401, statusText] : [constructor.name, code, status, statusText]);

/** @param {Record<string, { status?: number, type?: string }>} faults @param {(client: Client, transport: StreamableHTTPClientTransport) => Promise<unknown>} use */
async function told(faults, use) {
  const { server, url } = await failing(faults);
  const transport = new StreamableHTTPClientTransport(url);
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  /** @type {unknown[]} */
  const heard = [];
  transport.onerror = (error) => void heard.push(["transport", ...shown(error)]);
  client.onerror = (error) => void heard.push(["client", ...shown(error)]);
  let ends = 0;
  transport.onclose = () => void heard.push(["transport closed", ++ends]);
  client.onclose = () => void heard.push(["client closed", ++ends]);
  const connected = await client.connect(transport).then(() => "connected", shown);
  const outcome = connected === "connected" ? await use(client, transport).catch(shown) : undefined;
  await pause(50);
  await client.close();
  server.closeAllConnections();
  server.close();
  // What ends with a failed connection is told beside its error.
  const unique = [...new Set(heard.map((one) => JSON.stringify(one)))];
  return { connected, outcome, heard: connected === "connected" ? unique : unique.map((one) => one.replace(/\d+\]/, "]")).sort() };
}

export async function main() {
  const list = (/** @type {Client} */ client) => client.listTools();
  const end = async (/** @type {Client} */ client, /** @type {StreamableHTTPClientTransport} */ transport) => {
    const ended = await transport.terminateSession().then(() => "ended", shown);
    return { ended, session: transport.sessionId, tools: (await client.listTools()).tools.length };
  };
  /** @type {Record<string, unknown>} */
  const seen = { well: await told({}, list), text: await told({ "tools/list": { type: "text/html" } }, list) };
  for (const status of [400, 401, 403, 404, 500]) {
    seen[`connect ${status}`] = await told({ initialize: { status } }, list);
    seen[`stream ${status}`] = await told({ GET: { status } }, async () => "no call");
    if (status !== 404 && status !== 400) seen[`call ${status}`] = await told({ "tools/list": { status } }, list);
  }
  for (const status of [200, 204, 400, 404, 405, 500]) seen[`end ${status}`] = await told({ DELETE: { status } }, end);

  const gone = await failing({});
  const transport = new StreamableHTTPClientTransport(gone.url);
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  await client.connect(transport);
  gone.server.closeAllConnections();
  gone.server.close();
  const unreachable = (/** @type {any} */ error) => [error.constructor.name, error.message];
  seen.gone = [await client.callTool({ name: "t", arguments: {} }).catch(unreachable), await transport.terminateSession().catch(unreachable), transport.sessionId];
  await client.close();

  const alone = await failing({ "x/y": { status: 500 } });
  const own = new StreamableHTTPClientTransport(alone.url);
  /** @type {unknown[]} */
  const errors = [];
  own.onerror = (error) => void errors.push(shown(error));
  await own.start();
  seen.alone = [await own.send({ jsonrpc: "2.0", id: 1, method: "x/y" }).catch(shown), errors];
  await own.close();
  alone.server.close();
  return seen;
}
