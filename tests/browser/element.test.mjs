// <mcp-progress> in real browsers, under the policy of a careful production site.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { pkg } from "../support/paths.mjs";
import { productionCsp, startStaticServer } from "../support/static-server.mjs";

const html = "<!doctype html><meta charset=utf-8><title>element</title><mcp-progress label=Scanning></mcp-progress>";

/** What people and screen readers get of the element. */
const LOOK = () => {
  const element = /** @type {HTMLElement} */ (document.querySelector("mcp-progress"));
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.shadowRoot?.querySelector(`[part=${name}]`));
  const bar = part("bar");
  return {
    state: element.dataset["state"],
    role: bar.getAttribute("role"),
    label: bar.getAttribute("aria-label"),
    now: bar.getAttribute("aria-valuenow"),
    width: part("fill").style.width,
    message: part("message").textContent,
    value: part("value").textContent,
    status: part("status").textContent,
    height: bar.getBoundingClientRect().height,
  };
};

for (const kind of browsers) {
  describe(`element in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startStaticServer>>} */
    let site;
    /** @type {Awaited<ReturnType<typeof startDemoServer>>} */
    let server;
    /** @type {import("../support/browser.mjs").WatchedPage} */
    let watched;
    before(async () => {
      server = await startDemoServer({ pace: 0.2 });
      site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": html }, csp: productionCsp });
      browser = await launch(kind);
      watched = await openPage(browser, site.url);
      await watched.page.evaluate(async () => void (await import(/** @type {any} */ ("/pkg/element.js"))));
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
      await server?.stop();
    });

    /** Shows a call that is driven by hand. @param {"report" | "succeed" | "fail"} what @param {any} [value] */
    const drive = (what, value) =>
      watched.page.evaluate(
        async (what, value) => {
          const scope = /** @type {any} */ (window);
          scope.driven[what](value);
          await new Promise((resolve) => setTimeout(resolve, 150));
        },
        what,
        value,
      );
    const bind = () =>
      watched.page.evaluate(() => {
        const scope = /** @type {any} */ (window);
        /** @type {any[]} */
        const items = [];
        let wake = () => {};
        /** @type {any} */
        let end;
        const step = async () => {
          while (!items.length && !end) await new Promise((resolve) => (wake = () => resolve(undefined)));
          if (items.length) return { done: false, value: items.shift() };
          if (end.error) throw end.error;
          return { done: true, value: undefined };
        };
        scope.driven = {
          report: (/** @type {any} */ item) => (items.push(item), wake()),
          succeed: () => ((end = {}), wake()),
          fail: (/** @type {string} */ text) => ((end = { error: new Error(text) }), wake()),
        };
        const loop = { next: step, return: async () => ({ done: true }), [Symbol.asyncIterator]: () => loop };
        /** @type {any} */ (document.querySelector("mcp-progress")).source = { progress: () => loop };
      });

    test("a call: indeterminate, then percent with message, then done", async () => {
      await bind();
      let look = await watched.page.evaluate(LOOK);
      assert.deepEqual([look.state, look.role, look.label, look.now], ["indeterminate", "progressbar", "Scanning", null]);
      assert.ok(look.height > 0);
      await drive("report", { progress: 3, total: 4, fraction: 0.75, message: "three of four", remaining: 61_000 });
      look = await watched.page.evaluate(LOOK);
      assert.deepEqual([look.state, look.now, look.width, look.message, look.value], ["determinate", "75", "75%", "three of four", "75% · 2 min"]);
      await drive("succeed");
      look = await watched.page.evaluate(LOOK);
      assert.deepEqual([look.state, look.width], ["done", "100%"]);
      assert.match(look.status ?? "", /Scanning, 100%/);
    });

    test("without a total it shows the count and no percent", async () => {
      await bind();
      await drive("report", { progress: 7, message: "files" });
      const look = await watched.page.evaluate(LOOK);
      assert.deepEqual([look.state, look.now, look.value, look.message], ["indeterminate", null, "7", "files"]);
    });

    test("a failure is shown and announced; text of the server is text", async () => {
      await bind();
      await drive("fail", "<b>broken</b>");
      const look = await watched.page.evaluate(LOOK);
      assert.deepEqual([look.state, look.message], ["failed", "<b>broken</b>"]);
      assert.match(look.status ?? "", /Scanning, failed/);
    });

    test("a tool that says that it failed has failed", async () => {
      const look = await watched.page.evaluate(async (url) => {
        const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
        const client = await Client.connect(url, { progressHandler: null });
        const element = /** @type {any} */ (document.querySelector("mcp-progress"));
        element.source = client.callTool("fail");
        await new Promise((resolve) => element.addEventListener("failed", resolve));
        await client.close();
        return [element.dataset.state, element.shadowRoot.querySelector("[part=message]").textContent];
      }, server.ws);
      assert.deepEqual(look, ["failed", "This tool always fails"]);
    });

    test("a real call and the board of a client", async () => {
      const seen = await watched.page.evaluate(async (url) => {
        const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
        const client = await Client.connect(url, { progressHandler: null });
        const element = /** @type {any} */ (document.querySelector("mcp-progress"));
        const states = new Set();
        new MutationObserver(() => states.add(element.dataset.state)).observe(element, { attributes: true });
        // Of what comes all at once the end alone is drawn: a page that stood still sees a longer call.
        for (let seconds = 0.4; seconds < 10 && !states.has("determinate"); seconds *= 5) {
          element.source = client.callTool("slow", { seconds });
          await new Promise((resolve) => element.addEventListener("done", resolve, { once: true }));
        }
        element.source = client.calls;
        await client.callTool("process_items", { items: ["a", "b", "c"] });
        await new Promise((resolve) => setTimeout(resolve, 200));
        // A busy machine draws later.
        for (let i = 0; i < 100 && element.dataset.state !== "idle"; i++) await new Promise((resolve) => setTimeout(resolve, 50));
        await client.close();
        return { states: [...states], last: element.dataset.state };
      }, server.ws);
      assert.ok(seen.states.includes("determinate") && seen.states.includes("done"), String(seen.states));
      assert.equal(seen.last, "idle");
    });

    test("nothing went wrong in the page", () => watched.assertClean());
  });
}
