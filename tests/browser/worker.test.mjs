// Worker mode in real browsers: the rules with connections that workers hold, and what is about the
// workers themselves.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { pkg, tests } from "../support/paths.mjs";
import { startRelay } from "../support/scripted-relay.mjs";
import { productionCsp, startStaticServer } from "../support/static-server.mjs";

/** What browsers say by themselves of sockets and requests that fail on purpose. */
const SAID_BY_THE_BROWSER = /wss?:\/\/|CONNECTION_REFUSED|^request failed: |^Failed to load resource|Cross-Origin Request Blocked/;
/** How many frames share the rules of one channel. */
const FRAMES = 4;

const mounts = { "/rules/": path.join(tests, "rules"), "/pkg/": pkg, "/copy/": pkg };
const files = {
  "/": "<!doctype html><meta charset=utf-8><title>worker</title><body>",
  "/frame.html": "<!doctype html><meta charset=utf-8><script type=module src=/rules/frame.mjs></script>",
  // Scripts of an app's own.
  "/mcp-worker.js": 'import "/pkg/worker.js";',
  // As late as the page may come to a batch, it knows when that left.
  "/timed-worker.js": 'import "/pkg/worker.js"; const { postMessage } = self; self.postMessage = (data, transfer) => postMessage({ ...data, left: performance.now() }, transfer);',
  "/frail-worker.js": 'import "/pkg/worker.js"; addEventListener("message", ({ data }) => { if (data === "fail") throw new Error("out of order"); });',
  "/nested.js": `import { Client } from "/pkg/index.js";
    const run = async (url) => {
      const client = await Client.connect(url, { worker: true });
      const { content } = await client.callTool("download_file", { url: "x" }, { progressHandler: null });
      await client.close();
      return content[0].text;
    };
    onmessage = ({ data }) => void run(data).then((text) => postMessage({ text }), (error) => postMessage({ failed: String(error) }));`,
};

for (const kind of browsers) {
  describe(`worker mode in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startRelay>>[]} */
    let relays;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let site;
    /** @type {import("../support/demo-server.mjs").DemoServer} */
    let demo;
    before(async () => {
      relays = await Promise.all(Array.from({ length: FRAMES }, startRelay));
      site = await startStaticServer({ mounts, files, csp: `${productionCsp}; worker-src 'self' blob:` });
      demo = await startDemoServer({ args: ["--allow-origin", new URL(site.url).origin] });
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await demo?.stop();
      await site?.stop();
      for (const relay of relays ?? []) await relay.stop();
    });

    // Each rule starts a worker or more: not everything twice.
    for (const [channel, eras] of kind === "chromium" ? [["socket", ["modern", "legacy"]], ["http", ["modern", "legacy"]]] : [["socket", ["modern"]]]) {
      test(`the rules, with connections that workers hold: ${channel}`, { timeout: 240_000 }, async (t) => {
        const { page, errors } = await openPage(browser, site.url);
        const outcomes = await page.evaluate(
          async (order, count, relays) => {
            const { runRulesInFrames } = await import(/** @type {any} */ ("/rules/page.mjs"));
            return /** @type {import("../rules/page.mjs").Outcome[]} */ (await runRulesInFrames(order, count, relays, "/frame.html"));
          },
          { pkg: "/pkg/index.js", copy: "/copy/index.js", relay: "", nobody: relays[0]?.nobody ?? "", channels: [channel], eras, worker: true },
          FRAMES,
          relays.map(({ url }) => url),
        );
        await page.close();
        for (const { name, failure } of outcomes) {
          await t.test(name, () => {
            if (failure) throw new Error(failure);
          });
        }
        assert.ok(outcomes.length > 200, `only ${outcomes.length} rules ran`);
        assert.deepEqual(errors.filter((text) => !SAID_BY_THE_BROWSER.test(text)), []);
      });
    }

    /**
     * Runs a function in a page of the site, with the URL of the demo server.
     * @template T
     * @param {(url: string) => Promise<T>} run
     * @param {{ clean?: boolean, url?: string }} [options]
     */
    async function inPage(run, { clean = true, url = demo.ws } = {}) {
      const { page, assertClean } = await openPage(browser, site.url);
      const result = await page.evaluate(run, url);
      if (clean) assertClean();
      await page.close();
      return result;
    }

    test("a flood of 20,000 comes in order, in a batch each 16 ms at most", async () => {
      for (const url of [demo.ws, `${demo.url}mcp`]) {
        const { count, inOrder, times, urgent } = await inPage(async (url) => {
          const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
          /** @type {number[]} */
          const times = [];
          let urgent = 0;
          const worker = () => {
            const worker = new Worker("/timed-worker.js", { type: "module" });
            worker.addEventListener("message", ({ data }) => {
              if (data.mcp !== "batch") return;
              times.push(data.left);
              if (data.others.length) urgent++;
            });
            return worker;
          };
          const client = await Client.connect(url, { worker });
          const seen = { count: 0, inOrder: true };
          await client.callTool("flood", { count: 20_000 }, {
            progressHandler(/** @type {number} */ progress, /** @type {number} */ total) {
              seen.count++;
              seen.inOrder &&= progress === seen.count && total === 20_000;
            },
          });
          await client.close();
          return { ...seen, times, urgent };
        }, { url });
        assert.deepEqual([count, inOrder], [20_000, true]);
        const took = /** @type {number} */ (times.at(-1)) - /** @type {number} */ (times[0]);
        assert.ok(times.length - urgent <= took / 16 + 2, `${times.length} batches, ${urgent} of them urgent, in ${took} ms`);
      }
    });

    test("a worker that dies fails its calls, which may have run", async () => {
      const outcomes = await inPage(async (url) => {
        const { Client, ClosedError } = await import(/** @type {any} */ ("/pkg/index.js"));
        const outcomes = [];
        for (const kill of /** @type {((worker: Worker) => void)[]} */ ([
          (worker) => worker.terminate(),
          (worker) => worker.postMessage("fail"),
          (worker) => worker.dispatchEvent(new MessageEvent("messageerror")),
        ])) {
          /** @type {any} */
          let worker;
          const client = new Client();
          const closed = new Promise((resolve) => (client.onclose = () => resolve("closed")));
          /** @type {any[]} */
          const errors = [];
          client.onerror = (/** @type {Error} */ error) => errors.push(error);
          await client.connect(url, { worker: () => (worker = new Worker("/frail-worker.js", { type: "module" })) });
          const call = client.callTool("slow", { seconds: 60 }, { progressHandler: () => kill(worker) });
          const outcome = await call.catch((/** @type {any} */ error) => [error instanceof ClosedError, error.mayHaveRun, error.message]);
          outcomes.push([...outcome, errors.length, await closed, client.transport === undefined]);
          const [unsent] = await Promise.allSettled([client.ping()]);
          outcomes.push(/** @type {any} */ (unsent).reason.mayHaveRun);
        }
        return outcomes;
      }, { clean: false });
      const died = (/** @type {string} */ how) => [[true, true, `tools/call slow: ${how}; the server may have carried it out`, 1, "closed", true], false];
      assert.deepEqual(outcomes.map((one) => (Array.isArray(one) ? one.map((part) => (typeof part === "string" ? part.replace(/Uncaught |Error: /g, "") : part)) : one)), [
        ...died("the worker was terminated"),
        ...died("the worker failed: out of order"),
        ...died("the worker said what cannot be read"),
      ]);
    });

    test("a script that does not load, and what is no worker, are typed errors", async () => {
      const outcomes = await inPage(async (url) => {
        const { Client, McpError } = await import(/** @type {any} */ ("/pkg/index.js"));
        const outcomes = [];
        for (const [target, options] of /** @type {[any, any][]} */ ([
          [url, { worker: () => new Worker("/nothing.js", { type: "module" }) }],
          [url, { worker: () => ({}) }],
          [url, { worker: "yes" }],
          [url, { worker: true, fetch }],
          [new MessageChannel().port1, { worker: true }],
        ])) {
          const error = await Client.connect(target, options).catch((/** @type {any} */ error) => error);
          outcomes.push([error instanceof McpError, error.code, error.message]);
        }
        return outcomes;
      }, { clean: false });
      assert.deepEqual(outcomes.map(([typed, code]) => [typed, code]), [
        [true, "WORKER_FAILED"],
        ...Array(4).fill([true, "INVALID_ARGUMENT"]),
      ]);
      for (const [index, text] of [/script did not load/, /must return a Worker/, /true, or a function/, /`fetch`.*`headers`/, /to a URL only/].entries()) {
        assert.match(outcomes[index]?.[2], text);
      }
    });

    test("close ends the worker, and the server hears of it", async () => {
      const held = await inPage(async (url) => {
        const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
        const locks = async () => (await navigator.locks.query()).held?.filter(({ name }) => name?.startsWith("mcp-wasm")).length;
        const client = await Client.connect(url, { worker: true });
        await client.ping();
        const before = await locks();
        await client.close();
        // A worker holds its lock as long as it lives.
        const name = (await navigator.locks.query()).held?.find(({ name }) => name?.startsWith("mcp-wasm"))?.name;
        if (name) await navigator.locks.request(name, () => {});
        return [before, await locks()];
      });
      assert.deepEqual(held, [1, 0]);
    });

    test("a worker has its own worker", async () => {
      const text = await inPage(
        (url) =>
          new Promise((resolve, reject) => {
            const worker = new Worker("/nested.js", { type: "module" });
            // Held by the page too, so that no collection of garbage ends it.
            Object.assign(globalThis, { held: worker });
            worker.onerror = (event) => reject(new Error(`the worker's script failed: ${event.message || event.type}`));
            worker.onmessage = ({ data }) => ("failed" in data ? reject(new Error(data.failed)) : resolve(data.text));
            worker.postMessage(url);
          }),
      );
      assert.equal(text, "Downloaded file from x");
    });

    test("a page that takes no mere text for a script has its worker", async () => {
      const csp = "require-trusted-types-for 'script'; worker-src 'self' blob:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
      const strict = await startStaticServer({ mounts, files, csp });
      const other = await startDemoServer({ args: ["--allow-origin", new URL(strict.url).origin] });
      try {
        const { page } = await openPage(browser, strict.url);
        const versions = await page.evaluate(async (url) => {
          const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
          const versions = [];
          // The policy of the package can be made once.
          for (let i = 0; i < 2; i++) {
            const client = await Client.connect(url, { worker: true });
            versions.push(client.protocolVersion);
            await client.close();
          }
          return versions;
        }, other.ws);
        assert.deepEqual(versions, ["2026-07-28", "2026-07-28"]);
        await page.close();
      } finally {
        await Promise.all([strict.stop(), other.stop()]);
      }
    });

    test("a policy without worker-src blob: is named, and the app's own script is let in", async () => {
      const strict = await startStaticServer({ mounts, files, csp: productionCsp });
      const other = await startDemoServer({ args: ["--allow-origin", new URL(strict.url).origin] });
      try {
        const { page } = await openPage(browser, strict.url);
        const [blocked, version] = await page.evaluate(async (url) => {
          const { Client, McpError } = await import(/** @type {any} */ ("/pkg/index.js"));
          const error = await Client.connect(url, { worker: true }).catch((/** @type {any} */ error) => error);
          const client = await Client.connect(url, { worker: () => new Worker("/mcp-worker.js", { type: "module" }) });
          const { protocolVersion } = client;
          await client.close();
          return [[error instanceof McpError, error.code, error.message], protocolVersion];
        }, other.ws);
        assert.deepEqual(blocked.slice(0, 2), [true, "WORKER_BLOCKED"]);
        assert.match(blocked[2], /add blob: to worker-src.*mcp-wasm\/worker/);
        assert.equal(version, "2026-07-28");
        await page.close();
      } finally {
        await other.stop();
        await strict.stop();
      }
    });
  });
}
