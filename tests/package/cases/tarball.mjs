// What is in the tarball.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { installed, npm, output, state, tool } from "./install.mjs";

/** The files that an `exports` entry leads to. @param {any} entry @returns {string[]} */
const targets = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targets));

const manifest = async () => JSON.parse(await readFile(installed("package.json"), "utf8"));

describe("tarball", () => {
  test("holds what package.json exports, and nothing unexpected", async () => {
    const { exports, version, dependencies } = await manifest();
    for (const target of targets(exports)) assert.ok(existsSync(installed(target)), `${target} is exported but missing`);
    assert.notEqual(version, "0.0.0");
    assert.equal(dependencies, undefined);
    assert.ok(state.packed.includes("README.md") && state.packed.some((file) => file.startsWith("LICENSE")));
    const odd = state.packed.filter((file) => !/^([a-z-]+\/)?[\w.-]+\.(js|d\.ts|wasm|json|md)$|^LICENSE-(MIT|APACHE|THIRD-PARTY)$/.test(file));
    assert.deepEqual(odd, []);
  });

  test("can be published with provenance: licence, repository, access", async () => {
    const { license, repository, publishConfig, bugs, homepage, private: kept } = await manifest();
    assert.equal(license, "MIT OR Apache-2.0");
    assert.match(repository.url, /^git\+https:\/\/github\.com\/[\w-]+\/[\w-]+\.git$/);
    const page = repository.url.slice("git+".length, -".git".length);
    assert.deepEqual([bugs, homepage], [`${page}/issues`, `${page}#readme`]);
    assert.deepEqual(publishConfig, { access: "public", provenance: true });
    assert.equal(kept, undefined);
  });

  test("the declarations name what the modules export", async () => {
    const { exports } = await manifest();
    for (const { types, default: file } of Object.values(exports)) {
      if (!types || !file.endsWith(".js") || file.includes("element")) continue;
      const exported = Object.keys(await import(pathToFileURL(installed(file)).href)).sort();
      const names = await declaredValues(installed(types));
      assert.deepEqual([...names].sort(), exported, `${types} and ${file} differ`);
    }
  });

  test("nothing in it names a place on a machine", async () => {
    for (const file of state.packed) {
      const [place] = (await readFile(installed(file), "latin1")).match(/\/(home|Users|root|work|tmp)\/[\w./-]{0,80}/) ?? [];
      assert.equal(place, undefined, file);
    }
  });

  test("publint has nothing to say", async () => {
    const said = await output(process.execPath, [tool("publint", "src", "cli.js"), "run", installed(), "--strict"]);
    assert.match(said, /All good!/);
  });

  test("are the types wrong? No", async () => {
    const cli = tool("@arethetypeswrong/cli", "dist", "index.js");
    // Node requires ES modules from 20.19 on, which is the oldest that the package supports; TypeScript's
    // `node16` does not know that. Resolution as in Node 10 is none that anybody has.
    const rules = ["--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm"];
    const said = await output(process.execPath, [cli, state.tarball, ...rules, "--format", "ascii", "--no-color"], { cwd: npm });
    // It fails by itself for what counts; what is ignored it still names.
    assert.match(said, /bundler: 🟢/);
    assert.doesNotMatch(said, /^(?!.*\(ignored\b).*(💀|❌|⚠️|🎭|🐛)/m);
  });
});

/**
 * The names of the values that a declaration file exports, its re-exports followed.
 * @param {string} file
 * @returns {Promise<Set<string>>}
 */
async function declaredValues(file) {
  const text = (await readFile(file, "utf8")).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const names = new Set();
  for (const [, name] of text.matchAll(/^export (?:declare )?(?:abstract )?(?:class|function|const|let|var|enum) (\w+)/gm)) names.add(name);
  for (const [, list] of text.matchAll(/^export \{([^}]*)\}/gm)) {
    for (const part of String(list).split(",")) {
      const name = part.trim().split(/\s+as\s+/).at(-1);
      if (name && !part.trim().startsWith("type ")) names.add(name);
    }
  }
  for (const [, from] of text.matchAll(/^export \* from ["'](\.\.?\/[\w./-]+?)(?:\.d\.ts|\.js)?["']/gm)) {
    for (const name of await declaredValues(path.join(path.dirname(file), `${from}.d.ts`))) names.add(name);
  }
  return names;
}
