// Bundles a minimal app and prints what travels to the browser: `raw N`, `gzip N`, `brotli N`. What is
// loaded only when it is asked for does not count. The budget is in `cargo xtask check`.
import path from "node:path";
import { build } from "esbuild";
import { pkg } from "../support/paths.mjs";
import { sizes } from "../support/sizes.mjs";

const { outputFiles } = await build({
  entryPoints: [path.join(import.meta.dirname, "size-app.js")],
  alias: { "mcp-wasm": path.join(pkg, "index.js") },
  // Worker mode, by a dynamic import.
  external: ["*/worker-transport.js"],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: "out",
  write: false,
  logLevel: "warning",
});
const total = { raw: 0, gzip: 0, brotli: 0 };
for (const { contents } of outputFiles) {
  const { raw, gzip, brotli } = sizes(contents);
  total.raw += raw;
  total.gzip += gzip;
  total.brotli += brotli;
}
for (const [name, size] of Object.entries(total)) console.log(`${name} ${size}`);
