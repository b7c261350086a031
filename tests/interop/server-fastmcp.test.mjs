// The demo and the fixture server, driven by FastMCP 4 over HTTP, in both eras.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startDemoServer } from "../support/demo-server.mjs";
import { startFixtureServer } from "../support/fixture-server.mjs";
import { pythonFastmcp4 as python } from "../support/paths.mjs";
import { fiveTools } from "./five-tools.mjs";

const script = fileURLToPath(new URL("./server_fastmcp_client.py", import.meta.url));

for (const [mode, version] of /** @type {const} */ ([["auto", "2026-07-28"], ["legacy", "2025-11-25"]])) {
  describe(version, () => {
    /** @type {import("../support/demo-server.mjs").DemoServer} */
    let server;
    /** @type {any} */
    let demo;
    /** @type {any} */
    let fixture;

    before(async () => {
      assert.ok(existsSync(python), `${python} is missing: run \`cargo xtask test\`, which sets it up`);
      const other = await startFixtureServer();
      server = await startDemoServer({ pace: 0.05 });
      try {
        ({ demo, fixture } = await run([script, mode, `${server.url}mcp`, other.mcp]));
      } finally {
        await other.stop();
      }
    });
    after(() => server?.stop());

    test("the handshake, and the list of tools", () => {
      assert.equal(demo.version, version);
      assert.equal(demo.server, "ProgressDemo");
      for (const { name } of fiveTools) assert.ok(demo.tools.includes(name), name);
    });

    fiveTools.forEach((tool, i) => {
      test(`${tool.name}: every number, log line and the result`, () => {
        const { progress, logs, result } = demo.calls[i];
        assert.deepEqual(progress, tool.progress.map(([value, total]) => [value, total ?? null, null]));
        assert.deepEqual(logs, tool.logs);
        const { content, structuredContent } = result;
        assert.deepEqual({ content, ...(structuredContent && { structuredContent }) }, tool.result);
      });
    });

    test("a flood arrives whole and in order", () => {
      assert.deepEqual(demo.flood, Array.from({ length: 2000 }, (_, i) => i + 1));
    });

    test("failures: a tool's own, an unknown tool", () => {
      assert.match(demo.fail, /always fails/);
      assert.equal(demo.nope, -32602);
    });

    test("cancel reaches the tool, and the session goes on", async () => {
      assert.equal(demo.cancelled, true);
      for (let i = 0; !server.output().includes("slow was cancelled"); i++) {
        assert.ok(i < 100, server.output());
        await sleep(50);
      }
    });

    test("elicitation and sampling", () => {
      assert.deepEqual(fixture.asked, ["Who?", "Say something"]);
      assert.match(fixture.elicited[0].text, /ada@example\.com/);
      assert.match(fixture.sampled[0].text, /sampled/);
    });

    test("resources and templates", () => {
      assert.ok(fixture.resources.includes("test://static-text"), fixture.resources);
      assert.ok(fixture.templates.includes("test://template/{id}/data"), fixture.templates);
      assert.equal(fixture.text[0].mimeType, "text/plain");
      assert.match(fixture.filled[0].text, /123/);
    });

    test("prompts and completion", () => {
      assert.ok(fixture.prompts.includes("test_simple_prompt"), fixture.prompts);
      assert.match(fixture.prompt[0].content.text, /one.*two/s);
      assert.ok(Array.isArray(fixture.completed));
    });
  });
}

/** @param {string[]} args @returns {Promise<any>} */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = execFile(python, args, { timeout: 120_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout));
    });
    child.stdin?.end(JSON.stringify(fiveTools));
  });
}
