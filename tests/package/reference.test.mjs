// The reference of the JavaScript API comes out of the declarations without a complaint, and has every entry.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { pkg, root, target, tests } from "../support/paths.mjs";

test("TypeDoc makes the reference without a warning", async () => {
  const typedoc = path.join(tests, "package", "npm", "node_modules", ".bin", "typedoc");
  const out = path.join(target, "docs");
  await promisify(execFile)(process.execPath, [typedoc, "--options", "xtask/reference/typedoc.config.mjs", "--logLevel", "Warn", "--out", out], { cwd: root }).catch((error) => assert.fail(error.stdout + error.stderr));
  const { exports } = JSON.parse(readFileSync(path.join(pkg, "package.json"), "utf8"));
  const entries = Object.entries(exports).filter(([name, entry]) => entry.types && entry.default.endsWith(".js") && !name.startsWith("./compat/"));
  assert.ok(entries.length > 5);
  // A module is called what a program imports.
  for (const [name] of entries) {
    const module = name.replace(/^\./, "mcp-wasm");
    const file = path.join(out, "modules", `${module.replaceAll("/", "_")}.html`);
    assert.ok(existsSync(file), `${name} is missing`);
    assert.match(readFileSync(file, "utf8"), new RegExp(`<h1>Module ${module}<`));
  }
  assert.match(readFileSync(path.join(out, "classes", "mcp-wasm.Client.html"), "utf8"), /Runs a tool/);
});
