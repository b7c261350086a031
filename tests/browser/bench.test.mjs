// The benchmark still runs: a few notifications through each client, not to be timed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { tests } from "../support/paths.mjs";

test("the benchmark feeds every client in Chromium, and prints ratios", async () => {
  const script = path.join(tests, "bench", "run.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--only", "memory", "--rounds", "1", "--scale", "0.01"]);
  for (const row of ["**mcp-wasm**", "bare JavaScript", "TypeScript SDK v1", "TypeScript SDK v2"]) {
    // Who counts as 1 has no spread.
    const figure = row === "bare JavaScript" ? "1" : "[\\d.]+<br><sub>[\\d.]+–[\\d.]+</sub>";
    assert.match(stdout, new RegExp(`\\| ${row.replaceAll("*", "\\*")} \\| ${figure} \\|`));
  }
});
