// The demo server, driven by the TypeScript SDK v2 over HTTP, in both eras.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startDemoServer } from "../support/demo-server.mjs";
import { fiveTools } from "./five-tools.mjs";

/** In the modern era, the SDK leaves it to the caller to ask for log messages. */
const ASK_FOR_LOGS = { "io.modelcontextprotocol/logLevel": "debug" };

/** @type {import("../support/demo-server.mjs").DemoServer} */
let demo;

before(async () => {
  demo = await startDemoServer({ pace: 0.05 });
});
after(() => demo?.stop());

for (const [mode, version] of /** @type {const} */ ([["auto", "2026-07-28"], ["legacy", "2025-11-25"]])) {
  describe(version, () => {
    /** @type {Client} */
    let client;
    /** @type {unknown[]} */
    let logs = [];
    /** @type {unknown[]} */
    const asked = [];
    /** @type {string[]} */
    const updated = [];

    before(async () => {
      const options = { capabilities: { elicitation: {}, sampling: {} }, versionNegotiation: { mode } };
      client = new Client({ name: "interop", version: "1.0.0" }, options);
      client.setNotificationHandler("notifications/message", ({ params }) => void logs.push(params.data));
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => void updated.push(params.uri));
      client.setRequestHandler("elicitation/create", ({ params }) => {
        asked.push(params.message);
        return { action: "accept", content: { name: "Ada" } };
      });
      client.setRequestHandler("sampling/createMessage", ({ params }) => {
        asked.push(params.systemPrompt);
        return { role: "assistant", model: "none", content: { type: "text", text: "short" } };
      });
      await client.connect(new StreamableHTTPClientTransport(new URL(`${demo.url}mcp`)));
    });
    after(() => client?.close());

    /** @param {(typeof fiveTools)[number]} tool */
    async function call(tool) {
      /** @type {[number, number | undefined][]} */
      const progress = [];
      const params = { name: tool.name, arguments: tool.arguments, _meta: ASK_FOR_LOGS };
      const { content, structuredContent } = await client.callTool(params, {
        onprogress: (report) => void progress.push([report.progress, report.total]),
      });
      return { progress, result: { content, ...(structuredContent ? { structuredContent } : {}) } };
    }

    test("the handshake, and the list of tools", async () => {
      assert.equal(client.getNegotiatedProtocolVersion(), version);
      assert.equal(client.getServerVersion()?.name, "ProgressDemo");
      const { tools } = await client.listTools();
      for (const { name } of fiveTools) assert.ok(tools.some((tool) => tool.name === name), name);
    });

    for (const tool of fiveTools) {
      test(`${tool.name}: every number, log line and the result`, async () => {
        logs = [];
        const { progress, result } = await call(tool);
        assert.deepEqual(progress, tool.progress);
        assert.deepEqual(logs, tool.logs);
        assert.deepEqual(result, tool.result);
      });
    }

    test("all five at once", async () => {
      await Promise.all(
        fiveTools.map(async (tool) => {
          const { progress, result } = await call(tool);
          assert.deepEqual(progress, tool.progress, tool.name);
          assert.deepEqual(result, tool.result);
        }),
      );
    });

    test("abort reaches the tool, and the session goes on", async () => {
      const before = demo.output().split("slow was cancelled").length;
      const abort = new AbortController();
      const running = client.callTool(
        { name: "slow", arguments: { seconds: 60 } },
        { signal: abort.signal, onprogress: () => abort.abort("enough") },
      );
      await assert.rejects(running);
      for (let i = 0; demo.output().split("slow was cancelled").length === before; i++) {
        assert.ok(i < 100, demo.output());
        await sleep(50);
      }
      await client.listTools();
    });

    test("failures: a tool's own, wrong arguments, an unknown tool", async () => {
      assert.equal((await client.callTool({ name: "fail", arguments: {} })).isError, true);
      assert.equal((await client.callTool({ name: "process_items", arguments: { items: 3 } })).isError, true);
      await assert.rejects(client.callTool({ name: "nope", arguments: {} }), { code: -32602 });
    });

    test("elicitation and sampling", async () => {
      const elicited = await client.callTool({ name: "ask_name", arguments: {} });
      assert.deepEqual(elicited.content, [{ type: "text", text: "Hello, Ada" }]);
      const sampled = await client.callTool({ name: "summarize", arguments: { text: "a lot" } });
      assert.deepEqual(sampled.content, [{ type: "text", text: "short" }]);
      assert.equal(asked[0], "What is your name?");
      assert.match(String(asked[1]), /^You sum up texts/);
    });

    test("resources, templates, and one that changes", async () => {
      const { resources } = await client.listResources();
      // Notes that were added are listed behind these.
      assert.deepEqual(resources.slice(0, 3).map(({ uri }) => uri), ["demo://about", "demo://notes", "demo://picture"]);
      const { resourceTemplates } = await client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), ["demo://notes/{number}"]);

      const uri = "demo://notes";
      const subscription = mode === "auto" ? await client.listen({ resourceSubscriptions: [uri] }) : undefined;
      if (!subscription) await client.subscribeResource({ uri });
      const { structuredContent } = await client.callTool({ name: "add_note", arguments: { text: version } });
      for (let i = 0; !updated.includes(uri); i++) {
        assert.ok(i < 100, "no word of the change");
        await sleep(50);
      }
      await subscription?.close();
      const { number } = /** @type {{ number: number }} */ (structuredContent);
      const { contents } = await client.readResource({ uri: `demo://notes/${number}` });
      assert.deepEqual(contents, [{ uri: `demo://notes/${number}`, mimeType: "text/plain", text: version }]);
      await assert.rejects(client.readResource({ uri: "demo://nowhere" }));
    });

    test("prompts and completion", async () => {
      const { prompts } = await client.listPrompts();
      assert.deepEqual(prompts.map(({ name }) => name), ["explain", "review_code"]);
      const { messages } = await client.getPrompt({ name: "explain", arguments: { topic: "rain", reader: "a child" } });
      const text = "Explain rain to a child, in a few sentences.";
      assert.deepEqual(messages, [{ role: "user", content: { type: "text", text } }]);
      const ref = /** @type {const} */ ({ type: "ref/prompt", name: "review_code" });
      const { completion } = await client.complete({ ref, argument: { name: "language", value: "ja" } });
      assert.deepEqual(completion.values, ["Java", "JavaScript"]);
    });
  });
}
