// The gateway as npm has it: the packed packages, installed without the network, and started by npx.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { linesServer, processes, until } from "../support/gateway.mjs";
import { gatewayPackages, importPkg } from "../support/paths.mjs";
import { start } from "../support/process.mjs";

const run = promisify(execFile);
const platform = `mcp-wasm-gateway-${process.platform}-${process.arch}`;
const app = mkdtempSync(path.join(tmpdir(), "gateway-npx-"));

before(async () => {
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ name: "app", private: true }));
  const tarballs = [];
  for (const name of [platform, "mcp-wasm-gateway"]) {
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", app], { cwd: path.join(gatewayPackages, name) });
    tarballs.push(path.join(app, String(stdout.trim().split("\n").at(-1))));
  }
  // The other platforms' packages are not there, and need not be.
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", ...tarballs], { cwd: app });
});
after(() => rmSync(app, { recursive: true, force: true }));

test("npx starts the program of this platform, and a client gets every report", { timeout: 120_000 }, async () => {
  const mark = `npx-${Date.now()}`;
  const args = ["--no-install", "mcp-wasm-gateway", "--port", "0", "--token", "t", "--", process.execPath, linesServer, mark];
  const gateway = await start("npx", args, { cwd: app, ready: /try them at (http:\/\/\S+:(\d+)\/)/ });
  const { Client } = await importPkg();
  const client = await Client.connect(`${gateway.match[1]}mcp`, { headers: { authorization: "Bearer t" }, progressHandler: null });
  let reports = 0;
  await client.callTool("burst", { count: 50 }, { onprogress: () => reports++ });
  assert.equal(reports, 50);
  await client.close();
  const page = await fetch(String(gateway.match[1]));
  assert.match(await page.text(), /name="gateway"/, "the page is in the program");
  assert.equal((await fetch(`${gateway.match[1]}pkg/index.js`)).status, 200, "and the package that it uses");
  await gateway.stop();
  await until(async () => (await processes(mark)).length === 0, "nothing is left");
});

test("where there is no program for a platform, the command says what to do", async () => {
  const file = path.join(app, "node_modules", "mcp-wasm-gateway", "run.js");
  const other = ["-e", `Object.defineProperty(process, "arch", { value: "none" }); require(${JSON.stringify(file)});`];
  await assert.rejects(run(process.execPath, other, { cwd: app }), /cargo install mcp-wasm-gateway/);
});
