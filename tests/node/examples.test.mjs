// The JavaScript examples of every document run as they stand, against the demo server, and print what they say.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { startDemoServer } from "../support/demo-server.mjs";
import { ELSEWHERE, KINDS, complete, documents, examples, examplesOf, unprinted } from "../support/examples.mjs";
import { pkg, root, target, tests } from "../support/paths.mjs";

const run = promisify(execFile);
const folder = join(target, "examples");
const ws = createRequire(import.meta.url).resolve("ws");

/** @type {import("../support/demo-server.mjs").DemoServer} */
let server;

before(async () => {
  server = await startDemoServer({ pace: 0 });
  rmSync(folder, { recursive: true, force: true });
  const modules = join(folder, "node_modules");
  mkdirSync(modules, { recursive: true });
  symlinkSync(pkg, join(modules, "mcp-wasm"));
  for (const name of readdirSync(join(tests, "node_modules"))) {
    if (!name.startsWith(".") && name !== "mcp-wasm") symlinkSync(join(tests, "node_modules", name), join(modules, name));
  }
});
after(() => server?.stop());

test("every example of the documents is of a kind that is tested, and says what it prints", () => {
  const all = documents.flatMap(examplesOf);
  assert.deepEqual(all.filter(({ kind }) => !KINDS.includes(kind)).map(({ name, kind }) => `${name}: ${kind}`), []);
  const run = all.filter(({ file, kind }) => !(file in ELSEWHERE) && /^(js|js page|html)$/.test(kind));
  assert.ok(run.length > 20, `only ${run.length} examples are run`);
  assert.deepEqual(run.filter(({ prints }) => !prints.length).map(({ name }) => name), []);
  for (const [file, place] of Object.entries(ELSEWHERE)) assert.ok(readFileSync(join(tests, place), "utf8").includes(file), `${place} does not run ${file}`);
});

test("the Rust examples of a document are compiled", () => {
  const library = readFileSync(join(root, "src", "lib.rs"), "utf8");
  const files = documents.filter((file) => examplesOf(file).some(({ kind }) => kind.startsWith("rust")));
  assert.deepEqual(files.filter((file) => !library.includes(`include_str!("../${file}")`)), []);
});

describe("in Node", { concurrency: 3 }, () => {
  for (const example of examples("js")) {
    test(`${example.name} runs and prints what it says`, async () => {
      const file = join(folder, `${example.name.replace(/\W/g, "-")}.mjs`);
      // Node 20 has no WebSocket of its own.
      writeFileSync(file, `import WebSocket from ${JSON.stringify(ws)};\nglobalThis.WebSocket ??= WebSocket;\n${complete(example.code, server.ws)}`);
      const { stdout, stderr } = await run(process.execPath, [file], { timeout: 20_000 });
      assert.deepEqual(unprinted(example, stdout + stderr), [], stdout + stderr);
    });
  }
});

test("the TypeScript examples compile, as Vite's templates compile a program", async () => {
  const files = ["ts", "tsx"].flatMap((kind) => documents.flatMap(examplesOf).filter((example) => example.kind === kind)).map(({ name, kind, code }) => {
    const file = join(folder, `${name.replace(/\W/g, "-")}.${kind}`);
    writeFileSync(file, `export {};\n${code}`);
    return file;
  });
  assert.ok(files.length > 3, "only these are TypeScript: " + files);
  writeFileSync(join(folder, "ask.d.ts"), 'import type { ToolSet } from "ai";\nexport function ask(question: string, tools: ToolSet): void;\n');
  const template = ["--target", "es2023", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2023,dom", "--jsx", "react-jsx", "--skipLibCheck"];
  const lint = ["--strict", "--noUnusedLocals", "--noUnusedParameters", "--noFallthroughCasesInSwitch", "--erasableSyntaxOnly", "--verbatimModuleSyntax", "--moduleDetection", "force"];
  const tsc = join(tests, "node_modules", ".bin", "tsc");
  await run(tsc, [...template, ...lint, "--noEmit", "--pretty", "false", ...files], { cwd: folder }).catch((error) => assert.fail(error.stdout || error.message));
});
