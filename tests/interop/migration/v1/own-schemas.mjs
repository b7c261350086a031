// Handlers by schemas of the program's own, of both majors of zod. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { z } from "zod";
import { z as z3 } from "zod/v3";

export async function main() {
  const server = new Server({ name: "in memory", version: "1.0.0" }, { capabilities: {} });
  const client = new Client({ name: "program", version: "1.0.0" });
  const Add = z.object({ method: z.literal("acme/add"), params: z.object({ a: z.number(), b: z.number().default(10) }) });
  const News = z3.object({ method: z3.literal("acme/news"), params: z3.object({ text: z3.string() }) });
  client.setRequestHandler(Add, ({ params }) => ({ sum: params.a + params.b }));
  const heard = new Promise((resolve) => client.setNotificationHandler(News, ({ params }) => resolve(params.text)));
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(/** @type {any} */ (there)), client.connect(here)]);
  const sum = await server.request({ method: "acme/add", params: { a: 1 } }, z.object({ sum: z.number() }));
  const wrong = await server.request({ method: "acme/add", params: { a: "one" } }, z.object({ sum: z.number() })).then(() => "answered", () => "refused");
  await server.notification(/** @type {any} */ ({ method: "acme/news", params: { text: "hello" } }));
  const text = await heard;
  await client.close();
  return { sum, wrong, text };
}
