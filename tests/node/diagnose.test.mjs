// `diagnose` outside of browsers: no page's permissions, and the system's own reasons.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startFaultyServer } from "../support/faulty-server.mjs";
import { importPkg, pkg } from "../support/paths.mjs";

test("client.diagnose works without an import of its own where nothing is bundled", async () => {
  const { Client } = await importPkg();
  const server = await startFaultyServer({ era: "legacy", sessions: true, origin: false });
  try {
    const { ok, findings, era, server: info } = await new Client().diagnose(server.url);
    assert.deepEqual({ ok, findings, era, name: info.name }, { ok: true, findings: [], era: "legacy", name: "faulty" });
  } finally {
    await server.stop();
  }
});

test("a client's mode counts, and the system's reason is told", async () => {
  const { Client } = await importPkg();
  const server = await startFaultyServer({ era: "legacy" });
  const client = new Client({ name: "t", version: "1" }, { mode: { pin: "2026-07-28" } });
  assert.equal((await client.diagnose(server.url)).findings[0].code, "WRONG_ERA");
  await server.stop();
  const { ok, findings, error } = await client.diagnose(server.url);
  assert.deepEqual([ok, findings[0].code, error.code], [false, "NO_ANSWER", "CLOSED"]);
  assert.match(findings[0].what, /ECONNREFUSED/);
});

test("diagnose by itself says that the module is missing, and looks at the network all the same", async () => {
  const server = await startFaultyServer({ answer: (_, response) => Boolean(response.writeHead(404).end()) });
  const entry = pathToFileURL(path.join(pkg, "diagnose.js")).href;
  const code = `import { diagnose } from ${JSON.stringify(entry)}; console.log(JSON.stringify(await diagnose(${JSON.stringify(server.url)})))`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
    assert.deepEqual(JSON.parse(stdout).findings.map((/** @type {any} */ { code }) => code), ["NOT_INITIALIZED", "WRONG_PATH"]);
  } finally {
    await server.stop();
  }
});

test("in a bundle client.diagnose is there for who imports its entry, and an error that says so for who does not", async () => {
  const { build } = await import("esbuild");
  const server = await startFaultyServer();
  const folder = await mkdtemp(path.join(tmpdir(), "mcp-wasm-bundle-"));
  try {
    for (const [extra, printed] of /** @type {const} */ ([
      ['import "mcp-wasm/diagnose";', "modern"],
      ["", 'NOT_INITIALIZED client.diagnose: import "mcp-wasm/diagnose" as well'],
    ])) {
      const contents = `${extra} import { Client } from "mcp-wasm"; new Client().diagnose(${JSON.stringify(server.url)}).then(({ era }) => console.log(era), ({ code, message }) => console.log(code, message))`;
      const outfile = path.join(folder, "app.mjs");
      const alias = { "mcp-wasm": path.join(pkg, "index.js"), "mcp-wasm/diagnose": path.join(pkg, "diagnose.js") };
      await build({ stdin: { contents, resolveDir: folder }, alias, bundle: true, minify: true, format: "esm", outfile, logLevel: "warning" });
      const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
      assert.equal(stdout.trim(), printed);
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
});
