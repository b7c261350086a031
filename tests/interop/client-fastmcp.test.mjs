// Our client, in Node, pages and workers of Chromium, against FastMCP: 4 over HTTP in both eras, 3 over
// WebSocket.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { launch, openPage } from "../support/browser.mjs";
import { importPkg, pkg, python, pythonFastmcp4 } from "../support/paths.mjs";
import { start } from "../support/process.mjs";
import { startStaticServer } from "../support/static-server.mjs";
import { exercise } from "./client-exercise.mjs";
import { fiveTools } from "./five-tools.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const html = "<!doctype html><meta charset=utf-8><title>interop</title>";
// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);

/** @typedef {Awaited<ReturnType<typeof exercise>>} Seen */
/** @typedef {import("./client-exercise.mjs").Order} Order */

const places = { Node: inNode, page: inPage, worker: inWorker };

/**
 * @type {{ name: string, program: string, host: string, mode: "auto" | "legacy", version: string, at: (keyof typeof places)[] }[]}
 */
const servers = [
  { name: "FastMCP 4, HTTP, 2026-07-28", program: pythonFastmcp4, host: "http", mode: "auto", version: "2026-07-28", at: ["Node", "page"] },
  { name: "FastMCP 4, HTTP, handshake", program: pythonFastmcp4, host: "http", mode: "legacy", version: "2025-11-25", at: ["Node", "page"] },
  // The probe of the modern era fails as if the network had, and so would everything after it.
  {
    name: "FastMCP 4, HTTP, CORS as documented",
    program: pythonFastmcp4,
    host: "http-documented",
    mode: "auto",
    version: "2025-11-25",
    at: ["page", "worker"],
  },
  { name: "FastMCP 3, WebSocket", program: python, host: "websocket", mode: "auto", version: "2025-11-25", at: ["Node", "page"] },
];

/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {import("../support/static-server.mjs").StaticServer} */
let site;

before(async () => {
  site = await startStaticServer({ mounts: { "/interop/": here, "/pkg/": pkg }, files: { "/": html } });
  browser = await launch("chromium");
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** @param {Order} order @returns {Promise<Seen>} */
async function inNode(order) {
  return JSON.parse(JSON.stringify(await exercise(await importPkg(), order)));
}

/** @param {Order} order @returns {Promise<Seen>} */
async function inPage(order) {
  const { page } = await openPage(browser, site.url);
  const seen = await page.evaluate(async (order) => {
    const { exercise } = await import(/** @type {any} */ ("/interop/client-exercise.mjs"));
    return exercise(await import(/** @type {any} */ ("/pkg/index.js")), order);
  }, order);
  await page.close();
  return seen;
}

/** @param {Order} order @returns {Promise<Seen>} */
async function inWorker(order) {
  const { page } = await openPage(browser, site.url);
  const seen = await page.evaluate((order) => {
    const worker = new Worker("/interop/client-worker.mjs", { type: "module" });
    return new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(order);
    });
  }, order);
  await page.close();
  return /** @type {Seen} */ (seen);
}

const tools = fiveTools.map(({ name, arguments: args }) => ({ name, arguments: args }));

for (const { name, program, host, mode, version, at } of servers) {
  for (const place of at) {
    describe(`${name}, ${place}`, () => {
      /** @type {import("../support/process.mjs").Running} */
      let server;
      /** @type {Seen} */
      let seen;
      before(async () => {
        assert.ok(existsSync(program), `${program} is missing: run \`cargo xtask test\`, which sets it up`);
        server = await start(program, [`${here}fastmcp_server.py`, host], { ready: /listening on (\S+)/ });
        seen = await places[place]({ url: String(server.match[1]), mode, tools });
      });
      after(() => server?.stop());

      test("the handshake, and the list of tools", () => {
        assert.equal(seen.protocolVersion, version);
        assert.equal(seen.server, "FastMCP demo");
        assert.equal(seen.instructions, "Tools that report how far they are.");
        for (const tool of fiveTools) assert.ok(seen.tools.includes(tool.name), tool.name);
      });

      fiveTools.forEach((tool, i) => {
        test(`${tool.name}: every number, log line and the result`, () => {
          check(seen.calls[i], tool);
          assert.deepEqual(seen.calls[i]?.logs, tool.logs.map((msg) => ({ msg, extra: null })));
        });
      });

      test("all five at once get each their own progress", () => {
        fiveTools.forEach((tool, i) => check(seen.together[i], tool));
      });

      test("odd progress arrives as it was sent", () => {
        assert.deepEqual(seen.odd.progress, [[1, 3, "one"], [1, 3, ""], [0.5, 3, "back\nagain"], [2, 3, "naïve ✓"]]);
      });

      test("failures are results", () => {
        assert.equal(seen.failed.isError, true);
        assert.match(seen.failed.content[0].text, /always fails/);
        assert.equal(seen.wrong.isError, true);
      });

      test("elicitation", () => {
        assert.equal(seen.elicited, "Ada is 36");
        assert.equal(seen.asked[0].message, "Who are you?");
        assert.deepEqual(Object.keys(seen.asked[0].requestedSchema.properties), ["name", "age"]);
      });

      test("sampling", () => {
        assert.equal(seen.sampled, "none: short");
        assert.equal(seen.asked[1].messages[0].content.text, "Summarize: a lot");
        assert.equal(seen.asked[1].maxTokens, 100);
      });

      test("roots", () => {
        assert.equal(seen.roots, "file:///work");
      });

      test("cancel reaches the tool, and the session goes on", () => {
        assert.deepEqual(seen.cancelled, ["AbortError", "ABORTED", "1"]);
      });

      test("resources and templates", () => {
        assert.deepEqual(seen.resources, ["notes://today", "notes://picture"]);
        assert.deepEqual(seen.templates, ["notes://{day}/plan"]);
        assert.equal(seen.text[0]?.text, "Test everything.");
        assert.equal(seen.filled[0]?.text, "On monday: rest.");
        assert.equal(seen.blob[0]?.blob, "iVBORw==");
        assert.notEqual(seen.missing, "found");
      });

      test("prompts and completion", () => {
        assert.deepEqual(seen.prompts, ["greet"]);
        assert.deepEqual(seen.prompt.messages, [{ role: "user", content: { type: "text", text: "Greet Ada in a formal way." } }]);
        assert.deepEqual(seen.completed, ["plain", "playful"]);
      });

      // Since 2026-07-28 there is no level of the session.
      if (version !== "2026-07-28") {
        test("the log level is respected", () => assert.deepEqual(seen.quiet, []));
      }

      test("nothing was out of order", () => {
        assert.deepEqual(seen.errors, []);
        assert.equal(seen.late, 0);
      });
    });
  }
}

/** @param {import("./client-exercise.mjs").Outcome | undefined} outcome @param {(typeof fiveTools)[number]} tool */
function check(outcome, tool) {
  assert.deepEqual(outcome?.progress, tool.progress.map(([value, total]) => [value, total ?? null, null]), tool.name);
  const { content, structuredContent } = outcome.result;
  const expected = /** @type {{ structuredContent?: unknown, content: { text: string }[] }} */ (tool.result);
  assert.notEqual(outcome.result.isError, true);
  if (expected.structuredContent) {
    assert.deepEqual(structuredContent, expected.structuredContent);
  } else {
    assert.equal(content[0].text, expected.content[0]?.text);
    // FastMCP wraps text.
    assert.deepEqual(structuredContent, { result: content[0].text });
  }
}
