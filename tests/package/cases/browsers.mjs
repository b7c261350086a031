// Pages in browsers: without a build, under a production policy, and as bundlers and development
// servers make them.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../../support/browser.mjs";
import { productionCsp, startStaticServer } from "../../support/static-server.mjs";
import { bundlers, outOf } from "./bundlers.mjs";
import { app, expected, state } from "./install.mjs";
import { plainPages } from "./pages.mjs";
import { works } from "./table.mjs";

/**
 * Opens a page of the app's and asserts that it saw everything.
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} url
 * @param {string} [more] of the query
 */
export async function assertRuns(browser, url, more = "") {
  const { page, assertClean } = await openPage(browser, `${url}?server=${encodeURIComponent(state.server.url)}${more}`);
  await page.waitForFunction("globalThis.done", { timeout: 30_000 });
  assert.deepEqual(await page.evaluate("globalThis.done"), expected);
  assertClean();
  await page.close();
}

const names = { chromium: "Chromium", firefox: "Firefox" };

for (const kind of browsers) {
  describe(kind, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    before(async () => {
      browser = await launch(kind);
    });
    after(() => browser?.close());

    for (const { how, csp, page, files } of plainPages) {
      test(how, async () => {
        const site = await startStaticServer({ mounts: { "/": app }, files: await files(), csp });
        try {
          await assertRuns(browser, `${site.url}${page}`);
        } finally {
          await site.stop();
        }
        works(names[kind], how);
      });
    }

    for (const bundler of bundlers) {
      test(`${bundler.name} ${bundler.version}: build`, async () => {
        const site = await startStaticServer({ mounts: { "/": outOf(bundler) }, csp: `${productionCsp}; worker-src 'self' blob:` });
        try {
          await assertRuns(browser, site.url);
          works(`${bundler.name} ${bundler.version}`, "build");
          await assertRuns(browser, site.url, "&worker");
          works(`${bundler.name} ${bundler.version}`, "`worker: true`");
          if (!bundler.worker) return;
          await assertRuns(browser, `${site.url}worker.html`);
          works(`${bundler.name} ${bundler.version}`, bundler.worker);
        } finally {
          await site.stop();
        }
      });

      if (bundler.slim) {
        test(`${bundler.name} ${bundler.version}: the slim entry`, async () => {
          const site = await startStaticServer({ mounts: { "/": `${outOf(bundler)}-slim` }, csp: productionCsp });
          try {
            await assertRuns(browser, `${site.url}slim.html`);
          } finally {
            await site.stop();
          }
          works(`${bundler.name} ${bundler.version}`, "`mcp-wasm/slim` with `mcp-wasm/core.wasm?url`");
        });
      }

      const { vite } = bundler;
      if (!vite || kind !== browsers[0]) continue;
      test(`${bundler.name} ${bundler.version}: development server`, async () => {
        const { createServer } = await vite();
        const cacheDir = path.join(app, "out", `cache-${bundler.version}`);
        const server = await createServer({ root: app, configFile: false, logLevel: "error", cacheDir, server: { host: "127.0.0.1", port: 0 } });
        try {
          await server.listen();
          const url = String(server.resolvedUrls?.local[0]);
          await assertRuns(browser, url);
          await assertRuns(browser, url, "&worker");
          await assertRuns(browser, `${url}worker.html`);
          await assertRuns(browser, `${url}slim.html`);
        } finally {
          await server.close();
        }
        works(`${bundler.name} ${bundler.version}`, "development server");
      });
    }
  });
}
