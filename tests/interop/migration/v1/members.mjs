// What an application does beside calling tools: declares capabilities late, swaps handlers, takes what nobody else
// takes, asks strictly. As a program of the SDK 1.x has it.
import { Client, getSupportedElicitationModes } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { DEFAULT_REQUEST_TIMEOUT_MSEC, mergeCapabilities } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ErrorCode,
  LATEST_PROTOCOL_VERSION,
  ListRootsRequestSchema,
  ListToolsResultSchema,
  McpError,
  isInitializeRequest,
  isJSONRPCNotification,
  isJSONRPCRequest,
} from "@modelcontextprotocol/sdk/types.js";

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  /** @param {() => unknown} act */
  const refused = (act) => {
    try {
      act();
      return "done";
    } catch (error) {
      return error instanceof Error ? [error.name, error.message] : error;
    }
  };

  const client = new Client({ name: "program", version: "1.0.0" });
  client.registerCapabilities({ sampling: {}, roots: { listChanged: true } });
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///work" }] }));
  seen.taken = refused(() => client.assertCanSetRequestHandler("roots/list"));
  seen.free = refused(() => client.assertCanSetRequestHandler("other/method"));
  const server = scripted({ capabilities: { tools: {} }, answers: { "tools/list": { tools: [] } } });
  await client.connect(server);
  seen.started = server.methods();
  seen.declared = server.got[0].params.capabilities;
  seen.version = server.got[0].params.protocolVersion === LATEST_PROTOCOL_VERSION;
  seen.late = refused(() => client.registerCapabilities({ elicitation: {} }));

  seen.roots = await server.ask("roots/list");
  client.removeRequestHandler("roots/list");
  seen.removed = (await server.ask("roots/list")).code;
  client.setRequestHandler(CreateMessageRequestSchema, () => {
    throw new McpError(ErrorCode.InvalidRequest, "not now", { later: true });
  });
  seen.thrown = await server.ask("sampling/createMessage", { messages: [], maxTokens: 1 });
  client.fallbackRequestHandler = async ({ method, params, id }) => ({ fell: [method, params, typeof id] });
  seen.fell = await server.ask("acme/ask", { of: "anybody" });
  /** @type {unknown[]} */
  const news = [];
  client.fallbackNotificationHandler = async ({ method, params }) => void news.push([method, params]);
  await server.tell("acme/news", { nr: 1 });
  await server.tell("notifications/progress", { progressToken: "strange", progress: 1 });
  seen.news = news;
  await client.sendRootsListChanged();
  seen.told = server.methods().at(-1);
  await client.close();
  seen.closed = client.transport === undefined;

  const strict = new Client({ name: "program", version: "1.0.0" }, { enforceStrictCapabilities: true, capabilities: { roots: {} }, debouncedNotificationMethods: ["acme/often"] });
  const toolsOnly = scripted({ capabilities: { tools: {}, resources: {} }, answers: { "resources/subscribe": {} } });
  await strict.connect(toolsOnly);
  /** @param {Promise<unknown>} call */
  const failed = (call) => call.then(() => "done", (error) => error.message);
  seen.strict = [
    await failed(strict.listPrompts()),
    await failed(strict.complete({ ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "" } })),
    await failed(strict.setLoggingLevel("info")),
    await failed(strict.subscribeResource({ uri: "test://one" })),
    refused(() => strict.setRequestHandler(CreateMessageRequestSchema, () => ({}))),
  ];
  await Promise.all([1, 2, 3].map(() => strict.notification({ method: "acme/often" })));
  await strict.notification({ method: "acme/often", params: {} });
  seen.often = toolsOnly.methods().filter((/** @type {string} */ method) => method === "acme/often").length;
  await strict.close();

  const [here, there] = InMemoryTransport.createLinkedPair();
  await there.start();
  const heard = new Promise((resolve) => (there.onmessage = resolve));
  await here.start();
  await here.send({ jsonrpc: "2.0", id: 7, method: "ping" });
  seen.heard = await heard;

  seen.modes = [undefined, {}, { form: {} }, { url: {} }, { form: {}, url: {} }].map((modes) => getSupportedElicitationModes(modes));
  seen.merged = mergeCapabilities({ roots: { listChanged: true } }, { sampling: {}, roots: {} });
  seen.kinds = [server.got[0].params, server.got[0], server.got[1]].map((message) => [isJSONRPCRequest(message), isJSONRPCNotification(message), isInitializeRequest(message)]);
  seen.parsed = [CallToolResultSchema.safeParse({ content: [] }).success, ListToolsResultSchema.safeParse({}).success, ListToolsResultSchema.parse({ tools: [] })];
  seen.constants = [DEFAULT_REQUEST_TIMEOUT_MSEC, ErrorCode.RequestTimeout, ErrorCode[-32001]];
  return seen;
}
