// The packed package as its users get it: `npm pack`, installed into a fresh app, then run on a
// plain page, through bundlers, in Node, and compiled by TypeScript.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { startFakeServer } from "../support/fake-server.mjs";
import { pkg, tests } from "../support/paths.mjs";
import { productionCsp, startStaticServer } from "../support/static-server.mjs";

const exec = promisify(execFile);

/** What `run` of app/app.js gives. */
const expected = {
  seen: [
    [1, 3, "step 1"],
    [2, 3, "step 2"],
    [3, 3, "step 3"],
  ],
  content: [{ type: "text", text: "counted to 3" }],
  protocolVersion: "2026-07-28",
};

/** A directory of its own for the app and what is built from it. */
let app = "";
/** @type {string[]} what the tarball holds */
let packed = [];
/** @type {import("../support/fake-server.mjs").FakeServer} */
let server;

before(async () => {
  app = await mkdtemp(path.join(tmpdir(), "mcp-wasm-app-"));
  await cp(path.join(import.meta.dirname, "app"), app, { recursive: true });
  const { stdout } = await exec("npm", ["pack", pkg, "--json", "--pack-destination", app], { cwd: app });
  const parsed = JSON.parse(stdout);
  const [{ filename, files }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  packed = files.map((/** @type {{ path: string }} */ file) => file.path);
  await writeFile(path.join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", path.join(app, path.basename(filename))], { cwd: app });
  server = await startFakeServer({ era: "modern" });
});

after(async () => {
  await server?.stop();
  if (app) await rm(app, { recursive: true, force: true });
});

/** The installed package. @param {string[]} parts */
const installed = (...parts) => path.join(app, "node_modules", "mcp-wasm", ...parts);

describe("tarball", () => {
  test("holds what package.json exports, and nothing unexpected", async () => {
    const manifest = JSON.parse(await readFile(installed("package.json"), "utf8"));
    const targets = Object.values(manifest.exports).flatMap((/** @type {any} */ entry) => (typeof entry === "string" ? [entry] : Object.values(entry)));
    for (const target of targets) assert.ok(existsSync(installed(target)), `${target} is exported but missing`);
    assert.notEqual(manifest.version, "0.0.0");
    assert.equal(manifest.dependencies, undefined);
    assert.ok(packed.includes("README.md") && packed.some((file) => file.startsWith("LICENSE")));
    const odd = packed.filter((file) => !/^[\w-]+\.(js|d\.ts|wasm|json|md)$|^LICENSE-(MIT|APACHE|THIRD-PARTY)$/.test(file));
    assert.deepEqual(odd, []);
  });

  test("the declarations name what the modules export", async () => {
    for (const entry of ["index", "slim"]) {
      const exported = Object.keys(await import(pathToFileURL(installed(`${entry}.js`)).href)).sort();
      const names = await declaredValues(installed(`${entry}.d.ts`));
      assert.deepEqual([...names].sort(), exported, `${entry}.d.ts and ${entry}.js differ`);
    }
  });

  test("nothing in it names a place on a machine", async () => {
    for (const file of packed) {
      const [place] = (await readFile(installed(file), "latin1")).match(/\/(home|Users|root|work|tmp)\/[\w./-]{0,80}/) ?? [];
      assert.equal(place, undefined, file);
    }
  });
});

/**
 * The names of the values that a declaration file exports, its re-exports followed.
 * @param {string} file
 * @returns {Promise<Set<string>>}
 */
async function declaredValues(file) {
  const text = (await readFile(file, "utf8")).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const names = new Set();
  for (const [, name] of text.matchAll(/^export (?:declare )?(?:abstract )?(?:class|function|const|let|var) (\w+)/gm)) names.add(name);
  for (const [, list] of text.matchAll(/^export \{([^}]*)\}/gm)) {
    for (const part of String(list).split(",")) {
      const name = part.trim().split(/\s+as\s+/).at(-1);
      if (name && !part.trim().startsWith("type ")) names.add(name);
    }
  }
  for (const [, from] of text.matchAll(/^export \* from ["']\.\/([\w-]+)(?:\.d\.ts|\.js)?["']/gm)) {
    for (const name of await declaredValues(path.join(path.dirname(file), `${from}.d.ts`))) names.add(name);
  }
  return names;
}

/**
 * Opens a page of the app's and asserts that it saw everything.
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} url
 * @param {string} [more] of the query
 */
async function assertRuns(browser, url, more = "") {
  const { page, assertClean } = await openPage(browser, `${url}?server=${encodeURIComponent(server.url)}${more}`);
  await page.waitForFunction("globalThis.done", { timeout: 20_000 });
  assert.deepEqual(await page.evaluate("globalThis.done"), expected);
  assertClean();
  await page.close();
}

/** @param {string} directory @returns {Promise<string[]>} */
async function wasmFiles(directory) {
  const all = await readdir(directory, { recursive: true });
  return all.filter((file) => file.endsWith(".wasm"));
}

/** Each builds the app into `out` with no configuration that is about this package. */
/** @type {Record<string, (out: string) => Promise<void>>} */
const bundlers = {
  async esbuild(out) {
    const { build } = await import("esbuild");
    await build({ absWorkingDir: app, entryPoints: ["page.js"], bundle: true, minify: true, outdir: out, logLevel: "error" });
  },
  async vite(out) {
    const { build } = await import("vite");
    await build({ root: app, logLevel: "error", configFile: false, build: { outDir: out, emptyOutDir: true } });
  },
  async webpack(out) {
    const { default: webpack } = await import("webpack");
    const compiler = webpack({ context: app, entry: "./page.js", mode: "production", output: { path: out, filename: "page.js" } });
    /** @type {any} */
    const stats = await new Promise((resolve, reject) => compiler.run((error, stats) => (error ? reject(error) : resolve(stats))));
    await new Promise((resolve) => compiler.close(() => resolve(undefined)));
    assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString({ preset: "errors-warnings" }));
  },
};

for (const kind of browsers) {
  describe(kind, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    before(async () => {
      browser = await launch(kind);
    });
    after(() => browser?.close());

    test("plain page with an import map", async () => {
      const importMap = JSON.stringify({ imports: { "mcp-wasm": "/node_modules/mcp-wasm/index.js" } });
      const html = `<!doctype html><title>plain</title><script type="importmap">${importMap}</script><script type="module" src="/page.js"></script>`;
      const site = await startStaticServer({ mounts: { "/": app }, files: { "/plain.html": html } });
      try {
        await assertRuns(browser, `${site.url}plain.html`);
        await assertRuns(browser, `${site.url}plain.html`, "&worker");
      } finally {
        await site.stop();
      }
    });

    test("the slim entry with the module from where the app puts it", async () => {
      const importMap = JSON.stringify({ imports: { "mcp-wasm": "/node_modules/mcp-wasm/slim.js" } });
      const start = 'import { init } from "mcp-wasm"; await init(fetch("/node_modules/mcp-wasm/core.wasm")); await import("/page.js");';
      const html = `<!doctype html><title>slim</title><script type="importmap">${importMap}</script><script type="module">${start}</script>`;
      const site = await startStaticServer({ mounts: { "/": app }, files: { "/slim.html": html } });
      try {
        await assertRuns(browser, `${site.url}slim.html`);
      } finally {
        await site.stop();
      }
    });

    test("module worker under a production CSP", async () => {
      const files = {
        "/worker.html": '<!doctype html><title>worker</title><script type="module" src="/start.js"></script>',
        "/start.js": 'const worker = new Worker("/worker.js" + location.search, { type: "module" }); globalThis.done = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));',
        "/worker.js": 'import { run } from "/app.js"; postMessage(await run(new URLSearchParams(location.search).get("server")));',
        "/app.js": (await readFile(path.join(app, "app.js"), "utf8")).replace('"mcp-wasm"', '"/node_modules/mcp-wasm/index.js"'),
      };
      const site = await startStaticServer({ mounts: { "/": app }, files, csp: productionCsp });
      try {
        await assertRuns(browser, `${site.url}worker.html`);
      } finally {
        await site.stop();
      }
    });

    for (const [name, build] of Object.entries(bundlers)) {
      test(`${name} bundle`, async () => {
        const out = path.join(app, "out", name);
        if (!existsSync(out)) {
          await mkdir(out, { recursive: true });
          await build(out);
          if (!existsSync(path.join(out, "index.html"))) await cp(path.join(app, "index.html"), path.join(out, "index.html"));
        }
        assert.deepEqual(await wasmFiles(out), [], "the module travels inside the JavaScript");
        const site = await startStaticServer({ mounts: { "/": out }, csp: `${productionCsp}; worker-src 'self' blob:` });
        try {
          await assertRuns(browser, site.url);
          await assertRuns(browser, site.url, "&worker");
        } finally {
          await site.stop();
        }
      });
    }
  });
}

describe("node", () => {
  const ws = import.meta.resolve("ws");
  for (const file of ["import.mjs", "require.cjs"]) {
    test(file, async () => {
      const { stdout } = await exec(process.execPath, [file, server.url], { cwd: app, env: { ...process.env, WS_MODULE: ws } });
      assert.deepEqual(JSON.parse(stdout), expected);
    });
  }
});

describe("typescript", () => {
  for (const [module, resolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
    test(`module resolution ${resolution}`, async () => {
      const tsc = path.join(tests, "node_modules", ".bin", "tsc");
      const flags = ["--strict", "--noEmit", "--target", "es2022", "--module", String(module), "--moduleResolution", String(resolution)];
      await exec(tsc, [...flags, "--lib", "es2022,dom,esnext.disposable", "types.ts"], { cwd: app }).catch((error) => assert.fail(error.stdout || error.message));
    });
  }
});
