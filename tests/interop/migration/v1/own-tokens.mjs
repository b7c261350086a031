// A program that gives its calls progress tokens of its own and hears of them by one handler, through a transport that wraps the
// SDK's, as command line agents do. As a program of the SDK 1.x has it.
import { randomUUID } from "node:crypto";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ListRootsRequestSchema, ProgressNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

/** Looks at what the server says before the client does, and hands on the messages alone. @param {StreamableHTTPClientTransport} inner */
function wrapped(inner) {
  /** @type {any} */
  const transport = {
    start: () => inner.start(),
    close: () => inner.close(),
    send: (/** @type {any} */ message) => inner.send(message),
  };
  inner.onmessage = (message) => transport.onmessage?.(message);
  inner.onclose = () => transport.onclose?.();
  inner.onerror = (error) => transport.onerror?.(error);
  return transport;
}

/** @param {{ demo: string, fixture: string }} servers */
export async function main({ demo }) {
  const client = new Client({ name: "program", version: "1.0.0" });
  client.registerCapabilities({ roots: { listChanged: true } });
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }));
  await client.connect(wrapped(new StreamableHTTPClientTransport(new URL(demo))), { timeout: 10_000 });
  /** @type {Map<string | number, string>} */
  const running = new Map();
  /** @type {Record<string, number[]>} */
  const heard = {};
  client.setNotificationHandler(ProgressNotificationSchema, ({ params: { progressToken, progress, total } }) => {
    const name = running.get(progressToken);
    if (name) (heard[name] ??= []).push(progress / (total ?? 1));
  });
  const call = async (/** @type {string} */ name, /** @type {object} */ args) => {
    const progressToken = randomUUID();
    running.set(progressToken, name);
    const result = await client.callTool({ name, arguments: /** @type {any} */ (args), _meta: { progressToken } }, undefined, { timeout: 10_000 });
    return result.content;
  };
  const answers = await Promise.all([call("process_items", { items: ["a", "b", "c"] }), call("backup_database", {})]);
  await client.close();
  return { answers, heard };
}
