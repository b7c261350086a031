// The rules of DESIGN.md in Node: over transport objects on both paths, and over real WebSockets,
// in both eras.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import { CHANNELS, ERAS, cases, run } from "../rules/env.mjs";
import { rules } from "../rules/index.mjs";
import { importPkg, pkg } from "../support/paths.mjs";
import { startRelay } from "../support/scripted-relay.mjs";

// Node 20 has none.
/** @type {any} */ (globalThis).WebSocket ??= WebSocket;

/** @type {import("../rules/env.mjs").Setting} */
let setting;
/** @type {Awaited<ReturnType<typeof startRelay>>} */
let relay;
/** @type {string} */
let copied;

before(async () => {
  relay = await startRelay();
  copied = await mkdtemp(path.join(tmpdir(), "mcp-wasm-copy-"));
  await cp(pkg, copied, { recursive: true });
  setting = {
    mcp: await importPkg(),
    copy: () => import(pathToFileURL(path.join(copied, "index.js")).href),
    relay: relay.url,
    nobody: relay.nobody,
  };
});
after(async () => {
  await relay.stop();
  await rm(copied, { recursive: true });
});

for (const channel of CHANNELS) {
  for (const era of ERAS) {
    describe(`${channel}, ${era}`, () => {
      for (const { rule } of [...cases(rules, [channel])].filter((one) => one.era === era)) {
        test(rule.name, () => run(setting, rule, channel, era));
      }
    });
  }
}
