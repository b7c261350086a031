// What is measured in browsers. Each column of the tables says who takes part in it and how one
// sample of it comes about.
import { interleave } from "./browsers.mjs";
import { FIRST, shapes } from "./shapes.mjs";

const MIB = 1024 * 1024;
/** The display's frames in headless browsers, in milliseconds. */
const FRAME = 1000 / 60;

export const titles = {
  "mcp-wasm": "**mcp-wasm**",
  worker: "**mcp-wasm**, worker mode",
  against: "mcp-wasm, the other build",
  bare: "bare JavaScript",
  streams: "bare JavaScript, by stream transforms",
  "sdk-v1": "TypeScript SDK v1",
  "sdk-v2": "TypeScript SDK v2",
  floor: "nothing: the browser alone",
  "floor-worker": "nothing, in a worker: the browser alone",
};
/** @typedef {keyof typeof titles} Name */

/** Who can be fed frames in memory. @type {Name[]} */
const FED = ["mcp-wasm", "against", "bare", "sdk-v1", "sdk-v2"];
/** Who connects. @type {Name[]} */
const CONNECTED = ["mcp-wasm", "worker", "against", "bare", "sdk-v1", "sdk-v2"];
/** Whom the largest results are asked of: the others take long for them. @type {Name[]} */
const OURS = ["mcp-wasm", "worker", "against", "bare"];

/**
 * @typedef {object} Setting
 * @property {Awaited<ReturnType<typeof import("./browsers.mjs").start>>} browser
 * @property {string} plain where the pages are
 * @property {string} cached the same, to be kept by browsers
 * @property {string} strict the same, under a production Content-Security-Policy
 * @property {Awaited<ReturnType<typeof import("./frame-server.mjs").startFrameServer>>} frames the server
 * @property {number} rounds
 * @property {number} scale of the numbers of messages: 1 as published
 * @property {Name[]} names who takes part at all
 * @property {import("./browsers.mjs").Log} log
 */

/** @param {Setting} setting @param {Name[]} who @param {string} [url] @param {string} [connect] what to do first */
async function open({ browser, names, plain }, who, url = plain, connect = "memory()") {
  const pages = new Map();
  for (const name of who.filter((name) => names.includes(name))) {
    const page = await browser.open(`${url}${name}.html`);
    await page.evaluate(`bench.${connect}.then(() => {})`);
    pages.set(name, page);
  }
  return pages;
}

/** @param {Setting} setting @param {number} n */
const scaled = (setting, n) => Math.max(1000, Math.round(n * setting.scale));

/**
 * Samples of every shape, in the same pages: a page meets more than one kind of server, too.
 * @param {Setting} setting
 * @param {Map<string, import("./browsers.mjs").Open>} pages
 * @param {string[]} which
 * @param {(page: import("./browsers.mjs").Open, shape: string) => Promise<number>} round
 */
async function shaped(setting, pages, which, round) {
  /** @type {Record<string, import("./browsers.mjs").Samples>} */
  const samples = {};
  for (const shape of which) {
    setting.log(`  ${shape}`);
    samples[shape] = await interleave(pages, setting.rounds, (page) => round(page, JSON.stringify(shape)), setting.log);
  }
  for (const page of pages.values()) await page.close();
  return samples;
}

/** Progress notifications that lie ready in memory. @param {Setting} setting @param {string} url @param {string[]} which */
async function memory(setting, url, which) {
  const n = scaled(setting, 20_000);
  const pages = await open(setting, [...FED, "floor"], url);
  return shaped(setting, pages, which, async (page, shape) => {
    await page.evaluate(`bench.prepare(${n}, ${shape})`);
    await page.collect();
    const seconds = await page.cost("bench.run()");
    await page.evaluate(`bench.finish(${shape})`);
    return (seconds * 1e9) / n;
  });
}

/** Progress notifications from a server. @param {Setting} setting @param {"dial" | "fetch"} how @param {number} count @param {string[]} which */
async function wire(setting, how, count, which) {
  const n = scaled(setting, count);
  const { url, http } = setting.frames;
  const connect = `${how}(${JSON.stringify(how === "fetch" ? http : url)})`;
  /** @type {Name[]} */
  const who = how === "fetch" ? [...CONNECTED, "streams", "floor"] : [...CONNECTED, "floor"];
  return shaped(setting, await open(setting, who, undefined, connect), which, async (page, shape) => {
    const seconds = await page.cost(`bench.flood(${n}, ${shape})`);
    await page.evaluate(`bench.check(${n}, ${shape})`);
    return (seconds * 1e9) / n;
  });
}

/** Results, from frame to caller. @param {Setting} setting @param {string} prepare @param {number} times */
async function results(setting, prepare, times) {
  const pages = await open(setting, FED);
  const samples = await interleave(pages, setting.rounds, async (page) => {
    await page.evaluate(prepare);
    await page.collect();
    return ((await page.cost("bench.take()")) * 1e9) / times;
  }, setting.log);
  for (const page of pages.values()) await page.close();
  return samples;
}

/**
 * What results from a server cost: seconds of CPU, and how much memory more than before at most. Measured once
 * for the columns of both.
 * @type {Map<string, Promise<Record<"cpu" | "memory", import("./browsers.mjs").Samples>>>}
 */
const larges = new Map();

/** @param {Setting} setting @param {"dial" | "fetch"} how @param {number} megabytes @param {Name[]} who */
function large(setting, how, megabytes, who) {
  const key = `${how} ${megabytes}`;
  const measured = larges.get(key) ?? measureLarge(setting, how, Math.round(megabytes * 1e6 * setting.scale), who);
  larges.set(key, measured);
  return measured;
}

/** @param {Setting} setting @param {"dial" | "fetch"} how @param {number} bytes @param {Name[]} who */
async function measureLarge(setting, how, bytes, who) {
  const { browser, frames, rounds, log } = setting;
  const pages = await open(setting, who, undefined, `${how}(${JSON.stringify(how === "fetch" ? frames.http : frames.url)})`);
  /** @type {import("./browsers.mjs").Samples} */
  const memory = Object.fromEntries([...pages.keys()].map((name) => [name, []]));
  const names = new Map([...pages].map(([name, page]) => [page, name]));
  const cpu = await interleave(pages, rounds, async (page) => {
    const peak = browser.peak();
    const seconds = await page.cost(`bench.large(${bytes})`);
    const grown = peak?.growth();
    if (grown) memory[names.get(page) ?? ""]?.push(grown);
    return seconds;
  }, log);
  // The first round warms up.
  for (const samples of Object.values(memory)) samples.splice(0, samples.length - rounds);
  log(`    memory: ${Object.entries(memory).map(([name, all]) => `${name} ${((all.at(-1) ?? NaN) / bytes).toFixed(1)}`).join("  ")} of the text`);
  for (const page of pages.values()) await page.close();
  return { cpu, memory };
}

/** Calls that return what they are given. @param {Setting} setting @param {"sequential" | "concurrent"} how @param {string} [connect] */
async function calls(setting, how, connect) {
  // An exchange of HTTP costs the browser many times what a frame does, and a page has six connections.
  const n = connect?.startsWith("fetch") ? 200 : scaled(setting, connect ? 1_000 : 20_000);
  const pages = await open(setting, connect ? CONNECTED : FED, undefined, connect);
  const samples = await interleave(pages, setting.rounds, async (page) => ((await page.cost(`bench.${how}(${n})`)) * 1e9) / n, setting.log);
  for (const page of pages.values()) await page.close();
  return samples;
}

/** How long a new page rests before it is measured, in milliseconds: until its browser is done with it, and with the one before. */
const REST = 400;
/** How often a page is loaded before its browser keeps the compiled script. */
const WARMING = 3;

/**
 * From the import of the script to a connected client, in a fresh page: of a fresh browser context, or of one that
 * keeps the script and what it was compiled to.
 * @param {Setting} setting
 * @param {"dial" | "fetch"} how
 * @param {{ warm?: boolean, away?: number, slower?: number }} [options] how far away the server is, in milliseconds, and how many
 *   times slower the page's processor is made, in Chromium
 */
async function start(setting, how, { warm = false, away = 0, slower = 1 } = {}) {
  const { browser, plain, cached, frames, names, log } = setting;
  const who = CONNECTED.filter((name) => name !== "bare" && names.includes(name));
  const url = JSON.stringify(how === "fetch" ? `${frames.http}?away=${away}` : frames.url);
  /** @type {import("./browsers.mjs").Samples} */
  const samples = Object.fromEntries(who.map((name) => [name, []]));
  /** @type {Record<string, import("puppeteer-core").BrowserContext>} */
  const contexts = {};
  if (warm) for (const name of who) contexts[name] = await browser.context();
  const unmeasured = warm ? WARMING : 1;
  for (let round = 0; round < setting.rounds + unmeasured; round++) {
    for (const name of who) {
      const page = await browser.open(`${warm ? cached : plain}blank.html`, contexts[name]);
      await new Promise((resolve) => setTimeout(resolve, REST));
      if (slower > 1) await (await page.page.createCDPSession()).send("Emulation.setCPUThrottlingRate", { rate: slower });
      const connecting = `(async () => {
        const start = performance.now();
        await import("/${name}.js");
        await bench.${how}(${url});
        return performance.now() - start;
      })()`;
      const passed = await page.evaluate(connecting);
      if (round >= unmeasured) samples[name]?.push(passed);
      await page.close();
    }
    if (round >= unmeasured) log(`    ${who.map((name) => `${name} ${samples[name]?.at(-1)?.toFixed(1)}`).join("  ")}`);
  }
  for (const context of Object.values(contexts)) await context.close();
  return samples;
}

/** What is in use after 100,000 calls more, relative to before. @param {Setting} setting @param {"heap" | "module"} what */
async function growth(setting, what) {
  const n = scaled(setting, 100_000);
  const measure = (/** @type {import("./browsers.mjs").Open} */ page) =>
    what === "heap" ? page.heap() : page.evaluate("bench.memoryOfModule()");
  const pages = await open(setting, what === "heap" ? FED : ["mcp-wasm"]);
  for (const page of pages.values()) await page.evaluate("bench.concurrent(1000)");
  const samples = await interleave(pages, setting.rounds, async (page) => {
    const before = await measure(page);
    await page.evaluate(`bench.sequential(${n})`);
    return (await measure(page)) / before;
  }, setting.log);
  for (const page of pages.values()) await page.close();
  return samples;
}

/**
 * The longest gap between two frames of an animating page during a flood, in frames. The server plays a
 * recording that was made before, so that nothing else wants a processor than browser and page.
 * @param {Setting} setting */
async function gaps(setting) {
  const n = scaled(setting, 200_000);
  const connect = `dial(${JSON.stringify(setting.frames.url)})`;
  const pages = await open(setting, [...CONNECTED, "floor", "floor-worker"], undefined, connect);
  const warm = new Set();
  const samples = await interleave(pages, setting.rounds, async (page) => {
    // A short one warms up.
    const count = warm.has(page) ? n : n / 20;
    warm.add(page);
    const flood = page.evaluate(`bench.flood(${count}, ${JSON.stringify(FIRST)}, "replay").then(() => {})`);
    const play = await setting.frames.recording();
    await page.evaluate("bench.animate()");
    play();
    await flood;
    const all = /** @type {number[]} */ (await page.evaluate("bench.still()"));
    await page.evaluate(`bench.check(${count}, ${JSON.stringify(FIRST)})`);
    return Math.max(...all) / FRAME;
  }, setting.log);
  for (const page of pages.values()) await page.close();
  return samples;
}

/** @typedef {import("./browsers.mjs").Samples} Samples */
const ALL = Object.keys(shapes);
/** Over WebSocket the browser costs most, so that a few of them will do: the plain ones, and the worst in memory. */
const SOME = [FIRST, "typescript", "csharp", "percent", "cyrillic", "quotes", "meta", "texts"];
/** Over HTTP each call has a stream of its own, so that calls do not report by turns. */
const ALONE = ALL.filter((shape) => !shapes[shape]?.calls);

/**
 * The columns of each part, in the order in which they are measured. `base` is who counts as 1;
 * without one the samples are ratios already. `firefox` is for those that Firefox takes part in, with the
 * first shape. A column with shapes has samples of each: the first one's are the column's own, another's
 * are those of `column:shape`.
 * @type {Record<string, { part: string, head: string, base?: Name, firefox?: boolean, shapes?: string[], run: (setting: Setting, shapes: string[]) => Promise<Samples | Record<string, Samples>> }>}
 */
export const columns = {
  memory: { part: "memory", head: "in memory", base: "bare", firefox: true, shapes: ALL, run: (setting, which) => memory(setting, setting.plain, which) },
  csp: { part: "csp", head: "in memory, production CSP", base: "bare", shapes: [FIRST], run: (setting, which) => memory(setting, setting.strict, which) },
  wire: { part: "wire", head: "over WebSocket", base: "bare", firefox: true, shapes: SOME, run: (setting, which) => wire(setting, "dial", 10_000, which) },
  fetch: { part: "fetch", head: "over fetch", base: "bare", firefox: true, shapes: ALONE, run: (setting, which) => wire(setting, "fetch", 20_000, which) },
  small: { part: "results", head: "1 MB", base: "bare", firefox: true, run: (setting) => results(setting, `bench.prepareResults(${MIB}, 8)`, 8) },
  large: { part: "results", head: "16 MB", base: "bare", run: (setting) => results(setting, `bench.prepareResults(${16 * MIB}, 1)`, 1) },
  socket16: { part: "large", head: "16 MB over WebSocket", base: "bare", run: async (setting) => (await large(setting, "dial", 16, CONNECTED)).cpu },
  socket16Memory: { part: "large", head: "memory", base: "bare", run: async (setting) => (await large(setting, "dial", 16, CONNECTED)).memory },
  socket64: { part: "large", head: "64 MB over WebSocket", base: "bare", run: async (setting) => (await large(setting, "dial", 64, OURS)).cpu },
  socket64Memory: { part: "large", head: "memory", base: "bare", run: async (setting) => (await large(setting, "dial", 64, OURS)).memory },
  fetch16: { part: "large", head: "16 MB over HTTP", base: "bare", run: async (setting) => (await large(setting, "fetch", 16, CONNECTED)).cpu },
  fetch16Memory: { part: "large", head: "memory", base: "bare", run: async (setting) => (await large(setting, "fetch", 16, CONNECTED)).memory },
  fetch64: { part: "large", head: "64 MB over HTTP", base: "bare", run: async (setting) => (await large(setting, "fetch", 64, OURS)).cpu },
  fetch64Memory: { part: "large", head: "memory", base: "bare", run: async (setting) => (await large(setting, "fetch", 64, OURS)).memory },
  list: { part: "list", head: "list of 500 tools", base: "bare", firefox: true, run: (setting) => results(setting, "bench.prepareLists(500, 32)", 32) },
  sequential: { part: "calls", head: "one after the other", base: "bare", run: (setting) => calls(setting, "sequential", `dial(${JSON.stringify(setting.frames.url)})`) },
  concurrent: { part: "calls", head: "all at once", base: "bare", run: (setting) => calls(setting, "concurrent", `dial(${JSON.stringify(setting.frames.url)})`) },
  sequentialFetch: { part: "calls", head: "one after the other, over fetch", base: "bare", run: (setting) => calls(setting, "sequential", `fetch(${JSON.stringify(setting.frames.http)})`) },
  concurrentFetch: { part: "calls", head: "all at once, over fetch", base: "bare", run: (setting) => calls(setting, "concurrent", `fetch(${JSON.stringify(setting.frames.http)})`) },
  sequentialMemory: { part: "calls", head: "one after the other, in memory", base: "bare", run: (setting) => calls(setting, "sequential") },
  concurrentMemory: { part: "calls", head: "all at once, in memory", base: "bare", run: (setting) => calls(setting, "concurrent") },
  coldSocket: { part: "cold", head: "over WebSocket", base: "mcp-wasm", firefox: true, run: (setting) => start(setting, "dial") },
  coldFetch: { part: "cold", head: "over HTTP", base: "mcp-wasm", firefox: true, run: (setting) => start(setting, "fetch") },
  farFetch: { part: "cold", head: "over HTTP, 30 ms away", base: "mcp-wasm", firefox: true, run: (setting) => start(setting, "fetch", { away: 30 }) },
  slowFetch: { part: "cold", head: "the same, and a slow processor", base: "mcp-wasm", run: (setting) => start(setting, "fetch", { away: 30, slower: 6 }) },
  warmSocket: { part: "warm", head: "over WebSocket, warm", base: "mcp-wasm", firefox: true, run: (setting) => start(setting, "dial", { warm: true }) },
  warmFetch: { part: "warm", head: "over HTTP, warm", base: "mcp-wasm", firefox: true, run: (setting) => start(setting, "fetch", { warm: true }) },
  heap: { part: "heap", head: "JavaScript heap", run: (setting) => growth(setting, "heap") },
  module: { part: "heap", head: "memory of the WebAssembly module", run: (setting) => growth(setting, "module") },
  gaps: { part: "frames", head: "longest gap, in frames", run: gaps },
};
/** @typedef {keyof typeof columns} Column */
