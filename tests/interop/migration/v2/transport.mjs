// A transport of one's own, and a server of one's own at its other end. As a program of the SDK 2.x
// has it.
import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { z } from "zod";

/** A server in a few lines: what each request is answered with. @type {Record<string, (params: any) => object>} */
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "tiny", version: "1.0.0" } }),
  "tools/list": () => ({ tools: [{ name: "count", inputSchema: { type: "object" } }] }),
  "tools/call": ({ arguments: { n } }) => ({ content: [{ type: "text", text: `counted to ${n}` }] }),
};

/** Answers by itself, without a connection. */
class TinyTransport {
  /** @type {((message: any) => void) | undefined} */
  onmessage;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {any[]} */
  sent = [];

  async start() {}

  /** @param {any} message */
  async send(message) {
    this.sent.push(message);
    const { id, method, params } = message;
    if (id === undefined || !method) return;
    const token = params?._meta?.progressToken;
    const answer = answers[method];
    queueMicrotask(() => {
      if (!answer) return this.onmessage?.({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
      for (let progress = 1; method === "tools/call" && token !== undefined && progress <= params.arguments.n; progress++) {
        this.onmessage?.({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress, total: params.arguments.n } });
      }
      // In a later turn, because the SDK loses progress that comes with its answer.
      setTimeout(() => this.onmessage?.({ jsonrpc: "2.0", id, result: answer(params) }), 5);
    });
  }

  async close() {
    this.onclose?.();
  }
}

export async function main() {
  const transport = new TinyTransport();
  const client = new Client({ name: "program", version: "1.0.0" });
  /** @type {unknown[]} */
  const seen = [];
  await client.connect(transport);
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: "count", arguments: { n: 3 } }, { onprogress: ({ progress, total }) => seen.push([progress, total]) });
  // Methods of one's own, with schemas of what the handler gets.
  client.setRequestHandler("acme/add", { params: z.object({ a: z.number(), b: z.number().default(10) }) }, ({ a, b }) => ({ sum: a + b }));
  const heard = new Promise((resolve) => client.setNotificationHandler("acme/news", { params: z.object({ text: z.string() }) }, ({ text }) => resolve(text)));
  transport.onmessage?.({ jsonrpc: "2.0", method: "acme/news", params: { text: "hello" } });
  transport.onmessage?.({ jsonrpc: "2.0", id: "asked", method: "acme/add", params: { a: 1 } });
  const text = await heard;
  while (!transport.sent.some(({ id }) => id === "asked")) await new Promise((resolve) => setTimeout(resolve, 1));
  const { result: sum } = transport.sent.find(({ id }) => id === "asked");
  const closed = new Promise((resolve) => (client.onclose = () => resolve("closed")));
  await client.close();

  // A pair has two ends that know of each other.
  const [here, there] = InMemoryTransport.createLinkedPair();
  const got = new Promise((resolve) => (there.onmessage = resolve));
  await there.start();
  await here.start();
  await here.send({ jsonrpc: "2.0", method: "acme/news" });
  return { tools: tools.map(({ name }) => name), content: result.content, seen, text, sum: sum.sum, closed: await closed, got: await got };
}
