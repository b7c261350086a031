// Bundles a minimal app and prints what travels to the browser: `raw N`, `gzip N`, `brotli N`. What is
// loaded only when it is asked for does not count. The budget is in `cargo xtask check`.
import assert from "node:assert/strict";
import path from "node:path";
import { build } from "esbuild";
import { pkg } from "../support/paths.mjs";
import { sizes } from "../support/sizes.mjs";

/** @param {string[]} external */
async function bundle(external) {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(import.meta.dirname, "size-app.js")],
    alias: { "mcp-wasm": path.join(pkg, "index.js") },
    external,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "warning",
  });
  const [file] = outputFiles;
  assert.ok(file && outputFiles.length === 1);
  const parts = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput);
  return { ...sizes(file.contents), parts: parts.map(([name]) => path.relative(pkg, name).replaceAll(path.sep, "/")) };
}

// Worker mode, by a dynamic import.
const { parts, ...total } = await bundle(["*/worker-transport.js"]);
for (const [name, size] of Object.entries(total)) console.log(`${name} ${size}`);

// Where nothing is split off, worker mode comes along, and nothing else does.
const whole = await bundle([]);
console.log(`in one file, with worker mode: ${whole.brotli} in brotli`);
assert.deepEqual(whole.parts.filter((name) => !parts.includes(name)).sort(), ["worker/errors.js", "worker/worker-script.js", "worker/worker-transport.js"]);
assert.ok(whole.brotli - total.brotli < 7 * 1024, `worker mode is ${whole.brotli - total.brotli} bytes`);
