// Bundles a minimal app and prints what travels to the browser: `raw N`, `gzip N`, `brotli N`; and as
// `later N` what apps that need it load later, in brotli. The budget is in `cargo xtask check`.
import path from "node:path";
import { build } from "esbuild";
import { pkg } from "../support/paths.mjs";
import { sizes } from "../support/sizes.mjs";

const { outputFiles, metafile } = await build({
  entryPoints: [path.join(import.meta.dirname, "size-app.js")],
  alias: { "mcp-wasm": path.join(pkg, "index.js") },
  bundle: true,
  splitting: true,
  metafile: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: "out",
  write: false,
  logLevel: "warning",
});

/** The chunks that the app imports before it runs. @type {Set<string>} */
const atStart = new Set();
/** @param {string} name */
const follow = (name) => {
  if (atStart.has(name)) return;
  atStart.add(name);
  for (const { kind, path } of metafile.outputs[name]?.imports ?? []) if (kind === "import-statement") follow(path);
};
for (const [name, { entryPoint }] of Object.entries(metafile.outputs)) if (entryPoint?.endsWith("size-app.js")) follow(name);

const total = { raw: 0, gzip: 0, brotli: 0, later: 0 };
for (const { path: file, contents } of outputFiles) {
  const { raw, gzip, brotli } = sizes(contents);
  if (!atStart.has(path.relative(process.cwd(), file))) {
    total.later += brotli;
    continue;
  }
  total.raw += raw;
  total.gzip += gzip;
  total.brotli += brotli;
}
for (const [name, size] of Object.entries(total)) console.log(`${name} ${size}`);
