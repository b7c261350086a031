// Programs written for the TypeScript SDKs, run as they are and with nothing changed but the import:
// the outcomes are the same.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startDemoServer } from "../support/demo-server.mjs";
import { startFixtureServer } from "../support/fixture-server.mjs";
import { pkg, target, tests } from "../support/paths.mjs";
import { failing } from "./failing.mjs";
import { scripted } from "./scripted.mjs";

const run = promisify(execFile);
const programs = path.join(import.meta.dirname, "migration");
const folder = path.join(target, "migration");

/** What of the SDK is the client's, and what takes its place; its server stays the SDK's. */
const CLIENT = {
  v1: [/"@modelcontextprotocol\/sdk\/(client\/(auth|auth-extensions|index|middleware|streamableHttp|websocket)|types|inMemory|shared\/[\w-]+)\.js"/g, '"mcp-wasm/compat/v1"'],
  v2: [/"@modelcontextprotocol\/client"/g, '"mcp-wasm/compat/v2"'],
  plain: [/(?<={ Client } from )"@modelcontextprotocol\/client"/g, '"mcp-wasm"'],
};

/** @type {import("../support/demo-server.mjs").DemoServer} */
let demo;
/** @type {import("../support/fixture-server.mjs").FixtureServer} */
let fixture;
/** Answers with the HTTP status that is the path. */
const refuser = createServer((request, response) => response.writeHead(Number(request.url?.slice(1))).end("no"));
let refusing = "";

before(async () => {
  [demo, fixture] = await Promise.all([startDemoServer(), startFixtureServer()]);
  await once(refuser.listen(0, "127.0.0.1"), "listening");
  refusing = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (refuser.address()).port}`;
  rmSync(folder, { recursive: true, force: true });
  const modules = path.join(folder, "node_modules");
  mkdirSync(modules, { recursive: true });
  symlinkSync(pkg, path.join(modules, "mcp-wasm"));
  for (const name of ["@modelcontextprotocol", "@types", "zod"]) symlinkSync(path.join(tests, "node_modules", name), path.join(modules, name));
});
after(() => {
  refuser.closeAllConnections();
  refuser.close();
  return Promise.all([demo?.stop(), fixture?.stop()]);
});

/** What a program comes to, as JSON has it. @param {string} file */
async function outcome(file) {
  const { main } = await import(pathToFileURL(file).href);
  return JSON.parse(JSON.stringify(await main({ demo: `${demo.url}mcp`, fixture: fixture.mcp, refusing, scripted, failing, modules: tests })));
}

/** A program of a version, with its import changed. @param {"v1" | "v2" | "plain"} version @param {string} name */
function changed(version, name) {
  const text = readFileSync(path.join(programs, version, name), "utf8");
  const [imports, ours] = /** @type {[RegExp, string]} */ (CLIENT[version]);
  const replaced = text.replace(imports, ours);
  assert.notEqual(replaced, text);
  const file = path.join(folder, `${version}-${name}`);
  writeFileSync(file, replaced);
  return file;
}

for (const version of /** @type {const} */ (["v1", "v2", "plain"])) {
  describe(`programs of the SDK ${version}`, () => {
    for (const name of readdirSync(path.join(programs, version))) {
      test(`${name} comes to the same with only its import changed`, async () => {
        const file = changed(version, name);
        const expected = await outcome(path.join(programs, version, name));
        assert.deepEqual(await outcome(file), expected);
      });
    }

    test("their types fit too", async () => {
      const files = readdirSync(path.join(programs, version)).map((name) => changed(version, name));
      const flags = ["--ignoreConfig", "--allowJs", "--checkJs", "--strict", "--noEmit", "--skipLibCheck", "--pretty", "false", "--target", "es2022", "--module", "nodenext", "--types", "node"];
      const libraries = ["--lib", "es2023,esnext.disposable,dom,dom.iterable,dom.asynciterable"];
      await run(path.join(tests, "node_modules", ".bin", "tsc"), [...flags, ...libraries, ...files], { cwd: folder }).catch((error) => assert.fail(error.stdout || error.message));
    });
  });
}