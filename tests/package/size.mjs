// Bundles a minimal app and prints what travels to the browser, in bytes: `websocket gzip N`,
// `websocket brotli N`, and the same of `http`. What a bundler splits off counts where a page loads it: the
// chunks of HTTP only over HTTP. The budgets are in `cargo xtask check`.
import assert from "node:assert/strict";
import path from "node:path";
import { build } from "esbuild";
import { pkg } from "../support/paths.mjs";
import { sizes } from "../support/sizes.mjs";

/** @param {boolean} splitting */
async function bundle(splitting) {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(import.meta.dirname, "size-app.js")],
    alias: { "mcp-wasm": path.join(pkg, "index.js") },
    splitting,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "warning",
  });
  return { outputFiles, outputs: metafile.outputs };
}

/** The files of the package in an output. @param {{ inputs: Record<string, { bytesInOutput: number }> } | undefined} output */
const parts = (output) =>
  Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput)
    .map(([name]) => path.relative(pkg, name).replaceAll(path.sep, "/"));

const { outputFiles, outputs } = await bundle(true);
const names = Object.keys(outputs);
/** What is loaded with a chunk. @param {string} name @returns {string[]} */
const loaded = (name) => [name, ...(outputs[name]?.imports ?? []).filter(({ kind }) => kind === "import-statement").flatMap((one) => loaded(one.path))];
/** The chunk that a file is in. @param {string} file */
const chunkOf = (file) => names.find((name) => parts(outputs[name]).includes(file)) ?? assert.fail(`no chunk has ${file}`);

const entry = names.find((name) => outputs[name]?.entryPoint?.endsWith("size-app.js")) ?? assert.fail("no entry");
const apps = {
  websocket: loaded(entry),
  http: [entry, "transports/exchanges.js", "wasm/inline-http.js"].flatMap((name) => loaded(name === entry ? name : chunkOf(name))),
};
for (const [app, chunks] of Object.entries(apps)) {
  for (const kind of /** @type {const} */ (["raw", "gzip", "brotli"])) {
    const size = [...new Set(chunks)].map((name) => outputFiles.find((file) => file.path.endsWith(name)) ?? assert.fail(name));
    console.log(`${app} ${kind} ${size.reduce((sum, { contents }) => sum + sizes(contents)[kind], 0)}`);
  }
}
const websocket = new Set(apps.websocket.flatMap((name) => parts(outputs[name])));
for (const file of ["transports/exchanges.js", "transports/fetch.js", "wasm/inline-http.js", "worker/worker-transport.js"]) {
  assert.ok(!websocket.has(file), `${file} is loaded by who connects to a WebSocket`);
}

// Where nothing is split off, HTTP, worker mode and who logs in come along, once, and nothing else does.
const whole = await bundle(false);
const [file] = whole.outputFiles;
assert.ok(file && whole.outputFiles.length === 1);
console.log(`in one file, with worker mode: ${sizes(file.contents).brotli} in brotli`);
const carried = parts(Object.values(whole.outputs)[0]);
const known = new Set(apps.http.flatMap((name) => parts(outputs[name])));
assert.deepEqual(carried.filter((name) => !known.has(name)).sort(), ["transports/authorized.js", "worker/errors.js", "worker/worker-script.js", "worker/worker-transport.js"]);
