// A server that fails: what the call, the transport and the client tell of it, in which order connections end, and a session
// that the server will not end. As a program of the SDK 2.x has it.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** @param {any} error */
const shown = ({ constructor, code, status, statusText, data }) => [constructor.name, code, status, statusText, data?.contentType];

/** @typedef {(faults: Record<string, { status?: number, type?: string }>) => Promise<{ server: import("node:http").Server, url: URL, calm: () => Promise<void> }>} Failing */

/** @param {Failing} failing @param {Parameters<Failing>[0]} faults @param {(client: Client, transport: StreamableHTTPClientTransport) => Promise<unknown>} use */
async function told(failing, faults, use) {
  const { server, url, calm } = await failing(faults);
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
  await calm();
  await client.close();
  server.closeAllConnections();
  server.close();
  return { connected, outcome, heard: [...new Set(heard.map((one) => JSON.stringify(one)))] };
}

/** @param {{ failing: Failing }} servers */
export async function main({ failing }) {
  const list = (/** @type {Client} */ client) => client.listTools();
  const end = async (/** @type {Client} */ client, /** @type {StreamableHTTPClientTransport} */ transport) => {
    const ended = await transport.terminateSession().then(() => "ended", shown);
    return { ended, session: transport.sessionId, tools: (await client.listTools()).tools.length };
  };
  /** @type {Record<string, unknown>} */
  const seen = { well: await told(failing, {}, list), text: await told(failing, { "tools/list": { type: "text/html" } }, list) };
  for (const status of [400, 401, 403, 404, 500]) {
    seen[`connect ${status}`] = await told(failing, { initialize: { status } }, list);
    seen[`stream ${status}`] = await told(failing, { GET: { status } }, async () => "no call");
    if (status !== 404 && status !== 400) seen[`call ${status}`] = await told(failing, { "tools/list": { status } }, list);
  }
  for (const status of [200, 204, 400, 404, 405, 500]) seen[`end ${status}`] = await told(failing, { DELETE: { status } }, end);

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
