// The package as its users get it: packed, and installed into an app of its own. The app lies where
// it finds what it is tried in: the packages of `npm/`, which knows of ours nothing.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { startFakeServer } from "../../support/fake-server.mjs";
import { pkg, tests } from "../../support/paths.mjs";

const exec = promisify(execFile);

/** Where bundlers, frameworks and runtimes are installed. */
export const npm = path.join(tests, "package", "npm");

/** The app. */
export const app = path.join(npm, "app");

/** What `run` of app/app.js gives. */
export const expected = {
  seen: [
    [1, 3, "step 1"],
    [2, 3, "step 2"],
    [3, 3, "step 3"],
  ],
  content: [{ type: "text", text: "counted to 3" }],
  protocolVersion: "2026-07-28",
};

/**
 * What the cases need, once `install` is done.
 * @type {{ server: import("../../support/fake-server.mjs").FakeServer, packed: string[], tarball: string }}
 */
export const state = /** @type {any} */ ({});

export async function install() {
  if (!existsSync(path.join(npm, "node_modules"))) {
    throw new Error("tests/package/npm has nothing installed: run `npm ci` there, or `cargo xtask test --only package`");
  }
  await rm(app, { recursive: true, force: true });
  await cp(path.join(tests, "package", "app"), app, { recursive: true });
  await mkdir(path.join(app, "node_modules"));
  const { stdout } = await exec("npm", ["pack", pkg, "--json", "--pack-destination", app], { cwd: app });
  const parsed = JSON.parse(stdout);
  const [{ filename, files }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  state.packed = files.map((/** @type {{ path: string }} */ file) => file.path);
  state.tarball = path.join(app, path.basename(filename));
  await writeFile(path.join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", state.tarball], { cwd: app });
  // What TypeScript compiles lies beside the app's own files.
  await cp(path.join(tests, "package", "types"), app, { recursive: true });
  // Browsers ask for one by themselves, and would complain of a 404.
  for (const folder of ["public", "next/public"]) {
    await mkdir(path.join(app, folder));
    await writeFile(path.join(app, folder, "favicon.ico"), "");
  }
  state.server = await startFakeServer({ era: "modern" });
}

export async function uninstall() {
  await state.server?.stop();
  await rm(app, { recursive: true, force: true });
}

/** A file of the installed package. @param {string[]} parts */
export const installed = (...parts) => path.join(app, "node_modules", "mcp-wasm", ...parts);

/** A file of one of the packages in `npm/`. @param {string} name @param {string[]} parts */
export function tool(name, ...parts) {
  const file = path.join(npm, "node_modules", name, ...parts);
  if (!existsSync(file)) throw new Error(`${path.relative(tests, file)} is missing: \`npm ci\` in tests/package/npm did not bring it`);
  return file;
}

/** The version of one of them. @param {string} name */
export const versionOf = (name) => String(JSON.parse(readFileSync(tool(name, "package.json"), "utf8")).version);

/**
 * A program's standard output; it fails with all that the program printed.
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").ExecFileOptions} [options]
 */
export async function output(program, args, options) {
  try {
    const { stdout } = await exec(program, args, { cwd: app, timeout: 300_000, maxBuffer: 1 << 26, ...options });
    return String(stdout);
  } catch (/** @type {any} */ error) {
    throw new Error(`${path.basename(program)} ${args.join(" ")}: ${error.message}\n${error.stdout}`);
  }
}
