// The rules of DESIGN.md in real browsers, in a page and in a module worker, under the policy of a
// careful production site; and what happens where the policy forbids WebAssembly.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { pkg, tests } from "../support/paths.mjs";
import { startRelay } from "../support/scripted-relay.mjs";
import { productionCsp, startStaticServer } from "../support/static-server.mjs";

/** Browsers say so themselves when a WebSocket fails to open, and no page can prevent it. */
const SAID_BY_THE_BROWSER = /wss?:\/\/|CONNECTION_REFUSED/;
/** Nor of a request that is broken off, or answered with an error, on purpose. */
const SAID_OF_REQUESTS = /^request failed: |^Failed to load resource|Cross-Origin Request Blocked/;

const mounts = { "/rules/": path.join(tests, "rules"), "/pkg/": pkg, "/copy/": pkg };
const html = "<!doctype html><meta charset=utf-8><title>rules</title>";

for (const kind of browsers) {
  describe(`rules in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startRelay>>} */
    let relay;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let site;
    before(async () => {
      relay = await startRelay();
      site = await startStaticServer({ mounts, files: { "/": html }, csp: productionCsp });
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
      await relay?.stop();
    });

    for (const [where, channels] of /** @type {const} */ ([
      ["page", ["objects", "frames", "socket"]],
      ["page, over ports", ["port"]],
      ["page, by HTTP", ["http"]],
      ["worker", ["socket"]],
      ["worker, by HTTP", ["http"]],
    ])) {
      test(where, { timeout: 240_000 }, async (t) => {
        const { page, errors } = await openPage(browser, site.url);
        const outcomes = await page.evaluate(
          async (where, order) => {
            const { runRules, runRulesInWorker } = await import(/** @type {any} */ ("/rules/page.mjs"));
            return /** @type {import("../rules/page.mjs").Outcome[]} */ (await (where.startsWith("page") ? runRules(order) : runRulesInWorker(order)));
          },
          where,
          { pkg: "/pkg/index.js", copy: "/copy/index.js", relay: relay.url, nobody: relay.nobody, channels: [...channels] },
        );
        await page.close();
        for (const { name, failure } of outcomes) {
          await t.test(name, () => {
            if (failure) throw new Error(failure);
          });
        }
        assert.ok(outcomes.length > 300, `only ${outcomes.length} rules ran`);
        const byHttp = where.endsWith("HTTP");
        const unexpected = errors.filter((text) => !SAID_BY_THE_BROWSER.test(text) && !(byHttp && SAID_OF_REQUESTS.test(text)));
        assert.deepEqual(unexpected, []);
      });
    }

    test("a page whose policy forbids WebAssembly is told so by a typed error", async () => {
      const strict = await startStaticServer({ mounts, files: { "/": html }, csp: "script-src 'self'; connect-src *" });
      try {
        const { page } = await openPage(browser, strict.url);
        const outcomes = await page.evaluate(async (url) => {
          const { Client, McpError } = await import(/** @type {any} */ ("/pkg/index.js"));
          const client = new Client({ name: "t", version: "1" });
          const outcomes = [];
          // A failed start may be tried again, and fails again.
          for (let attempt = 0; attempt < 2; attempt++) {
            outcomes.push(
              await client.connect(url).then(
                () => "connected",
                (/** @type {any} */ error) => [error instanceof McpError, error.code, error.message, String(error.cause?.name)],
              ),
            );
          }
          return outcomes;
        }, `${relay.url}/mcp/1`);
        for (const outcome of outcomes) {
          const [typed, code, message, cause] = /** @type {any} */ (outcome);
          assert.deepEqual([typed, code, cause], [true, "WASM_BLOCKED", "CompileError"]);
          assert.match(message, /'wasm-unsafe-eval'/);
        }
      } finally {
        await strict.stop();
      }
    });

    describe("against the demo server", () => {
      /** @type {import("../support/demo-server.mjs").DemoServer} */
      let demo;
      before(async () => {
        demo = await startDemoServer({ args: ["--allow-origin", new URL(site.url).origin] });
      });
      after(() => demo?.stop());

      test("the five tools report exactly what they are meant to, all at once", async () => {
        const { page, assertClean } = await openPage(browser, site.url);
        const seen = await page.evaluate(async (url) => {
          const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
          const client = await Client.connect(url);
          /** @type {Record<string, any>} */
          const seen = {};
          const tools = {
            process_items: { items: ["a", "b", "c"] },
            download_file: { url: "https://example.com/f" },
            backup_database: {},
            scan_directory: { directory: "/srv" },
            data_migration: { source: "old", destination: "new" },
          };
          await Promise.all(
            Object.entries(tools).map(async ([name, args]) => {
              /** @type {any[]} */
              const progress = [];
              const result = await client.callTool(name, args, {
                // BiDi and CDP do not tell undefined from null alike.
                progressHandler: (/** @type {any[]} */ ...values) => void progress.push(values.slice(0, 3).map((value) => value ?? "none")),
              });
              seen[name] = { progress, structured: result.structuredContent ?? "none", text: result.content[0].text };
            }),
          );
          const { era } = client;
          await client.close();
          return { seen, era };
        }, demo.ws);
        const steps = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ by, /** @type {any} */ total = 100, message = "none") =>
          Array.from({ length: (to - from) / by + 1 }, (_, i) => [from + i * by, total, message]);
        assert.equal(seen.era, "modern");
        const { process_items, download_file, backup_database, scan_directory, data_migration } = seen.seen;
        assert.deepEqual(process_items.progress, steps(0, 3, 1, 3));
        assert.deepEqual(process_items.structured, { processed: 3, results: ["A", "B", "C"] });
        assert.deepEqual(download_file.progress, Array.from({ length: 20 }, (_, i) => [(((i + 1) * 50) / 1000) * 100, 100, "none"]));
        assert.equal(download_file.text, "Downloaded file from https://example.com/f");
        assert.deepEqual(backup_database.progress, steps(1, 5, 1, 5));
        assert.equal(backup_database.text, "Database backup completed");
        assert.deepEqual(scan_directory.progress, steps(1, 10, 1, "none"));
        assert.deepEqual(scan_directory.structured, { files_found: 10, directory: "/srv" });
        assert.deepEqual(data_migration.progress, steps(0, 100, 5));
        assert.equal(data_migration.text, "Migration from old to new completed");
        assertClean();
        await page.close();
      });

      for (const where of ["page", "worker"]) {
        test(`a flood of 100,000 reaches a handler in the ${where}, all of it, in order`, { timeout: 120_000 }, async () => {
          const { page, assertClean } = await openPage(browser, site.url);
          const outcome = await page.evaluate(
            async (where, url) => {
              const { flood, floodInWorker } = await import(/** @type {any} */ ("/rules/flood.mjs"));
              return where === "page" ? flood(url) : floodInWorker(url);
            },
            where,
            demo.ws,
          );
          assert.deepEqual(outcome, { count: 100_000, inOrder: true, last: 100_000 });
          assertClean();
          await page.close();
        });
      }
    });
  });
}
