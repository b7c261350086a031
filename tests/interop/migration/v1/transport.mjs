// A transport of one's own around one end of a pair, with the SDK's server at the other. As a program
// of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

/** Counts what goes by. */
class CountingTransport {
  sent = 0;
  received = 0;
  /** @type {((message: any, extra?: any) => void) | undefined} */
  onmessage;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;

  /** @param {any} inner */
  constructor(inner) {
    this.inner = inner;
  }

  async start() {
    this.inner.onmessage = (/** @type {any} */ message, /** @type {any} */ extra) => {
      this.received++;
      this.onmessage?.(message, extra);
    };
    this.inner.onclose = () => this.onclose?.();
    this.inner.onerror = (/** @type {Error} */ error) => this.onerror?.(error);
    await this.inner.start();
  }

  /** @param {any} message */
  async send(message) {
    this.sent++;
    await this.inner.send(message);
  }

  async close() {
    await this.inner.close();
  }
}

export async function main() {
  const server = new McpServer({ name: "in memory", version: "1.0.0" });
  server.registerTool("count", { description: "Counts", inputSchema: { n: z.number() } }, async ({ n }, { _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken;
    for (let i = 1; progressToken !== undefined && i <= n; i++) {
      await sendNotification({ method: "notifications/progress", params: { progressToken, progress: i, total: n } });
    }
    return { content: [{ type: "text", text: `counted to ${n}` }] };
  });
  const [here, there] = InMemoryTransport.createLinkedPair();
  const transport = new CountingTransport(here);
  const client = new Client({ name: "program", version: "1.0.0" });
  /** @type {unknown[]} */
  const seen = [];
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void seen.push("tools changed"));
  await Promise.all([server.connect(/** @type {any} */ (there)), client.connect(transport)]);
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: "count", arguments: { n: 3 } }, undefined, { onprogress: ({ progress, total }) => seen.push([progress, total]) });
  const changed = new Promise((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve("tools changed")));
  server.registerTool("another", { description: "Another" }, async () => ({ content: [] }));
  const news = await changed;
  const closed = new Promise((resolve) => (client.onclose = () => resolve("closed")));
  await server.close();
  return { tools: tools.map(({ name }) => name), content: result.content, seen, news, closed: await closed, counted: transport.sent > 3 && transport.received > 3 };
}
