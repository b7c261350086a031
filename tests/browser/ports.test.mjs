// CHECKLIST.md 9.10 with real windows and workers: a page that opens ports to frames of another origin, to sandboxed
// ones and to a worker, and frames that accept them only from whom they should.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { pkg, tests } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

const page = "<!doctype html><meta charset=utf-8><title>ports</title>";
/** @param {string} query */
const frame = (query) => `${page}<script type="module" src="/rules/port-server.mjs?${query}"></script>`;

/** @typedef {{ era?: string, text?: string, error?: string }} Outcome */

for (const kind of browsers) {
  describe(`ports in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let site;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let other;
    /** @type {Awaited<ReturnType<typeof openPage>>} */
    let watched;
    before(async () => {
      const mounts = { "/rules/": path.join(tests, "rules"), "/pkg/": pkg };
      // A sandboxed frame is of no origin, not even its own.
      const headers = { "access-control-allow-origin": "*" };
      site = await startStaticServer({ mounts, headers, files: { "/": page } });
      const { origin } = new URL(site.url);
      other = await startStaticServer({
        mounts,
        headers,
        files: {
          "/frame/": frame(`origin=${encodeURIComponent(origin)}`),
          "/elsewhere/": frame(`origin=${encodeURIComponent("https://example.com")}`),
          "/child/": frame(`origin=${encodeURIComponent(origin)}&source=self`),
          "/secret/": frame(`origin=${encodeURIComponent(origin)}&nonce=agreed`),
        },
      });
      browser = await launch(kind);
      watched = await openPage(browser, site.url);
      await watched.page.evaluate(() => {
        /** @type {any} */ (window).connect = async (/** @type {string} */ url, /** @type {any} */ options, sandbox = "") => {
          const { Client, openPort } = await import(/** @type {any} */ ("/pkg/index.js"));
          const frame = document.createElement("iframe");
          if (sandbox) frame.setAttribute("sandbox", sandbox);
          frame.src = url;
          const loaded = new Promise((resolve) => (frame.onload = resolve));
          document.body.append(frame);
          await loaded;
          const client = new Client({ name: "t", version: "1" }, { progressHandler: null });
          try {
            await client.connect(openPort(frame.contentWindow, options));
            const result = await client.callTool("greet", { name: "Ada" });
            return { era: client.era, text: result.content[0].text };
          } catch (/** @type {any} */ error) {
            return { error: error.code };
          } finally {
            await client.close();
            frame.remove();
          }
        };
      });
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
      await other?.stop();
    });

    /**
     * @param {string} url
     * @param {object} [options]
     * @param {string} [sandbox]
     * @returns {Promise<Outcome>}
     */
    const connect = (url, options = {}, sandbox = "") =>
      watched.page.evaluate((...args) => /** @type {any} */ (window).connect(...args), `${other.url}${url}`, { origin: new URL(other.url).origin, ...options }, sandbox);

    /** How long one waits that gets no answer: who gets one may take its time. */
    const inVain = { timeout: 1500 };
    const greeted = { era: "modern", text: "Hello, Ada" };

    test("a frame of another origin accepts the page that it expects", async () => {
      assert.deepEqual(await connect("frame/"), greeted);
    });

    test("a frame does not answer a page of an origin that it does not expect", async () => {
      assert.deepEqual(await connect("elsewhere/", inVain), { error: "TIMEOUT" });
    });

    test("a frame does not answer a window that it does not expect, whatever its origin", async () => {
      assert.deepEqual(await connect("child/", inVain), { error: "TIMEOUT" });
    });

    test("a frame of another origin than the one that is named does not get the port", async () => {
      assert.deepEqual(await connect("frame/", { ...inVain, origin: new URL(site.url).origin }), { error: "TIMEOUT" });
    });

    test("a frame that expects a nonce does not answer without it", async () => {
      assert.deepEqual(await connect("secret/", inVain), { error: "TIMEOUT" });
      assert.deepEqual(await connect("secret/", { ...inVain, nonce: "guessed" }), { error: "TIMEOUT" });
      assert.deepEqual(await connect("secret/", { nonce: "agreed" }), greeted);
    });

    test("a sandboxed frame, which has no origin, is told by its window", async () => {
      assert.deepEqual(await connect("frame/", { origin: "null" }, "allow-scripts"), greeted);
    });

    test("a window must name the origins that it accepts", async () => {
      const code = await watched.page.evaluate(async () => {
        const { acceptPorts } = await import(/** @type {any} */ ("/pkg/index.js"));
        const codes = [];
        for (const options of [{}, { origins: [] }, { origins: ["*"] }, { origins: [location.origin] }]) {
          try {
            acceptPorts(() => {}, options);
            codes.push("none");
          } catch (/** @type {any} */ error) {
            codes.push(error.code);
          }
        }
        return codes;
      });
      // The last one: nobody opened this page, so nobody can be meant.
      assert.deepEqual(code, Array(4).fill("INVALID_ARGUMENT"));
    });

    for (const how of ["the worker itself", "a private port"]) {
      test(`a worker, by way of ${how}`, async () => {
        const outcome = await watched.page.evaluate(async (how) => {
          const { Client, openPort } = await import(/** @type {any} */ ("/pkg/index.js"));
          const worker = new Worker("/rules/port-server.mjs", { type: "module" });
          const client = await Client.connect(how === "a private port" ? openPort(worker) : worker, { progressHandler: null });
          const result = await client.callTool("greet", { name: "Ada" });
          const { era } = client;
          await client.close();
          worker.terminate();
          return { era, text: result.content[0].text };
        }, how);
        assert.deepEqual(outcome, greeted);
      });
    }

    test("a worker whose script does not load fails the connection at once", async () => {
      const site404 = await watched.page.evaluate(async () => {
        const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
        const started = performance.now();
        const error = await Client.connect(new Worker("/nothing.mjs", { type: "module" })).catch((/** @type {any} */ error) => error);
        return { code: error.code, fast: performance.now() - started < 4000 };
      });
      assert.deepEqual(site404, { code: "CLOSED", fast: true });
    });

    test("a page that is left says so", async () => {
      const { page: leaving } = await openPage(browser, site.url);
      // It listens before anybody leaves.
      await watched.page.evaluate(() => {
        /** @type {any} */ (window).told = new Promise((resolve) => (new BroadcastChannel("left").onmessage = ({ data }) => resolve(data)));
      });
      await leaving.evaluate(async () => {
        const { MessagePortTransport } = await import(/** @type {any} */ ("/pkg/index.js"));
        const left = new BroadcastChannel("left");
        await new MessagePortTransport({ postMessage: (/** @type {any} */ message) => left.postMessage(message) }).start();
      });
      await leaving.goto("about:blank");
      assert.deepEqual(await watched.page.evaluate("told"), { mcp: "close", code: 1000, reason: "" });
      await leaving.close();
    });
  });
}
