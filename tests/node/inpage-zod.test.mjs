// A server in the page with the schemas of zod, as its users write them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import * as z3 from "zod/v3";
import { importPkg } from "../support/paths.mjs";

const { Client, Server } = await importPkg();

test("zod's schemas and shapes of them describe and check the arguments", async () => {
  const server = new Server({ name: "page", version: "1" });
  const options = { a: z.string().min(1), n: z.number().optional(), c: z.string().default("x") };
  server.tool("whole", { inputSchema: z.object(options) }, (/** @type {any} */ args) => JSON.stringify(args));
  server.tool("shape", { inputSchema: options }, (/** @type {any} */ args) => JSON.stringify(args));
  const client = await Client.connect(server);
  const { tools } = await client.listTools();
  for (const { name, inputSchema } of tools) {
    assert.deepEqual([inputSchema.type, Object.keys(inputSchema.properties), inputSchema.required], ["object", ["a", "n", "c"], ["a"]], name);
    assert.equal((await client.callTool(name, { a: "b" })).content[0].text, '{"a":"b","c":"x"}');
    const { isError, content } = await client.callTool(name, { a: "", n: "1" });
    assert.match(`${isError} ${content[0].text}`, /^true the arguments of `\w+` do not fit: a: .*; n: /);
  }
  await client.close();
});

test("a schema of zod's older kind is refused where it is given, with what to do", () => {
  const server = new Server({ name: "page", version: "1" });
  for (const inputSchema of [z3.object({}), { name: z3.string() }]) {
    assert.throws(() => server.tool("t", { inputSchema }, () => ""), { code: "INVALID_ARGUMENT", message: /t cannot be added: .*JSON Schema/ });
  }
});
