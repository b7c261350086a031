// The browser benchmark: main-thread CPU time of one progress notification and of large results,
// for this package, for bare JavaScript and for the TypeScript SDKs, on the same frames, in one
// interleaved run.
//
//   node run.mjs [--rounds N] [--messages N] [--wire N] [--readme FILE] [--only NAME,...] [--part PART,...]
//
// CPU time is what Chromium says of the page's main thread in thread ticks: garbage collection on
// that thread counts, waiting for a processor does not.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { launch, openPage } from "../support/browser.mjs";
import { pkg, target } from "../support/paths.mjs";
import { productionCsp, startStaticServer } from "../support/static-server.mjs";
import { startFrameServer } from "./frame-server.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    messages: { type: "string", default: "100000" },
    wire: { type: "string", default: "25000" },
    readme: { type: "string" },
    only: { type: "string" },
    part: { type: "string", default: "memory,csp,wire,fetch,results" },
  },
});
const rounds = Number(options.rounds);
const messages = Number(options.messages);
const wireMessages = Number(options.wire);
const MIB = 1024 * 1024;

const titles = {
  "mcp-wasm": "**mcp-wasm**",
  bare: "bare JavaScript: `JSON.parse` + `Map` + callback; over HTTP `TextDecoder` + `eventsource-parser`",
  streams: "`TextDecoderStream` + `eventsource-parser` + `JSON.parse`",
  "sdk-v1": "TypeScript SDK v1",
  "sdk-v2": "TypeScript SDK v2",
  floor: "nothing: the browser and the benchmark alone",
};
/** @typedef {keyof typeof titles} Name */
const names = /** @type {Name[]} */ (options.only?.split(",") ?? Object.keys(titles));

/** @typedef {{ page: import("puppeteer-core").Page, cdp: import("puppeteer-core").CDPSession }} Open */
/** @typedef {Record<string, number[]>} Samples nanoseconds per notification, a sample per round */

const directory = path.join(target, "bench");
await build({
  entryPoints: names.map((name) => path.join(import.meta.dirname, "clients", `${name}.js`)),
  outdir: directory,
  alias: { "mcp-wasm": path.join(pkg, "index.js") },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});

const files = Object.fromEntries(
  names.map((name) => [`/${name}.html`, `<!doctype html><meta charset="utf-8"><title>${name}</title><script type="module" src="/${name}.js"></script>`]),
);
const plain = await startStaticServer({ files, mounts: { "/": directory } });
const strict = await startStaticServer({ files, mounts: { "/": directory }, csp: productionCsp });
const frames = await startFrameServer();
const browser = await launch("chromium");
const log = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

/** A column: its head, who takes part in it, and how to measure it. */
const columns = {
  memory: { head: "in memory", run: () => inMemory(plain.url) },
  csp: { head: "in memory, production CSP", run: () => inMemory(strict.url) },
  wire: { head: "over WebSocket, all that the browser does", run: () => overWire("dial", frames.url) },
  fetch: { head: "over fetch, all that the browser does", run: () => overWire("fetch", frames.http) },
  small: { head: "a result of 1 MB", run: () => results(MIB) },
  large: { head: "a result of 16 MB", run: () => results(16 * MIB) },
};
/** @typedef {keyof typeof columns} Column */
const parts = options.part.split(",");
const progressColumns = /** @type {Column[]} */ (["memory", "csp", "wire", "fetch"].filter((part) => parts.includes(part)));
const resultColumns = /** @type {Column[]} */ (parts.includes("results") ? ["small", "large"] : []);

try {
  /** @type {Partial<Record<Column, Samples>>} */
  const measured = {};
  for (const column of [...progressColumns, ...resultColumns]) {
    log(`${columns[column].head}, ${rounds} rounds`);
    measured[column] = await columns[column].run();
  }
  const ratios = [
    ["main-thread CPU per progress notification", progressColumns],
    ["main-thread CPU of a result, from its frame to its caller", resultColumns],
  ].map(([title, chosen]) => summarize(/** @type {string} */ (title), /** @type {Column[]} */ (chosen), measured)).join("\n\n");
  console.log(`\nRelative to bare JavaScript in the same round, medians\n\n${ratios}`);
  if (options.readme) await intoReadme(options.readme, ratios);
} finally {
  await browser.close();
  frames.stop();
  await plain.stop();
  await strict.stop();
}

/**
 * Prints what was measured, and returns the ratios as a table.
 * @param {string} title
 * @param {Column[]} chosen
 * @param {Partial<Record<Column, Samples>>} measured
 */
function summarize(title, chosen, measured) {
  if (!chosen.length) return "";
  /** @param {Column} column @param {Name} name */
  const samples = (column, name) => measured[column]?.[name] ?? [];
  const shown = names.filter((name) => chosen.some((column) => samples(column, name).length));
  console.log(`\n${title}, nanoseconds: min / median of ${rounds} rounds\n`);
  print(["", ...chosen.map((column) => columns[column].head)], shown.map((name) => [
    titles[name],
    ...chosen.map((column) => {
      const all = samples(column, name);
      return all.length ? `${Math.round(Math.min(...all))} / ${Math.round(middle(all))}` : "";
    }),
  ]));
  return table([title, ...chosen.map((column) => columns[column].head)], shown.filter((name) => name !== "floor").map((name) => [
    titles[name],
    ...chosen.map((column) => ratio(samples(column, name), samples(column, "bare"), name)),
  ]));
}

/**
 * Each client in a page and a process of its own.
 * @param {string} url
 * @param {Name[]} [chosen]
 * @returns {Promise<Map<Name, Open>>}
 */
async function open(url, chosen = names) {
  const pages = new Map();
  for (const name of chosen) {
    const context = await browser.createBrowserContext();
    const { page, errors } = await openPage(/** @type {any} */ (context), `${url}${name}.html`);
    if (errors.length) throw new Error(`${name}: ${errors.join("\n")}`);
    const cdp = await page.createCDPSession();
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    pages.set(name, { page, cdp });
  }
  return pages;
}

/** @param {Open} open @param {string} expression */
async function evaluate({ cdp }, expression) {
  const { exceptionDetails } = await cdp.send("Runtime.evaluate", { expression, awaitPromise: true });
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
}

/**
 * Seconds that the main thread works while `expression` runs.
 * @param {Open} open
 * @param {string} expression
 */
async function cpu(open, expression) {
  const busy = async () => {
    const { metrics } = await open.cdp.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === "TaskDuration")?.value ?? NaN;
  };
  const before = await busy();
  await evaluate(open, expression);
  return (await busy()) - before;
}

/** Runs `round` in every page in turn, once to warm up and then `rounds` times.
 * @param {Map<Name, Open>} pages
 * @param {(open: Open) => Promise<number>} round gives nanoseconds
 */
async function interleave(pages, round) {
  /** @type {Samples} */
  const samples = Object.fromEntries([...pages.keys()].map((name) => [name, []]));
  for (let i = 0; i <= rounds; i++) {
    for (const [name, open] of pages) {
      await open.page.bringToFront();
      await open.cdp.send("HeapProfiler.collectGarbage");
      const nanoseconds = await round(open);
      if (i > 0) samples[name]?.push(nanoseconds);
    }
    if (i > 0) log(`  ${Object.entries(samples).map(([name, all]) => `${name} ${Math.round(all.at(-1) ?? NaN)}`).join("  ")}`);
  }
  for (const { page } of pages.values()) await page.browserContext().close();
  return samples;
}

/** Those that speak more than HTTP. */
function everywhere() {
  return names.filter((name) => name !== "streams");
}

/** @param {string} url */
async function inMemory(url) {
  const pages = await open(url, everywhere());
  for (const page of pages.values()) await evaluate(page, "bench.memory()");
  return interleave(pages, async (page) => {
    await evaluate(page, `bench.prepare(${messages})`);
    await page.cdp.send("HeapProfiler.collectGarbage");
    const seconds = await cpu(page, "bench.run()");
    await evaluate(page, "bench.finish()");
    return (seconds * 1e9) / messages;
  });
}

/**
 * @param {"dial" | "fetch"} how
 * @param {string} url
 */
async function overWire(how, url) {
  const count = how === "fetch" ? 2 * wireMessages : wireMessages;
  const pages = await open(plain.url, how === "fetch" ? names : everywhere());
  for (const page of pages.values()) await evaluate(page, `bench.${how}(${JSON.stringify(url)})`);
  return interleave(pages, async (page) => {
    const seconds = await cpu(page, `bench.flood(${count})`);
    await evaluate(page, `bench.check(${count})`);
    return (seconds * 1e9) / count;
  });
}

/** @param {number} bytes */
async function results(bytes) {
  const pages = await open(plain.url, everywhere().filter((name) => name !== "floor"));
  for (const page of pages.values()) await evaluate(page, "bench.memory()");
  return interleave(pages, async (page) => {
    await evaluate(page, `bench.prepareResult(${bytes})`);
    await page.cdp.send("HeapProfiler.collectGarbage");
    return (await cpu(page, "bench.takeResult()")) * 1e9;
  });
}

/** @param {number[]} numbers */
function middle(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

/**
 * To bare JavaScript in the same round: what the machine does beside the benchmark meets both.
 * @param {number[]} samples
 * @param {number[]} bare
 * @param {Name} name
 */
function ratio(samples, bare, name) {
  if (!samples.length) return "";
  const value = middle(samples.map((sample, round) => sample / (bare[round] ?? NaN)));
  return name === "bare" ? "1" : value.toFixed(value < 10 ? 2 : 1);
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  return [head, head.map((_, i) => (i ? "---:" : "---")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** @param {string[]} head @param {string[][]} rows */
function print(head, rows) {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  for (const row of [head, ...rows]) console.log(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "));
}

/** @param {string} file @param {string} ratios */
async function intoReadme(file, ratios) {
  const [begin, end] = ["<!-- bench:begin -->", "<!-- bench:end -->"];
  const text = await readFile(file, "utf8").catch(() => "");
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) return log(`${file} has no ${begin} and ${end}: not changed`);
  await writeFile(file, `${text.slice(0, from + begin.length)}\n\n${ratios}\n\n${text.slice(to)}`);
  log(`updated the table in ${file}`);
}
