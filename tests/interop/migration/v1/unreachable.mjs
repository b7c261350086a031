// What programs look at to try an older transport, or to say what is wrong: nobody there, a pipe that breaks, a program that
// cannot be started, a server of HTTP+SSE. As a program of the SDK 1.x has it.
import { once } from "node:events";
import { createServer } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** @param {any} transport */
async function refusal(transport) {
  const client = new Client({ name: "program", version: "1.0.0" });
  const error = await client.connect(transport).catch((error) => error);
  const { message } = error;
  // The words that hosts look for.
  return { fetchFailed: message === "fetch failed", enoent: message.includes("ENOENT"), broken: message === "the pipe is broken", older: /404|405/.test(`${error} ${error.code}`) };
}

/** @param {{ start?: Error, send?: Error }} fails */
const broken = ({ start, send }) => ({
  /** @type {(() => void) | undefined} */
  onclose: undefined,
  async start() {
    if (start) throw start;
  },
  async send() {
    if (send) throw send;
  },
  async close() {
    this.onclose?.();
  },
});

export async function main() {
  // HTTP+SSE: a stream whose first event names the address for messages, and nothing else at the address.
  const older = createServer(({ method }, response) => {
    if (method !== "GET") return response.writeHead(404).end("Cannot POST /sse");
    response.writeHead(200, { "content-type": "text/event-stream" }).write("event: endpoint\ndata: /messages?sessionId=1\n\n");
  });
  await once(older.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (older.address());
  const seen = {
    nobody: await refusal(new StreamableHTTPClientTransport(new URL("http://127.0.0.1:1/mcp"))),
    missing: await refusal(broken({ start: new Error("spawn nothing ENOENT") })),
    broken: await refusal(broken({ send: new Error("the pipe is broken") })),
    older: await refusal(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/sse`))),
  };
  older.closeAllConnections();
  older.close();
  return seen;
}
