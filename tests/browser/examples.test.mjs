// The examples of the documents that are for a page run in one, and print what they say.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { complete, examples, unprinted } from "../support/examples.mjs";
import { pkg } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

/** Where pages without a build get the package from. */
const CDN = "https://cdn.jsdelivr.net/npm/mcp-wasm/";

const importMap = JSON.stringify({
  imports: { "mcp-wasm": "/pkg/index.js", ...Object.fromEntries(["slim", "element", "validate", "diagnose", "worker", "server"].map((name) => [`mcp-wasm/${name}`, `/pkg/${name}.js`])) },
});

/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {import("../support/demo-server.mjs").DemoServer} */
let server;
before(async () => {
  server = await startDemoServer({ args: ["--allow-origin", "*"] });
  browser = await launch("chromium");
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const example of [...examples("html"), ...examples("js page")]) {
  test(`${example.name} runs in a page and prints what it says`, async () => {
    const text =
      example.kind === "html"
        ? complete(example.code, server.ws).replaceAll(CDN, "/pkg/")
        : `<!doctype html><meta charset=utf-8><script type="importmap">${importMap}</script><body><script type="module">${complete(example.code, server.ws)}</script>`;
    const site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": text } });
    try {
      const { page, errors, logs } = await openPage(browser);
      /** @type {(value?: unknown) => void} */
      let checked = () => {};
      const all = new Promise((resolve) => (checked = resolve));
      const look = () => unprinted(example, logs.join("\n")).length || checked();
      page.on("console", look);
      await page.goto(site.url);
      const timer = setTimeout(checked, 10_000);
      await all;
      clearTimeout(timer);
      assert.deepEqual(unprinted(example, logs.join("\n")), [], [...logs, ...errors].join("\n"));
      assert.deepEqual(errors.filter((text) => /^uncaught|panicked/.test(text)), []);
      await page.close();
    } finally {
      await site.stop();
    }
  });
}
