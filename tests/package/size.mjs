// Bundles a minimal app and prints what travels to the browser, in bytes: `websocket gzip N`,
// `websocket brotli N`, and the same of `http`. What a bundler splits off counts where a page loads it: the
// chunks of HTTP only over HTTP. The budgets are in `cargo xtask check`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { pkg } from "../support/paths.mjs";
import { sizes } from "../support/sizes.mjs";

/** As an app is built; nothing is written. */
const BUNDLED = /** @type {const} */ ({
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: "out",
  write: false,
  metafile: true,
  logLevel: "warning",
});

/** @param {boolean} splitting */
async function bundle(splitting) {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(import.meta.dirname, "size-app.js")],
    alias: { "mcp-wasm": path.join(pkg, "index.js") },
    splitting,
    ...BUNDLED,
  });
  return { outputFiles, outputs: metafile.outputs };
}

/**
 * What texts weigh together. The hashes in the names of chunks are others for each app and folder, and what brotli makes of a few
 * bytes depends on where it begins: the mean of some beginnings does not.
 * @param {string[]} texts
 * @param {"raw" | "gzip" | "brotli"} kind
 * @param {number} [count] of beginnings
 */
function mean(texts, kind, count = 8) {
  const same = texts.map((text) => text.replace(/-[A-Z0-9]{8}\.js/g, ".js"));
  const beginnings = Array.from({ length: count }, (_, i) => "/".repeat(i + 2) + "\n");
  const size = (/** @type {string} */ beginning) => same.reduce((sum, text) => sum + sizes(Buffer.from(beginning + text))[kind], 0);
  return Math.round(beginnings.reduce((sum, beginning) => sum + size(beginning), 0) / count);
}

/** The files of the package in an output. @param {{ inputs: Record<string, { bytesInOutput: number }> } | undefined} output */
const parts = (output) =>
  Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput)
    .map(([name]) => path.relative(pkg, name).replaceAll(path.sep, "/"));

const { outputFiles, outputs } = await bundle(true);
const names = Object.keys(outputs);
/** What is loaded with a chunk. @param {string} name @returns {string[]} */
const loaded = (name) => [name, ...(outputs[name]?.imports ?? []).filter(({ kind }) => kind === "import-statement").flatMap((one) => loaded(one.path))];
/** The chunk that a file is in. @param {string} file */
const chunkOf = (file) => names.find((name) => parts(outputs[name]).includes(file)) ?? assert.fail(`no chunk has ${file}`);

const entry = names.find((name) => outputs[name]?.entryPoint?.endsWith("size-app.js")) ?? assert.fail("no entry");
const apps = {
  websocket: loaded(entry),
  http: [entry, "transports/exchanges.js", "wasm/inline-http.js"].flatMap((name) => loaded(name === entry ? name : chunkOf(name))),
};
for (const [app, chunks] of Object.entries(apps)) {
  const texts = [...new Set(chunks)].map((name) => outputFiles.find((file) => file.path.endsWith(name))?.text ?? assert.fail(name));
  for (const kind of /** @type {const} */ (["raw", "gzip", "brotli"])) console.log(`${app} ${kind} ${mean(texts, kind)}`);
}
const websocket = new Set(apps.websocket.flatMap((name) => parts(outputs[name])));
for (const file of ["transports/exchanges.js", "transports/fetch.js", "wasm/inline-http.js", "worker/worker-transport.js", "wasm/inline-dialogue.js", "client/subscription.js", "client/answers.js", "client/results.js", "wasm/shapes.js"]) {
  assert.ok(!websocket.has(file), `${file} is loaded by who connects to a WebSocket`);
}

// Where nothing is split off, HTTP, worker mode and who logs in come along, once, and nothing else does.
const whole = await bundle(false);
const [file] = whole.outputFiles;
assert.ok(file && whole.outputFiles.length === 1);
console.log(`in one file, with worker mode: ${sizes(file.contents).brotli} in brotli`);
const carried = parts(Object.values(whole.outputs)[0]);
const known = new Set(apps.http.flatMap((name) => parts(outputs[name])));
assert.deepEqual(carried.filter((name) => !known.has(name)).sort(), ["client/answers.js", "client/results.js", "client/subscription.js", "transports/authorized.js", "transports/common.js", "transports/seldom.js", "transports/whole.js", "wasm/inline-dialogue.js", "wasm/shapes.js", "worker/errors.js", "worker/own.js", "worker/speaking.js", "worker/worker-script.js", "worker/worker-transport.js"]);

/**
 * Empties the modules and the worker's script: brotli divides such long texts in another place for each byte before them, and
 * what comes of that is more than what is looked for.
 * @type {import("esbuild").Plugin}
 */
const hollow = {
  name: "hollow",
  setup: ({ onLoad }) => void onLoad({ filter: /(wasm[\\/]inline(-\w+)?|worker[\\/]worker-script)\.js$/ }, ({ path: file }) => ({ contents: readFileSync(file, "utf8").replace(/"(?:[^"\\]|\\.){1000,}"/, '""') })),
};

/** The chunks that a page loads of an app over HTTP, without the modules, in bytes. @param {string} code @param {import("esbuild").Plugin[]} [plugins] @param {boolean} [splitting] */
async function weigh(code, plugins = [], splitting = true) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    alias: { "mcp-wasm/auth": path.join(pkg, "auth/index.js"), "mcp-wasm": path.join(pkg, "index.js") },
    plugins: [hollow, ...plugins],
    splitting,
    ...BUNDLED,
  });
  const all = Object.entries(metafile.outputs);
  const first = all.filter(([, output]) => output.entryPoint === "<stdin>" || parts(output).some((file) => file === "transports/exchanges.js" || file === "wasm/inline-http.js"));
  const needed = new Set(first.map(([name]) => name));
  // A set that grows is walked to its new end.
  for (const name of needed) for (const one of metafile.outputs[name]?.imports ?? []) if (one.kind === "import-statement") needed.add(one.path);
  const files = outputFiles.filter((file) => [...needed].some((name) => file.path.endsWith(`/${name}`)));
  assert.equal(files.length, needed.size);
  return mean(files.map(({ text }) => text), "brotli", 16);
}
const app = readFileSync(path.join(import.meta.dirname, "size-app.js"), "utf8");
const plain = await weigh(app);

/** What asks an authorizer and hears it, in apps that have none, and what would be there without. @type {Record<string, [from: string, to: string, other: string][]>} */
const hook = {
  "transports/fetch.js": [
    ["await (auth ? (await part(import(", ": send())", "await send()"],
    ["headers: given, auth", "}", "headers: given }"],
    ["headers: given, auth", "}", "headers: given }"],
    ["if (auth || ", "", "if ("],
    ["response.refusal ??", "", ""],
  ],
  "transports/http.js": [["const { auth,", ";", ""], ["this.access =", ";", ""]],
  "transports/socket.js": [["this.access =", ";", ""], ["this.access.auth ?", " : ", ""], ["more = []", "", ""], ["[...protocols, ...more]", "", "protocols"], ["this.access = { ...", ";", ""], ["auth, ...options", "", "...options"]],
  "transports/identity.js": [["if (auth) return", ";", ""]],
  "transports/route.js": [["headers, auth }", "", "headers }"], ["{ auth, protocols", "", "{ protocols"], ["auth, server: String(target),", "", ""]],
  "client/calls.js": [["const access =", "else this", "this"]],
  "base/errors.js": [["if (\"thrown\" in", "what);", ""]],
};
/** @type {import("esbuild").Plugin} */
const cut = {
  name: "cut",
  setup: ({ onLoad }) =>
    void onLoad({ filter: /\.js$/ }, ({ path: file }) => {
      let contents = readFileSync(file, "utf8");
      for (const [from, to, other] of hook[path.relative(pkg, file).replaceAll(path.sep, "/")] ?? []) {
        const start = contents.indexOf(from);
        const end = contents.indexOf(to, start + from.length) + to.length;
        assert.ok(start >= 0 && end > start, `${file} has no \`${from}\` any more: measure without the hook in another way`);
        contents = contents.slice(0, start) + other + contents.slice(end);
      }
      return { contents };
    }),
};
const asks = plain - (await weigh(app, [cut]));
console.log(`of that, asking an authorizer: ${asks} in brotli`);
assert.ok(asks > 0 && asks <= 250, `asking an authorizer is ${asks} bytes`);

const logsIn = (await weigh(`import { OAuth } from "mcp-wasm/auth"; globalThis.auth = new OAuth();\n${app}`)) - plain;
console.log(`mcp-wasm/auth, as a page loads it: ${logsIn} in brotli`);
assert.ok(logsIn > 1024 && logsIn <= 4.5 * 1024, `mcp-wasm/auth is ${logsIn} bytes`);

// Where nothing is split off, what finds out where one logs in, and all that may be said of it, comes along at once.
const everything = `import { OAuth, finish, indexedDb } from "mcp-wasm/auth"; finish(); globalThis.auth = new OAuth({ storage: indexedDb() });\n${app}`;
const inOne = (await weigh(everything, [], false)) - (await weigh(app, [], false));
console.log(`mcp-wasm/auth, in one file, with its callback page: ${inOne} in brotli`);
assert.ok(inOne > logsIn && inOne <= 9 * 1024, `mcp-wasm/auth in one file is ${inOne} bytes`);
