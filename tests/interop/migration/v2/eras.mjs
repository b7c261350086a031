// What a revision does not have, results that are no last word, headers by a tool's definition, and streams that are opened
// again when the program says so. As a program of the SDK 2.x has it.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** @param {any} error */
const shown = ({ constructor, code, data }) => [constructor.name, code, data?.method, data?.resultType];

/** @param {() => Promise<unknown>} send */
async function tried(send) {
  try {
    await send();
    return "sent";
  } catch (error) {
    return shown(error);
  }
}

/** @param {(request: import("node:http").IncomingMessage, message: any, response: import("node:http").ServerResponse) => void} answer */
async function serving(answer) {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    answer(request, text ? JSON.parse(text) : undefined, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { server, url: new URL(`http://127.0.0.1:${port}/mcp`) };
}

/** @param {import("node:http").ServerResponse} response @param {any} id @param {object} result @param {object} [headers] */
const json = (response, id, result, headers) => response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify({ jsonrpc: "2.0", id, result }));

/** What the program's client says before it has sent anything. @param {(options?: object) => any} scripted */
async function gates(scripted) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  for (const modern of [false, true]) {
    const capabilities = { tools: {}, resources: { subscribe: true }, logging: {} };
    const server = scripted({ modern, capabilities, answers: { "acme/x": {}, "logging/setLevel": {}, "resources/subscribe": {} } });
    const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: modern ? "auto" : "legacy" }, capabilities: { roots: { listChanged: true } } });
    await client.connect(server);
    const before = server.got.length;
    const ask = async (/** @type {any} */ method) => client.request({ method, params: { uri: "test://x", level: "info" } });
    for (const method of modern ? ["initialize", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"] : ["server/discover", "subscriptions/listen"]) {
      seen[`${method} ${modern}`] = await ask(method).then(() => "sent", shown);
    }
    for (const method of modern ? ["notifications/initialized", "notifications/roots/list_changed"] : []) {
      seen[`${method} ${modern}`] = await client.notification({ method }).then(() => "sent", shown);
    }
    seen[`sent ${modern}`] = server.got.length - before;
    await client.close();
  }
  return seen;
}

/** @param {(options?: object) => any} scripted */
async function results(scripted) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  const asks = { resultType: "input_required", inputRequests: { name: { method: "elicitation/create", params: { mode: "form", message: "Who?", requestedSchema: { type: "object", properties: {} } } } } };
  const answers = {
    "tools/call": (/** @type {any} */ { params }) => (params.name === "strange" ? { content: [], resultType: "acme" } : params.inputResponses ? { content: [], resultType: "complete" } : asks),
    "prompts/get": () => asks,
    "resources/read": () => asks,
  };
  const capabilities = { tools: {}, prompts: {}, resources: {} };
  for (const autoFulfill of [true, false]) {
    const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" }, capabilities: { elicitation: { form: {} } }, inputRequired: { autoFulfill } });
    /** @type {unknown[]} */
    const related = [];
    client.setRequestHandler("elicitation/create", async (_, context) => {
      related.push(await tried(() => context.mcpReq.send({ method: "ping" })), await tried(() => context.mcpReq.notify({ method: "notifications/progress", params: { progressToken: 1, progress: 1 } })));
      return { action: "decline" };
    });
    await client.connect(scripted({ modern: true, capabilities, answers }));
    const say = (/** @type {any} */ result) => ("inputRequests" in result ? Object.keys(result.inputRequests) : "done");
    seen[`strange ${autoFulfill}`] = (await client.callTool({ name: "strange", arguments: {} }).then(say, shown)).slice(0, 2);
    for (const allowInputRequired of [undefined, true]) {
      const options = { allowInputRequired };
      if (!autoFulfill || allowInputRequired) {
        seen[`prompt ${autoFulfill} ${allowInputRequired}`] = await client.getPrompt({ name: "p" }, options).then(say, shown);
        seen[`resource ${autoFulfill} ${allowInputRequired}`] = await client.readResource({ uri: "test://x" }, options).then(say, shown);
      }
      seen[`tool ${autoFulfill} ${allowInputRequired}`] = await client.callTool({ name: "t", arguments: {} }, options).then(say, shown);
      seen[`request ${autoFulfill} ${allowInputRequired}`] = await client.request({ method: "tools/call", params: { name: "t", arguments: {} } }, options).then(say, shown);
    }
    seen[`related ${autoFulfill}`] = related.slice(0, 2);
    await client.close();
  }
  return seen;
}

async function headers() {
  /** @type {unknown[]} */
  const got = [];
  const { server, url } = await serving((request, message, response) => {
    const { id, method } = message ?? {};
    if (method === "server/discover") return json(response, id, { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private" });
    if (method === "tools/call") got.push([request.headers["mcp-param-region"], request.headers["mcp-param-count"], request.headers["mcp-param-absent"]]);
    json(response, id, { resultType: "complete", content: [] });
  });
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(url));
  const property = (/** @type {string} */ type, /** @type {string} */ name) => ({ type, "x-mcp-header": name });
  const properties = { region: property("string", "Region"), deep: { type: "object", properties: { count: property("integer", "Count") } }, absent: property("boolean", "Absent") };
  const toolDefinition = /** @type {any} */ ({ name: "t", inputSchema: { type: "object", properties } });
  await client.callTool({ name: "t", arguments: { region: "größer", deep: { count: 7 } } });
  await client.callTool({ name: "t", arguments: { region: "größer", deep: { count: 7 } } }, { toolDefinition });
  await client.close();
  server.closeAllConnections();
  server.close();
  return got;
}

async function scheduled() {
  let streams = 0;
  const { server, url } = await serving((request, message, response) => {
    const { id, method, params } = message ?? {};
    if (method === "initialize") return json(response, id, { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: { name: "s", version: "1" } }, { "mcp-session-id": "one" });
    if (request.method !== "GET") return void response.writeHead(id === undefined ? 202 : 204).end();
    streams++;
    if (streams === 3 || streams > 5) return void response.writeHead(503).end();
    response.writeHead(200, { "content-type": "text/event-stream" }).write(`${streams === 1 ? "" : `id: e${streams}\n`}data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"here"}}\n\n`);
    if (streams < 5) setTimeout(() => response.end(), 10);
  });
  /** @type {unknown[]} */
  const asked = [];
  let cancelled = 0;
  const transport = new StreamableHTTPClientTransport(url, {
    reconnectionOptions: { initialReconnectionDelay: 400, maxReconnectionDelay: 500, reconnectionDelayGrowFactor: 2, maxRetries: 3 },
    reconnectionScheduler: (reconnect, delay, attempt) => {
      asked.push([delay, attempt]);
      const timer = setTimeout(reconnect, asked.length > 3 ? 60_000 : 20);
      return () => {
        cancelled++;
        clearTimeout(timer);
      };
    },
  });
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  await client.connect(transport);
  for (let i = 0; i < 100 && asked.length < 4; i++) await pause(20);
  await client.close();
  server.closeAllConnections();
  server.close();
  return { asked, cancelled, streams };
}

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  return { gates: await gates(scripted), results: await results(scripted), headers: await headers(), scheduled: await scheduled() };
}
