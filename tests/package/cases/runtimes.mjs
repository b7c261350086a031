// Runtimes without a page: Node, Deno, Bun, Cloudflare's, and Vitest in Node.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { start } from "../../support/process.mjs";
import { app, expected, installed, npm, output, state, tool, versionOf } from "./install.mjs";
import { works } from "./table.mjs";

/**
 * A Node of a major: what NODE20 or NODE22 names, else the one of npm, which is there for Linux on x64.
 * @param {20 | 22} major
 */
function node(major) {
  const named = process.env[`NODE${major}`];
  const file = named ?? path.join(npm, "node_modules", `node${major}`, "bin", "node");
  if (!existsSync(file)) throw new Error(`there is no Node ${major} for ${process.platform} on ${process.arch} in tests/package/npm: name one in NODE${major}`);
  return file;
}

/** @type {{ name: string, package: string, command: () => [program: string, args: string[]] }[]} */
const runtimes = [
  { name: "Node", package: "node20", command: () => [node(20), []] },
  { name: "Node", package: "node22", command: () => [node(22), []] },
  { name: "Deno", package: "deno", command: () => [tool(".bin", "deno"), ["run", "--allow-net", "--allow-env", "--allow-read"]] },
  { name: "Bun", package: "bun", command: () => [tool(".bin", "bun"), ["run"]] },
];

describe("runtimes", { concurrency: 2 }, () => {
  for (const { name, package: from, command } of runtimes) {
    for (const [file, how] of [["import.mjs", "`import`"], ["require.cjs", "`require`"]]) {
      test(`${name}, ${from}: ${how}`, async () => {
        const [program, args] = command();
        assert.deepEqual(JSON.parse(await output(program, [...args, String(file), state.server.url])), expected);
        works(`${name} ${versionOf(from)}`, String(how));
      });
    }
  }

  for (const environment of ["node", "jsdom"]) {
    test(`Vitest, environment ${environment}`, async () => {
      const env = { ...process.env, SERVER: state.server.url, EXPECTED: JSON.stringify(expected), NO_COLOR: "1" };
      const said = await output(node(22), [tool("vitest", "vitest.mjs"), "run", "--root", app, "--environment", environment, "vitest.test.js"], { env });
      assert.match(said, /Tests +1 passed/);
      works(`Vitest ${versionOf("vitest")}`, `environment \`${environment}\``);
    });
  }

  // Bytes are not compiled there, so the module is imported, and bundled as Cloudflare's tool does.
  for (const [entry, core, how] of [
    ["cloudflare.js", "core.wasm", "`import`, a server in the worker too"],
    ["cloudflare-slim.js", "mcp-wasm/core.wasm", "`mcp-wasm/slim` with `mcp-wasm/core.wasm`"],
  ]) {
    test(`workerd: ${how}`, async () => {
      const { build } = await import("esbuild");
      const conditions = ["workerd", "worker", "browser"];
      await build({ absWorkingDir: app, entryPoints: [String(entry)], bundle: true, format: "esm", conditions, external: ["*.wasm"], outdir: "out", logLevel: "error" });
      const config = `${entry}.capnp`;
      await writeFile(path.join(app, config), cloudflare(String(entry), String(core)));
      const workerd = await start(tool(".bin", "workerd"), ["serve", config, "--control-fd=1"], { ready: /"port":(\d+)/, cwd: app });
      try {
        const answer = await fetch(`http://127.0.0.1:${workerd.match[1]}/?server=${encodeURIComponent(state.server.url)}`);
        const text = await answer.text();
        assert.equal(answer.status, 200, `${text}\n${workerd.output()}`);
        for (const outcome of JSON.parse(text)) assert.deepEqual(outcome, expected);
      } finally {
        await workerd.stop();
      }
      works(`workerd ${versionOf("workerd")}`, String(how));
    });
  }
});

/** @param {string} entry what is bundled @param {string} core the name by which it imports the module */
const cloudflare = (entry, core) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .app), (name = "internet", network = (allow = ["private"])) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ],
);
const app :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    (name = "app", esModule = embed "out/${entry}"),
    (name = "${core}", wasm = embed "${path.relative(app, installed("core.wasm"))}"),
    (name = "server.wasm", wasm = embed "${path.relative(app, installed("server.wasm"))}"),
  ],
);
`;
