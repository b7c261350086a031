// Servers in pages, workers and frames of real browsers, under the policy of a careful production
// site: the rules between the two halves, the guide's examples, and what is downloaded when.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { guide } from "../inpage/guide.mjs";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { pkg, tests } from "../support/paths.mjs";
import { productionCsp, startStaticServer } from "../support/static-server.mjs";
import { until } from "./demo-page.mjs";

const mounts = { "/rules/": path.join(tests, "rules"), "/inpage/": path.join(tests, "inpage"), "/pkg/": pkg };
/** @param {string} [body] */
const html = (body = "") => `<!doctype html><meta charset=utf-8><title>in the page</title>${body}`;

/** An example as a page serves it. @param {string} name @param {Record<string, string>} [origins] */
function served(name, origins = {}) {
  let code = String(guide.named.get(name)).replaceAll('"mcp-wasm"', '"/pkg/index.js"');
  for (const [from, to] of Object.entries(origins)) code = code.replaceAll(from, to);
  return code;
}

for (const kind of browsers) {
  describe(`servers in the page, in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let site;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let widget;
    before(async () => {
      /** @type {Record<string, string>} */
      const files = { "/": html() };
      site = await startStaticServer({ mounts, csp: `${productionCsp}; frame-src *`, files });
      const own = new URL(site.url).origin;
      widget = await startStaticServer({
        mounts,
        csp: `${productionCsp}; style-src 'self' 'unsafe-inline'`,
        files: { "/": html('<script type="module" src="/frame.js"></script>'), "/frame.js": served("frame.js", { "https://app.example.com": own }) },
      });
      files["/worker.js"] = served("worker.js");
      files["/page-of-worker.js"] = served("page-of-worker.js");
      files["/with-frame/"] = html(`<iframe src="${widget.url}"></iframe>`);
      files["/page-of-frame.js"] = served("page-of-frame.js", { "https://widget.example.com": new URL(widget.url).origin });
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
      await widget?.stop();
    });

    test("the rules between the two halves", { timeout: 120_000 }, async (t) => {
      const { page, assertClean } = await openPage(browser, site.url);
      const outcomes = await page.evaluate(async () => {
        const { runRules } = await import(/** @type {any} */ ("/inpage/page.mjs"));
        return /** @type {{ name: string, failure?: string }[]} */ (await runRules());
      });
      await page.close();
      for (const { name, failure } of outcomes) {
        await t.test(name, () => {
          if (failure) throw new Error(failure);
        });
      }
      assert.ok(outcomes.length > 150, `only ${outcomes.length} rules ran`);
      assertClean();
    });

    test("the guide's worker", async () => {
      const watched = await openPage(browser, site.url);
      await watched.page.evaluate(() => import(/** @type {any} */ ("/page-of-worker.js")));
      await until("all that it prints", async () => watched.logs.length >= 11);
      assert.deepEqual(watched.logs.length, 11);
      assert.match(String(watched.logs[0]), /^log: 1000 10000/);
      assert.equal(watched.logs[10], "log: 50005000");
      watched.assertClean();
      await watched.page.close();
    });

    test("the guide's frame, of another origin, and nobody else", async () => {
      const watched = await openPage(browser, `${site.url}with-frame/`);
      await watched.page.evaluate(() => import(/** @type {any} */ ("/page-of-frame.js")));
      await until("what it prints", async () => watched.logs.length > 0);
      assert.deepEqual(watched.logs, ["log: now teal"]);
      const frame = watched.page.frames().find((frame) => frame.url() === widget.url);
      assert.equal(await frame?.evaluate(() => document.body.style.background), "teal");
      watched.assertClean();
      await watched.page.close();
      const stranger = await startStaticServer({ mounts, files: { "/": html(`<iframe src="${widget.url}"></iframe>`) } });
      try {
        const { page } = await openPage(browser, stranger.url);
        const code = await page.evaluate(async (origin) => {
          const { Client, openPort } = await import(/** @type {any} */ ("/pkg/index.js"));
          const frame = /** @type {HTMLIFrameElement} */ (document.querySelector("iframe"));
          return Client.connect(openPort(frame.contentWindow, { origin, timeout: 500 })).catch((/** @type {any} */ error) => error.code);
        }, new URL(widget.url).origin);
        assert.equal(code, "TIMEOUT");
        await page.close();
      } finally {
        await stranger.stop();
      }
    });

    test("the server's module is downloaded when the first client connects, and not before", async () => {
      const { page } = await openPage(browser, site.url);
      /** @type {string[]} */
      const downloads = [];
      page.on("request", (request) => downloads.push(path.basename(new URL(request.url()).pathname)));
      await page.evaluate(async () => {
        const { Server } = await import(/** @type {any} */ ("/pkg/index.js"));
        const server = new Server({ name: "page", version: "1" });
        server.tool("tool", () => "done");
        /** @type {any} */ (window).server = server;
      });
      const late = ["server-module.js", "host.js", "host-inline.js"];
      assert.deepEqual(downloads.filter((name) => late.includes(name)), []);
      const text = await page.evaluate(async () => {
        const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
        const client = await Client.connect(/** @type {any} */ (window).server);
        return (await client.callTool("tool")).content[0].text;
      });
      assert.equal(text, "done");
      assert.deepEqual(late.filter((name) => downloads.includes(name)), late);
      await page.close();
    });
  });
}
