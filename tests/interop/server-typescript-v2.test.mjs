// The demo and the fixture server, driven by the TypeScript SDK v2 over HTTP, in both eras.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startDemoServer } from "../support/demo-server.mjs";
import { startFixtureServer } from "../support/fixture-server.mjs";
import { fiveTools } from "./five-tools.mjs";

/** In the modern era, the SDK leaves it to the caller to ask for log messages. */
const ASK_FOR_LOGS = { "io.modelcontextprotocol/logLevel": "debug" };

/** @type {import("../support/demo-server.mjs").DemoServer} */
let demo;
/** @type {import("../support/fixture-server.mjs").FixtureServer} */
let fixture;

before(async () => {
  demo = await startDemoServer({ pace: 0.05 });
  fixture = await startFixtureServer();
});
after(async () => {
  await demo?.stop();
  await fixture?.stop();
});

for (const [mode, version] of /** @type {const} */ ([["auto", "2026-07-28"], ["legacy", "2025-11-25"]])) {
  describe(version, () => {
    /** @type {Client} */
    let client;
    /** @type {Client} */
    let other;
    /** @type {unknown[]} */
    let logs = [];
    /** @type {unknown[]} */
    const asked = [];

    before(async () => {
      client = await connect(`${demo.url}mcp`);
      other = await connect(fixture.mcp);
    });
    after(async () => {
      await client?.close();
      await other?.close();
    });

    /** @param {string} url */
    async function connect(url) {
      const options = { capabilities: { elicitation: {}, sampling: {} }, versionNegotiation: { mode } };
      const made = new Client({ name: "interop", version: "1.0.0" }, options);
      made.setNotificationHandler("notifications/message", ({ params }) => void logs.push(params.data));
      made.setRequestHandler("elicitation/create", ({ params }) => {
        asked.push(params.message);
        return { action: "accept", content: { username: "ada", email: "ada@example.com" } };
      });
      made.setRequestHandler("sampling/createMessage", ({ params }) => {
        asked.push(params.messages[0]?.content);
        return { role: "assistant", model: "none", content: { type: "text", text: "sampled" } };
      });
      await made.connect(new StreamableHTTPClientTransport(new URL(url)));
      return made;
    }

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
      const elicited = await other.callTool({ name: "test_elicitation", arguments: { message: "Who?" } });
      assert.match(JSON.stringify(elicited.content), /ada@example\.com/);
      const sampled = await other.callTool({ name: "test_sampling", arguments: { prompt: "Say something" } });
      assert.match(JSON.stringify(sampled.content), /sampled/);
      assert.deepEqual(asked, ["Who?", { type: "text", text: "Say something" }]);
    });

    test("resources and templates", async () => {
      const { resources } = await other.listResources();
      assert.ok(resources.some(({ uri }) => uri === "test://static-text"));
      const { resourceTemplates } = await other.listResourceTemplates();
      assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === "test://template/{id}/data"));
      const { contents } = await other.readResource({ uri: "test://template/123/data" });
      assert.match(JSON.stringify(contents), /123/);
      await assert.rejects(other.readResource({ uri: "test://nowhere" }));
    });

    test("prompts and completion", async () => {
      const { prompts } = await other.listPrompts();
      assert.ok(prompts.some(({ name }) => name === "test_simple_prompt"));
      const { messages } = await other.getPrompt({ name: "test_prompt_with_arguments", arguments: { arg1: "one", arg2: "two" } });
      assert.match(JSON.stringify(messages), /one.*two/);
      const ref = /** @type {const} */ ({ type: "ref/prompt", name: "test_prompt_with_arguments" });
      const { completion } = await other.complete({ ref, argument: { name: "arg1", value: "" } });
      assert.ok(Array.isArray(completion.values));
    });
  });
}
