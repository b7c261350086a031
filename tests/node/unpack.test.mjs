// The modules that travel inside scripts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { pkg } from "../support/paths.mjs";

const load = (/** @type {string} */ name) => import(pathToFileURL(path.join(pkg, name)).href);

for (const [script, module] of /** @type {const} */ ([
  ["wasm/inline.js", "core.wasm"],
  ["wasm/host-inline.js", "server.wasm"],
])) {
  test(`${script} carries ${module}, byte by byte`, async () => {
    const [{ default: packed }, { unpack }] = await Promise.all([load(script), load("wasm/unpack.js")]);
    assert.deepEqual(Buffer.from(unpack(packed)), await readFile(path.join(pkg, module)));
  });
}
