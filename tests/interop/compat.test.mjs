// What the TypeScript SDKs' client entries declare, against what `mcp-wasm/compat` does: nothing that a program may name is
// missing without docs/migration.md saying so, and the types fit both ways.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { importPkg, pkg, root, target, tests } from "../support/paths.mjs";

const run = promisify(execFile);
const folder = path.join(target, "compat");
const sdks = path.join(tests, "node_modules", "@modelcontextprotocol");

/** The SDK 1.x has no one entry for clients: what programs of clients import. */
const ENTRIES = [
  "client/index",
  "client/streamableHttp",
  "client/websocket",
  "client/sse",
  "client/stdio",
  "client/auth",
  "client/auth-extensions",
  "client/middleware",
  "inMemory",
  "types",
  "shared/protocol",
  "shared/transport",
  "shared/auth",
  "shared/auth-utils",
  "shared/metadataUtils",
  "shared/uriTemplate",
];

/** @param {string} file */
const declarations = (file) => readFileSync(path.join(sdks, file), "utf8");
/** @param {string} file @returns {Promise<Record<string, any>>} */
const load = (file) => import(pathToFileURL(path.join(sdks, file)).href);

/** @typedef {{ from: string, name: string, generic: boolean }} Declared */

/** @returns {Declared[]} */
function typesOfV1() {
  const types = /^export (?:declare )?(?:type|interface) (\w+)(<?)/gm;
  return ENTRIES.flatMap((entry) =>
    [...declarations(`sdk/dist/esm/${entry}.d.ts`).matchAll(types)].map(([, name = "", generic]) => ({
      from: `@modelcontextprotocol/sdk/${entry}.js`,
      name,
      generic: generic === "<",
    })),
  );
}

/** In the SDK 2.x, where one list has all names: those that want arguments. */
const GENERIC = [
  "JsonSchemaValidator",
  "JsonSchemaValidatorResult",
  "ListChangedCallback",
  "ListChangedOptions",
  "MaybePromise",
];

/** @returns {Promise<Declared[]>} */
async function typesOfV2() {
  const values = Object.keys(await load("client/dist/index.mjs"));
  const lists = declarations("client/dist/index.d.mts").matchAll(/^export \{([^}]*)\};/gm);
  const names = [...lists].flatMap(([, list = ""]) => list.split(",")).map((name) => name.trim().replace(/^type |.* as /g, ""));
  return names
    .filter((name) => !values.includes(name))
    .map((name) => ({ from: "@modelcontextprotocol/client", name, generic: GENERIC.includes(name) }));
}

/** @param {string} file @param {string} source */
async function compile(file, source) {
  writeFileSync(path.join(folder, file), source);
  const flags = ["--ignoreConfig", "--strict", "--noEmit", "--skipLibCheck", "--pretty", "false", "--target", "es2022", "--module", "nodenext"];
  const libraries = ["--lib", "es2023,esnext.disposable,dom,dom.iterable,dom.asynciterable"];
  await run(path.join(tests, "node_modules", ".bin", "tsc"), [...flags, ...libraries, file], { cwd: folder }).catch((error) => assert.fail(error.stdout || error.message));
}

/** The public members that a class declares. @param {string} text @param {string} name of the class */
function membersOf(text, name) {
  const body = text.match(new RegExp(`^(?:export )?declare (?:abstract )?class ${name}\\b[^\\n]*\\{\\n([\\s\\S]*?)^\\}`, "m"))?.[1] ?? assert.fail(name);
  // Not what is within a parameter.
  const indent = /^ +/.exec(body)?.[0];
  const members = body.matchAll(new RegExp(`^${indent}${MEMBER}`, "gm"));
  return [...new Set([...members].map(([, member = ""]) => member))];
}
const MEMBER = "(?! |private|protected|static|constructor|\\*|/)(?:readonly |get |abstract )*(\\w+)\\??[(<:]";

/** How types are compared that want arguments. @type {Record<string, (type: string) => string>} */
const GIVEN = {
  // What a schema's output is, the SDK says in terms of zod's own types, which this package does not depend on.
  RequestHandlerExtra: (type) => `Omit<${type}<{ method: string }, { method: string }>, "sendRequest">`,
};

/** The SDK 2.x with what only a class itself sees left out of `DpopSession`: that makes its type one that nothing else fits, whatever it has. */
const BARE = "client-bare";
/** The types that name that class, which are compared with it bare on the way back to the SDK. All others are as they are. */
const NAMES_SESSION = ["DpopSessionSource", "OAuthClientProvider", "SSEClientTransportOptions", "StreamableHTTPClientTransportOptions"];

before(() => {
  rmSync(folder, { recursive: true, force: true });
  const modules = path.join(folder, "node_modules");
  const bare = path.join(modules, BARE);
  mkdirSync(path.join(bare, "dist"), { recursive: true });
  symlinkSync(pkg, path.join(modules, "mcp-wasm"));
  for (const name of readdirSync(path.dirname(sdks))) if (name !== "mcp-wasm") symlinkSync(path.join(path.dirname(sdks), name), path.join(modules, name));
  // By its own name: of two packages of one name and version the compiler reads one.
  writeFileSync(path.join(bare, "package.json"), JSON.stringify({ ...JSON.parse(declarations("client/package.json")), name: BARE }));
  for (const name of readdirSync(path.join(sdks, "client", "dist")).filter((file) => /\.d\.[cm]ts$/.test(file))) {
    const text = declarations(`client/dist/${name}`);
    const session = text.replace(/^declare class DpopSession \{[^]*?^\}/m, (body) => body.replace(/^ +private readonly \w+;\n/gm, ""));
    writeFileSync(path.join(bare, "dist", name), session);
  }
});

/** Methods whose type parameters are bound to zod's own types or to a table, so that there are no parameters without them. */
const OPEN = ["request", "setRequestHandler", "setNotificationHandler"];

/** What docs/migration.md says is not there, for either SDK. */
const absent = () => {
  const guide = readFileSync(path.join(root, "docs/migration.md"), "utf8");
  const section = guide.match(/^## What is not there\n([\s\S]*?)^## /m)?.[1] ?? assert.fail("the guide has no such section");
  const names = section.replace(/\|[^|]*\|$/gm, "");
  return new Set([...names.matchAll(/`([\w.]+)`/g)].map(([, name = ""]) => name));
};

for (const version of /** @type {const} */ (["v1", "v2"])) {
  describe(`compat/${version}`, () => {
    const types = () => (version === "v1" ? typesOfV1() : typesOfV2());

    test("every type that the SDK's client entries export is there, and fits both ways", async () => {
      const declared = await types();
      assert.ok(declared.length > 190, `${declared.length}`);
      const sources = [...new Set(declared.map(({ from }) => from))];
      const lines = [`import type * as Ours from "mcp-wasm/compat/${version}";`];
      if (version === "v2") lines.push(`import type * as Bare from "${BARE}";`);
      sources.forEach((from, i) => lines.push(`import type * as Theirs${i} from "${from}";`));
      declared.forEach(({ from, name, generic }, i) => {
        const [theirs, ours] = [`Theirs${sources.indexOf(from)}.${name}`, `Ours.${name}`].map((type) => (generic ? (GIVEN[name] ?? ((of) => `${of}<string>`))(type) : type));
        lines.push(`declare const theirs${i}: ${theirs}; export const ours${i}: ${ours} = theirs${i};`);
        const goal = NAMES_SESSION.includes(name) && version === "v2" ? `Bare.${name}` : theirs;
        lines.push(`declare const own${i}: ${ours}; export const back${i}: ${goal} = own${i};`);
      });
      await compile(`${version}-types.ts`, lines.join("\n"));
    });

    test("what a program has for a method of the SDK's client, `Parameters` of ours take", async () => {
      const lines = [`import type { Client as Ours } from "mcp-wasm/compat/${version}";`, `import type { Client as Theirs } from "${version === "v1" ? "@modelcontextprotocol/sdk/client/index.js" : "@modelcontextprotocol/client"}";`];
      const members = [...membersOf(...CLIENT[version]), ...membersOf(...PROTOCOL[version])];
      const named = absent();
      const methods = [...new Set(members)].filter((name) => !named.has(name) && !OPEN.includes(name));
      assert.ok(methods.length > 20, methods.join());
      lines.push("type Given<Kind, Name extends keyof Kind> = Kind[Name] extends (...given: infer Parameters) => unknown ? Parameters : never;");
      methods.forEach((name, i) => lines.push(`declare const given${i}: Given<Theirs, "${name}">; export const taken${i}: Given<Ours, "${name}"> = given${i};`));
      await compile(`${version}-parameters.ts`, lines.join("\n"));
    });

    test("every value that they export is there, or named in the guide as missing", async () => {
      const files = version === "v1" ? ENTRIES.map((entry) => `sdk/dist/esm/${entry}.js`) : ["client/dist/index.mjs"];
      const ours = await importPkg(`compat/${version}.js`);
      const named = absent();
      const missing = new Set();
      for (const file of files) for (const name of Object.keys(await load(file))) if (!(name in ours) && !named.has(name)) missing.add(name);
      assert.deepEqual([...missing], []);
    });

    test("what the guide names as missing is not there after all", async () => {
      const ours = await importPkg(`compat/${version}.js`);
      assert.deepEqual([...absent()].filter((name) => name in ours), []);
    });

    test("every value that is there is declared, and the other way round", async () => {
      const ours = Object.keys(await importPkg(`compat/${version}.js`)).sort();
      const names = ours.map((name) => `Ours.${name}`).join(", ");
      const back = `export const names: (${ours.map((name) => `"${name}"`).join(" | ")}) = null! as keyof typeof Ours;`;
      await compile(`${version}-values.ts`, `import * as Ours from "mcp-wasm/compat/${version}";\nexport const all = [${names}];\n${back}`);
    });

    test("every public member of Client and of the HTTP transport is there, or named in the guide as missing", async () => {
      const { Client, StreamableHTTPClientTransport } = await importPkg(`compat/${version}.js`);
      const named = absent();
      /** @type {[any, string[]][]} */
      const classes = [
        [new Client({ name: "members", version: "1" }), membersOf(...CLIENT[version])],
        [new Client({ name: "members", version: "1" }), membersOf(...PROTOCOL[version])],
        [new StreamableHTTPClientTransport(new URL("http://localhost/")), membersOf(...TRANSPORT[version])],
      ];
      for (const [object, members] of classes) {
        assert.ok(members.length > 8, members.join());
        assert.deepEqual(members.filter((member) => !(member in object) && !named.has(member)), []);
      }
    });
  });
}

/** @type {Record<"v1" | "v2", [string, string]>} */
const CLIENT = {
  v1: [declarations("sdk/dist/esm/client/index.d.ts"), "Client"],
  v2: [declarations(`client/dist/${/from "\.\/(client-[\w-]+)\.mjs"/.exec(declarations("client/dist/index.d.mts"))?.[1]}.d.mts`), "Client"],
};
/** @type {Record<"v1" | "v2", [string, string]>} */
const PROTOCOL = {
  v1: [declarations("sdk/dist/esm/shared/protocol.d.ts"), "Protocol"],
  v2: [declarations(`client/dist/${/from "\.\/(index-[\w-]+)\.mjs"/.exec(declarations("client/dist/index.d.mts"))?.[1]}.d.mts`), "Protocol"],
};
/** @type {Record<"v1" | "v2", [string, string]>} */
const TRANSPORT = {
  v1: [declarations("sdk/dist/esm/client/streamableHttp.d.ts"), "StreamableHTTPClientTransport"],
  v2: [declarations("client/dist/index.d.mts"), "StreamableHTTPClientTransport"],
};
