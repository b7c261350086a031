// The benchmark: this package, bare JavaScript and the TypeScript SDKs on the same frames in browsers,
// and the server half beside FastMCP. Prints ratios, never times: they are what holds on another
// machine.
//
//   node run.mjs [--only PART]... [--rounds N] [--scale F] [--verbose]
//                [--write]            the tables into docs/, as far as all of one was measured; with the last of
//                                     them README.md and the chart
//                [--native PROGRAM]   the native half, as `cargo bench --no-run` builds it
//                [--against PACKAGE]  another build of this package beside it, in browsers
//
// What parts come to is kept in target/bench for as long as all that takes part stays what it is, so that
// runs of parts make a whole. With fewer rounds or messages, or another build beside, nothing is kept and written.
import path from "node:path";
import { parseArgs } from "node:util";
import { readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { build } from "vite";
import { pkg, root, target } from "../support/paths.mjs";
import { productionCsp, startStaticServer } from "../support/static-server.mjs";
import { start } from "./browsers.mjs";
import { drawChart } from "./chart.mjs";
import { startFrameServer } from "./frame-server.mjs";
import { hashOf, keep } from "./kept.mjs";
import { measureServers } from "./native.mjs";
import { columns, titles } from "./parts.mjs";
import { FIRST } from "./shapes.mjs";
import { chart, fullTables, insert, missing, refreshed, shortTable } from "./report.mjs";

/** Fewer rounds are not published. */
const ROUNDS = 5;

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    rounds: { type: "string", default: String(ROUNDS) },
    scale: { type: "string", default: "1" },
    verbose: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    native: { type: "string", default: "" },
    against: { type: "string", default: "" },
  },
});
/** @typedef {import("./parts.mjs").Name} Name */
/** @typedef {import("./browsers.mjs").Samples} Samples */

const parts = [...new Set([...Object.values(columns).map(({ part }) => part), "firefox", "native"])];
for (const part of options.only) {
  if (!parts.includes(part)) throw new Error(`there is no part "${part}"; the parts are ${parts.join(", ")}`);
}
const chosen = (/** @type {string} */ part) => !options.only.length || options.only.includes(part);
const rounds = Number(options.rounds);
const scale = Number(options.scale);
const started = Date.now();
const say = (/** @type {string} */ text) => process.stderr.write(`[${((Date.now() - started) / 1000).toFixed(0).padStart(4)}s] ${text}\n`);
const log = options.verbose ? (/** @type {string} */ text) => void process.stderr.write(`${text}\n`) : () => {};

// Worker mode is young: a package without it is measured without it.
const hasWorker = readFileSync(path.join(pkg, "client", "client.js"), "utf8").includes("worker");
const names = /** @type {Name[]} */ (Object.keys(titles)).filter((name) => (name === "worker" ? hasWorker : name !== "against" || options.against));

const directory = path.join(target, "bench", "pages");
// As most apps are bundled; each by itself, so that none has chunks for another's sake.
await rm(directory, { recursive: true, force: true });
await mkdir(directory, { recursive: true });
for (const name of names) {
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    resolve: { alias: { "mcp-wasm": path.join(name === "against" ? path.resolve(options.against) : pkg, "index.js") } },
    build: {
      outDir: directory,
      emptyOutDir: false,
      target: "es2022",
      // The page has its script alone: what Vite writes into a page comes with nobody's package.
      modulePreload: false,
      rollupOptions: {
        input: path.join(import.meta.dirname, "clients", `${name === "against" ? "mcp-wasm" : name}.js`),
        output: { entryFileNames: `${name}.js`, chunkFileNames: `${name}-[hash].js` },
      },
    },
  });
}
const head = '<!doctype html><meta charset="utf-8">';
const files = {
  "/blank.html": head,
  ...Object.fromEntries(names.map((name) => [`/${name}.html`, `${head}<title>${name}</title><body><script type="module" src="/${name}.js"></script>`])),
};
const plain = await startStaticServer({ files, mounts: { "/": directory } });
const cached = await startStaticServer({ files, mounts: { "/": directory }, headers: { "cache-control": "max-age=3600" } });
const strict = await startStaticServer({ files, mounts: { "/": directory }, csp: productionCsp });
const frames = await startFrameServer();

/** @type {{ chromium: Record<string, Samples>, firefox: Record<string, Samples>, native?: import("./native.mjs").Servers }} */
const measured = { chromium: {}, firefox: {} };

const published = rounds >= ROUNDS && scale === 1 && !options.against;
// The bundles, and what measures them.
const taking = hashOf([directory, ...["browsers", "frame-server", "memory", "parts"].map((name) => path.join(import.meta.dirname, `${name}.mjs`))]);
const save = () => (published ? keep(path.join(target, "bench", "measured.json"), taking, measured, options.native) : measured);

/**
 * @param {"chromium" | "firefox"} kind
 * @param {string[]} which
 */
async function inBrowser(kind, which) {
  if (!which.length) return;
  const browser = await start(kind);
  try {
    for (const column of which) {
      const { part, head, shapes, run } = /** @type {typeof columns[string]} */ (columns[column]);
      say(`${kind}: ${part}, ${head}`);
      const which = kind === "firefox" ? [FIRST] : (shapes ?? []);
      const samples = await run({ browser, plain: plain.url, cached: cached.url, strict: strict.url, frames, rounds, scale, names, log }, which);
      for (const [shape, own] of shapes ? Object.entries(samples) : [[FIRST, samples]]) {
        measured[kind][shape === FIRST ? column : `${column}:${shape}`] = /** @type {Samples} */ (own);
      }
    }
  } finally {
    await browser.close();
  }
}

try {
  await inBrowser("chromium", Object.keys(columns).filter((column) => chosen(columns[column]?.part ?? "")));
  // With other parts, of these.
  const others = options.only.some((part) => part !== "firefox");
  const also = Object.keys(columns).filter((column) => columns[column]?.firefox && (!others || chosen(columns[column].part)));
  await inBrowser("firefox", chosen("firefox") ? also : []);
} finally {
  // Of a run that breaks off, what was done by then.
  save();
  frames.stop();
  await plain.stop();
  await cached.stop();
  await strict.stop();
}
if (chosen("native")) measured.native = await measureServers(options.native, { rounds, scale, say, log });

console.log(`\n${fullTables(measured)}\n`);
if (options.write && published) {
  const all = save();
  await insert(path.join(root, "docs/size-and-speed.md"), (old) => `${chart("speed.svg")}\n\n${refreshed(all, old)}`, say);
  const lacking = missing(all);
  if (lacking.length) {
    say(`README.md and the chart wait for ${lacking.join(", ")}`);
  } else {
    await insert(path.join(root, "README.md"), () => `${shortTable(all)}\n\n${chart("docs/speed.svg")}`, say);
    await drawChart(path.join(root, "docs/speed.svg"), all.chromium);
  }
} else if (options.write) {
  say(`less than ${ROUNDS} whole rounds, or another build beside: no file was changed`);
}
