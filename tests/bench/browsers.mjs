// Pages under test in a browser, and what their work costs.
//
// In Chromium that is the CPU time of the page's main thread, in thread ticks as the browser counts
// them: garbage collection on that thread counts, waiting for a processor does not. Firefox tells
// no such thing; there it is the time that passes.
import { launch, openPage } from "../support/browser.mjs";
import { Peak } from "./memory.mjs";

/**
 * @typedef {object} Open a page with one client in it
 * @property {import("puppeteer-core").Page} page
 * @property {(expression: string) => Promise<any>} evaluate
 * @property {(expression: string) => Promise<number>} cost seconds that an expression takes
 * @property {() => Promise<void>} collect collects garbage, where a page can be made to
 * @property {() => Promise<number>} heap bytes in use, after that
 * @property {() => Promise<void>} close
 *
 * @typedef {Record<string, number[]>} Samples a sample per round, by client
 * @typedef {(text: string) => void} Log
 */

/** @param {"chromium" | "firefox"} kind */
export async function start(kind) {
  const browser = await launch(kind);
  return {
    /**
     * A page and a process of its own; with `context`, in that one, whose caches the pages share.
     * @param {string} url
     * @param {import("puppeteer-core").BrowserContext} [context]
     * @returns {Promise<Open>}
     */
    async open(url, context) {
      const own = context ?? (await browser.createBrowserContext());
      const { page, errors } = await openPage(/** @type {any} */ (own), url);
      if (errors.length) throw new Error(`${url}: ${errors.join("\n")}`);
      const close = () => (context ? page : own).close();
      return { page, close, ...(kind === "chromium" ? await chromium(page) : firefox(page)) };
    },
    context: () => browser.createBrowserContext(),
    /** What its pages take of the machine's memory at most; none where the machine does not tell. */
    peak: () => Peak.of(browser.process()?.pid),
    close: () => browser.close(),
  };
}

/** @param {import("puppeteer-core").Page} page */
async function chromium(page) {
  const cdp = await page.createCDPSession();
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  /** @param {string} expression */
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await cdp.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  };
  const busy = async () => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN;
  };
  const collect = () => cdp.send("HeapProfiler.collectGarbage");
  return {
    evaluate,
    collect,
    /** @param {string} expression */
    async cost(expression) {
      const before = await busy();
      await evaluate(`${expression}.then(() => {})`);
      return (await busy()) - before;
    },
    async heap() {
      await collect();
      return (await cdp.send("Runtime.getHeapUsage")).usedSize;
    },
  };
}

/** @param {import("puppeteer-core").Page} page */
function firefox(page) {
  /** @param {string} expression */
  const evaluate = (expression) => page.evaluate(expression);
  return {
    evaluate,
    async collect() {},
    /** @param {string} expression */
    async cost(expression) {
      const passed = `(async () => { const start = performance.now(); await ${expression}; return performance.now() - start; })()`;
      return /** @type {number} */ (await evaluate(passed)) / 1000;
    },
    heap: async () => NaN,
  };
}

/**
 * Runs `round` in every page in turn, once to warm up and then `rounds` times.
 * What the machine does beside the benchmark meets all of them alike.
 * @param {Map<string, Open>} pages
 * @param {number} rounds
 * @param {(open: Open) => Promise<number>} round
 * @param {Log} log
 * @returns {Promise<Samples>}
 */
export async function interleave(pages, rounds, round, log) {
  /** @type {Samples} */
  const samples = Object.fromEntries([...pages.keys()].map((name) => [name, []]));
  for (let i = 0; i <= rounds; i++) {
    for (const [name, open] of pages) {
      await open.page.bringToFront();
      await open.collect();
      const value = await round(open);
      if (i > 0) samples[name]?.push(value);
    }
    if (i > 0) log(`    ${Object.entries(samples).map(([name, all]) => `${name} ${all.at(-1)?.toPrecision(4)}`).join("  ")}`);
  }
  return samples;
}
