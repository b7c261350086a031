// The modules that travel inside scripts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { pkg } from "../support/paths.mjs";

const load = (/** @type {string} */ name) => import(pathToFileURL(path.join(pkg, name)).href);

const script = "wasm/host-inline.js";
test(`${script} carries server.wasm, byte by byte`, async () => {
  const [{ default: packed }, { unpack }] = await Promise.all([load(script), load("wasm/unpack.js")]);
  assert.deepEqual(Buffer.from(unpack(packed)), await readFile(path.join(pkg, "server.wasm")));
});

test("the client's module in three scripts exports what it exports in one file, each thing once", async () => {
  const { unpack } = await load("wasm/unpack.js");
  const named = (/** @type {BufferSource} */ bytes) => new Set(WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name));
  const [first, ...rest] = await Promise.all(["wasm/inline.js", "wasm/inline-http.js", "wasm/inline-dialogue.js"].map(async (name) => named(unpack((await load(name)).default))));
  const whole = named(await readFile(path.join(pkg, "core.wasm")));
  assert.ok(first && rest.length === 2);
  const late = rest.flatMap((part) => [...part]);
  assert.ok(late.length > 10 && first.size > late.length && new Set(late).size === late.length);
  assert.deepEqual(late.filter((name) => first.has(name)), []);
  assert.deepEqual([...whole].filter((name) => !first.has(name) && !late.includes(name)), []);
});

test("a core that has never heard of HTTP is made and freed without that part of the module", async () => {
  await load("index.js");
  const { ready } = await load("wasm/load.js");
  const { Core } = await ready();
  const core = new Core({ name: "a", version: "1" });
  core.connect(1000, 1000, false, false, 0);
  core.opened(1);
  while (core.poll(true)) core.value();
  core.timeout(2);
  core.closed("over", true);
  core.free();
});
