// A server in the page, from the packed package through bundlers; and what apps without one do not carry.
import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { bundlers, outOf } from "./bundlers.mjs";
import { app, installed, output } from "./install.mjs";

const SOURCE = `
import { Client, Server } from "mcp-wasm";
const server = new Server({ name: "page", version: "1" });
server.tool("count", async ({ n }, ctx) => {
  for (let i = 1; i <= n; i++) await ctx.reportProgress(i, n);
  return "counted";
});
const client = await Client.connect(server);
const seen = [];
const { content } = await client.callTool("count", { n: 3 }, { progressHandler: (progress) => seen.push(progress) });
await client.close();
console.log(seen.join(), content[0].text);
`;

describe("a server in the page", () => {
  before(() => writeFile(path.join(app, "in-page.js"), SOURCE));

  test("from the package as it is", async () => {
    assert.equal(await output(process.execPath, [path.join(app, "in-page.js")]), "1,2,3 counted\n");
  });

  test("in one file, by esbuild", async () => {
    const { build } = await import("esbuild");
    const outfile = path.join(app, "out", "in-page.mjs");
    await build({ absWorkingDir: app, entryPoints: ["in-page.js"], bundle: true, minify: true, format: "esm", outfile, logLevel: "error" });
    assert.equal(await output(process.execPath, [outfile]), "1,2,3 counted\n");
  });

  test("with the module in a chunk of its own, by Vite", async () => {
    const { build } = await import("vite");
    const out = path.join(app, "out", "in-page");
    const lib = { entry: path.join(app, "in-page.js"), formats: /** @type {["es"]} */ (["es"]), fileName: "in-page" };
    await build({ root: app, logLevel: "error", configFile: false, build: { outDir: out, lib } });
    const [main = ""] = (await readdir(out)).filter((file) => file.startsWith("in-page"));
    const text = await readFile(path.join(out, main), "utf8");
    assert.ok(!text.includes(await start()), "the module is in the main chunk");
    assert.equal(await output(process.execPath, [path.join(out, main)]), "1,2,3 counted\n");
  });

  test("with the module from where the app puts it", async () => {
    const slim = SOURCE.replace('import { Client, Server } from "mcp-wasm";', `
import { readFile } from "node:fs/promises";
import { Client, Server, init, initServer } from "mcp-wasm/slim";
const early = await Client.connect(new Server({ name: "early", version: "1" })).catch(({ code }) => code);
if (early !== "NOT_INITIALIZED") throw new Error(String(early));
await init(readFile(new URL(import.meta.resolve("mcp-wasm/core.wasm"))));
initServer(readFile(new URL(import.meta.resolve("mcp-wasm/server.wasm"))));
`);
    const file = path.join(app, "in-page-slim.mjs");
    await writeFile(file, slim);
    assert.equal(await output(process.execPath, [file]), "1,2,3 counted\n");
  });

  test("apps without one carry nothing of it", async () => {
    const mark = await start();
    for (const bundler of bundlers) {
      const out = outOf(bundler);
      for (const file of await readdir(out, { recursive: true })) {
        if (!/\.m?js$/.test(file)) continue;
        const text = await readFile(path.join(out, file), "utf8");
        assert.ok(!text.includes(mark) && !text.includes("initServer"), `${bundler.name} put the server's module into ${file}`);
      }
    }
  });
});

/** A part of the inlined module that nothing else has. */
async function start() {
  const { default: packed } = await import(pathToFileURL(installed("wasm/host-inline.js")).href);
  return packed.slice(1000, 1100);
}
