// Clients of the TypeScript SDK, both majors, in the same page as our server.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { linked } from "../inpage/env.mjs";
import { importPkg } from "../support/paths.mjs";

const { Server } = await importPkg();
const server = new Server({ name: "page", version: "1.2.3" }, { instructions: "Use it." });
server.tool("count", { description: "Counts", inputSchema: { type: "object", properties: { n: { type: "number" } } } }, async (/** @type {any} */ { n }, /** @type {any} */ ctx) => {
  for (let i = 1; i <= n; i++) await ctx.reportProgress(i, n, `step ${i}`);
  return { counted: n };
});
server.tool("greet", async (/** @type {any} */ _, /** @type {any} */ ctx) => {
  const { content } = await ctx.elicit("Name?", { type: "object", properties: { name: { type: "string" } }, required: ["name"] });
  return `Hello, ${content.name}`;
});
server.resource("note://1", () => "text");
server.prompt("ask", { arguments: [{ name: "what", required: true }] }, (/** @type {any} */ { what }) => `Ask ${what}`);

after(() => server.close());

for (const [name, Client, handle] of /** @type {[string, any, (client: any, handler: () => any) => void][]} */ ([
  ["SDK 1", ClientV1, (client, handler) => client.setRequestHandler(ElicitRequestSchema, handler)],
  ["SDK 2", ClientV2, (client, handler) => client.setRequestHandler("elicitation/create", handler)],
])) {
  describe(name, () => {
    const connect = async () => {
      const [one, two] = linked();
      await server.connect(two);
      const client = new Client({ name: "sdk", version: "1" }, { capabilities: { elicitation: {} } });
      handle(client, () => ({ action: "accept", content: { name: "Ada" } }));
      await client.connect(one);
      return client;
    };

    test("its client calls our tools, with progress", async () => {
      const client = await connect();
      assert.deepEqual([client.getServerVersion().name, client.getInstructions()], ["page", "Use it."]);
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map((/** @type {any} */ tool) => tool.name), ["count", "greet"]);
      /** @type {any[]} */
      const seen = [];
      const options = { onprogress: (/** @type {any} */ progress) => seen.push(progress) };
      const params = { name: "count", arguments: { n: 3 } };
      const result = await (Client === ClientV1 ? client.callTool(params, undefined, options) : client.callTool(params, options));
      assert.deepEqual(result.structuredContent, { counted: 3 });
      assert.deepEqual(seen, [1, 2, 3].map((i) => ({ progress: i, total: 3, message: `step ${i}` })));
      await client.close();
    });

    test("it answers our questions, reads resources and prompts", async () => {
      const client = await connect();
      assert.deepEqual((await client.callTool({ name: "greet", arguments: {} })).content, [{ type: "text", text: "Hello, Ada" }]);
      assert.equal((await client.readResource({ uri: "note://1" })).contents[0].text, "text");
      assert.equal((await client.getPrompt({ name: "ask", arguments: { what: "Ada" } })).messages[0].content.text, "Ask Ada");
      await client.close();
    });
  });
}
