// The examples of docs/authorization.md, with a server that wants a log-in; and its table of codes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { examplesOf } from "../support/examples.mjs";
import { fakeLogin } from "../support/fake-login.mjs";
import { importPkg, pkg, root } from "../support/paths.mjs";

const AsyncFunction = /** @type {any} */ (async () => {}).constructor;
const file = "docs/authorization.md";

/** Runs an example whose imports and surroundings are given. @param {string} code @param {Record<string, unknown>} given */
const run = (code, given) => new AsyncFunction(...Object.keys(given), code.replace(/^import .*$/gm, ""))(...Object.values(given));

test("the examples log in, and are let in", async () => {
  const mcp = await importPkg();
  const entry = await importPkg("auth/index.js");
  const world = fakeLogin({ server: "https://mcp.example.com/mcp" });
  const options = { fetch: world.fetch, progressHandler: null };
  const Client = { connect: (/** @type {string} */ url, /** @type {any} */ more) => mcp.Client.connect(url, { ...options, ...more }) };
  class OAuth extends entry.OAuth {
    constructor() {
      // Here is neither a window nor a database.
      super({ fetch: world.fetch, open: world.open, redirectUri: "http://localhost/oauth.html" });
    }
  }
  const [login, own] = examplesOf(file).filter(({ kind }) => kind === "js");
  let clicks = 0;
  await run(String(login?.code), { Client, OAuth, indexedDb: () => {}, clicked: async () => void clicks++, button: {} });
  assert.deepEqual([clicks, world.opened.length], [1, 1]);
  world.tokens.set("own", []);
  const client = new mcp.Client(undefined, { progressHandler: null });
  await run(String(own?.code), { bearer: entry.bearer, session: { token: "own" }, client: { connect: (/** @type {string} */ url, /** @type {any} */ more) => client.connect(url, { ...options, ...more }) } });
  await client.callTool("work");
  await client.close();
});

test("the page that log-ins come back to is the one in www", () => {
  const shown = examplesOf(file).find(({ kind }) => kind === "html")?.code ?? "";
  const page = readFileSync(path.join(root, "www/oauth.html"), "utf8");
  for (const part of ['charset="utf-8"', 'name="referrer" content="no-referrer"', "You can close this window."]) assert.ok(shown.includes(part) && page.includes(part), part);
});

test("a log-in takes as many lines as is said", () => {
  const lines = (/** @type {string} */ code) => code.split("\n").filter((line) => line.trim() && !line.trim().startsWith("//")).length;
  const [login] = examplesOf(file).filter(({ kind }) => kind === "js");
  const page = examplesOf(file).find(({ kind }) => kind === "html")?.code ?? "";
  // An import and the call of `connect` are there without one, too.
  assert.equal(lines(login?.code ?? "") - 2, 8);
  assert.equal(lines(/<script type="module">([^]*)<\/script>/.exec(page)?.[1] ?? ""), 2);
  const [readme, guide] = ["README.md", file].map((name) => readFileSync(path.join(root, name), "utf8"));
  assert.match(readme ?? "", /eight lines more in the program and a page of\s+two/);
  assert.match(guide ?? "", /eight lines more than without/);
});

test("every code of an AuthError has its row", () => {
  const declared = [...readFileSync(path.join(pkg, "auth/index.d.ts"), "utf8").matchAll(/\| "(AUTH_\w+)"/g)].map(([, code]) => code);
  const rows = readFileSync(path.join(root, file), "utf8").split("\n").filter((line) => line.startsWith("| `AUTH_")).join("\n");
  assert.ok(declared.length > 15);
  assert.deepEqual(declared.filter((code) => !rows.includes(`\`${code}\``)), []);
});
