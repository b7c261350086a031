// The demo server, driven by FastMCP 4 over HTTP, in both eras.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startDemoServer } from "../support/demo-server.mjs";
import { pythonFastmcp4 as python } from "../support/paths.mjs";
import { fiveTools } from "./five-tools.mjs";

const script = fileURLToPath(new URL("./server_fastmcp_client.py", import.meta.url));

for (const [mode, version] of /** @type {const} */ ([["auto", "2026-07-28"], ["legacy", "2025-11-25"]])) {
  describe(version, () => {
    /** @type {import("../support/demo-server.mjs").DemoServer} */
    let server;
    /** @type {any} */
    let seen;

    before(async () => {
      assert.ok(existsSync(python), `${python} is missing: run \`cargo xtask test\`, which sets it up`);
      server = await startDemoServer({ pace: 0.05 });
      seen = await run([script, mode, `${server.url}mcp`]);
    });
    after(() => server?.stop());

    test("the handshake, and the list of tools", () => {
      assert.equal(seen.version, version);
      assert.equal(seen.server, "ProgressDemo");
      for (const { name } of fiveTools) assert.ok(seen.tools.includes(name), name);
    });

    fiveTools.forEach((tool, i) => {
      test(`${tool.name}: every number, log line and the result`, () => {
        const { progress, logs, result } = seen.calls[i];
        assert.deepEqual(progress, tool.progress.map(([value, total]) => [value, total ?? null, null]));
        assert.deepEqual(logs, tool.logs);
        const { content, structuredContent } = result;
        assert.deepEqual({ content, ...(structuredContent && { structuredContent }) }, tool.result);
      });
    });

    test("a flood arrives whole and in order", () => {
      assert.deepEqual(seen.flood, Array.from({ length: 2000 }, (_, i) => i + 1));
    });

    test("failures: a tool's own, an unknown tool", () => {
      assert.match(seen.fail, /always fails/);
      assert.equal(seen.nope, -32602);
    });

    test("cancel reaches the tool, and the session goes on", async () => {
      assert.equal(seen.cancelled, true);
      for (let i = 0; !server.output().includes("slow was cancelled"); i++) {
        assert.ok(i < 100, server.output());
        await sleep(50);
      }
    });

    test("elicitation and sampling", () => {
      assert.equal(seen.elicited, "Hello, Ada");
      assert.equal(seen.sampled, "short");
      assert.equal(seen.asked[0], "What is your name?");
      assert.match(seen.asked[1], /a lot$/);
    });

    test("resources, templates, and one that changes", () => {
      assert.deepEqual(seen.resources, ["demo://about", "demo://notes", "demo://picture"]);
      assert.deepEqual(seen.templates, ["demo://notes/{number}"]);
      assert.equal(seen.updated, "demo://notes");
      assert.deepEqual(seen.note, [{ uri: "demo://notes/1", mimeType: "text/plain", text: "from FastMCP" }]);
      assert.equal(Buffer.from(seen.picture[0].blob, "base64").subarray(0, 4).toString(), "<svg");
    });

    test("prompts and completion", () => {
      assert.deepEqual(seen.prompts, ["explain", "review_code"]);
      assert.equal(seen.prompt[0].content.text, "Explain rain to a child, in a few sentences.");
      assert.deepEqual(seen.completed, ["Java", "JavaScript"]);
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
