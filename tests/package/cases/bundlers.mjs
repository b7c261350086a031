// Bundlers with no configuration that is about this package; what they build, and what their
// development servers serve. The pages are opened in `browsers.mjs`.
import assert from "node:assert/strict";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { tests } from "../../support/paths.mjs";
import { app, tool } from "./install.mjs";

/** @param {string} name a package of `tests/` */
const versionHere = async (name) => String(JSON.parse(await readFile(path.join(tests, "node_modules", name, "package.json"), "utf8")).version);

const vite8 = () => import("vite");
/** @returns {Promise<typeof import("vite")>} */
const vite7 = () => import(pathToFileURL(tool("vite7", "dist", "node", "index.js")).href);

/**
 * @param {() => Promise<typeof import("vite")>} load
 * @param {string} out
 * @param {string[]} [pages]
 * @param {"es" | "iife"} [format] of workers
 */
async function buildByVite(load, out, pages = ["index.html", "worker.html"], format = "iife") {
  const { build } = await load();
  const input = pages.map((file) => path.join(app, file));
  await build({ root: app, logLevel: "error", configFile: false, worker: { format }, build: { outDir: out, emptyOutDir: true, rollupOptions: { input } } });
}

/**
 * @typedef {object} Bundler
 * @property {string} name
 * @property {string} version
 * @property {(out: string) => Promise<void>} build
 * @property {() => Promise<typeof import("vite")>} [vite] what serves the app in development
 * @property {string} [worker] how it bundles workers, if it does
 * @property {(out: string) => Promise<void>} [slim] builds the page that has the module as a file
 */

/** @type {Bundler[]} */
export const bundlers = [
  { name: "Vite", version: await versionHere("vite"), build: (out) => buildByVite(vite8, out), vite: vite8, worker: "module worker", slim: (out) => buildByVite(vite8, out, ["slim.html"]) },
  // Before Vite 8, workers take what is imported later only as modules.
  { name: "Vite", version: (await vite7()).version, build: (out) => buildByVite(vite7, out, undefined, "es"), vite: vite7, worker: "module worker, with `worker.format: \"es\"`", slim: (out) => buildByVite(vite7, out, ["slim.html"]) },
  {
    name: "webpack",
    version: await versionHere("webpack"),
    worker: "module worker",
    async build(out) {
      const { default: webpack } = await import("webpack");
      const entry = { page: "./page.js", worker: "./with-worker.js" };
      const compiler = webpack({ context: app, entry, mode: "production", output: { path: out, filename: "[name].js", publicPath: "auto" } });
      /** @type {any} */
      const stats = await new Promise((resolve, reject) => compiler.run((error, stats) => (error ? reject(error) : resolve(stats))));
      await new Promise((resolve) => compiler.close(() => resolve(undefined)));
      assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString({ preset: "errors-warnings" }));
    },
  },
  {
    name: "esbuild",
    version: await versionHere("esbuild"),
    async build(out) {
      const { build } = await import("esbuild");
      await build({ absWorkingDir: app, entryPoints: ["page.js"], bundle: true, minify: true, outdir: out, logLevel: "error" });
    },
  },
  {
    name: "rollup",
    version: JSON.parse(await readFile(tool("rollup", "package.json"), "utf8")).version,
    async build(out) {
      const { rollup } = await import(pathToFileURL(tool("rollup", "dist", "es", "rollup.js")).href);
      const { default: resolve } = await import(pathToFileURL(tool("@rollup/plugin-node-resolve", "dist", "es", "index.js")).href);
      /** @type {string[]} */
      const warnings = [];
      const onwarn = (/** @type {{ message: string }} */ { message }) => void warnings.push(message);
      const bundle = await rollup({ input: path.join(app, "page.js"), plugins: [resolve()], onwarn });
      await bundle.write({ dir: out, format: "es" });
      await bundle.close();
      assert.deepEqual(warnings, []);
    },
  },
];

/** Where a bundler's output lies. @param {Bundler} bundler */
export const outOf = ({ name, version }) => path.join(app, "out", `${name}-${version}`);

describe("bundlers", () => {
  for (const bundler of bundlers) {
    test(`${bundler.name} ${bundler.version} builds, and the module travels inside the JavaScript`, async () => {
      const out = outOf(bundler);
      await mkdir(out, { recursive: true });
      await bundler.build(out);
      const built = await readdir(out, { recursive: true });
      assert.deepEqual(built.filter((file) => file.endsWith(".wasm")), []);
      if (bundler.slim) {
        await bundler.slim(`${out}-slim`);
        const files = await readdir(`${out}-slim`, { recursive: true });
        assert.equal(files.filter((file) => file.endsWith(".wasm")).length, 1, "with the slim entry it is a file");
      }
      if (built.includes("index.html")) return;
      await cp(path.join(app, "index.html"), path.join(out, "index.html"));
      const page = await readFile(path.join(app, "worker.html"), "utf8");
      await writeFile(path.join(out, "worker.html"), page.replace("with-worker.js", "worker.js"));
    });
  }
});
