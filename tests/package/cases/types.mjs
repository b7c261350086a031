// What TypeScript says of uses that are right and of some that are wrong, and what our types cost it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { tests } from "../../support/paths.mjs";
import { app, installed, output, tool, versionOf } from "./install.mjs";
import { works } from "./table.mjs";

const newest = path.join(tests, "node_modules", "typescript");

/** The two newest majors. */
const compilers = [
  { directory: newest, version: String(JSON.parse(readFileSync(path.join(newest, "package.json"), "utf8")).version) },
  { directory: tool("typescript"), version: versionOf("typescript") },
];

/** @param {string} directory @param {string[]} args */
const tsc = (directory, ...args) =>
  output(process.execPath, [path.join(directory, "bin", "tsc"), "--ignoreConfig", "--strict", "--noEmit", "--skipDefaultLibCheck", "--pretty", "false", "--target", "es2022", ...args]);

const BROWSER = ["--lib", "es2022,dom"];
const NODE = ["--lib", "es2022", "--types", "node"];

describe("typescript", { concurrency: 2 }, () => {
  for (const { directory, version } of compilers) {
    test(`TypeScript ${version}: the declarations compile with the types of a page or of Node alone, from ES2022 on`, async () => {
      for (const lib of ["es2022,dom", "es2023,dom"]) await tsc(directory, "--module", "esnext", "--moduleResolution", "bundler", "--lib", lib, "page.ts");
      await tsc(directory, "--module", "nodenext", ...NODE, "entries.ts");
    });

    test(`TypeScript ${version}, module resolution nodenext`, async () => {
      const nodenext = ["--module", "nodenext"];
      await tsc(directory, ...nodenext, ...BROWSER, "app.ts", "wrong.ts");
      // The SDK's own declarations do not compile without Node's.
      await tsc(directory, ...nodenext, ...BROWSER, "--skipLibCheck", "sdk.ts");
      await tsc(directory, ...nodenext, ...NODE, "node.ts");
      works(`TypeScript ${version}`, "module resolution `nodenext`");
    });

    test(`TypeScript ${version}, module resolution bundler`, async () => {
      await tsc(directory, "--module", "esnext", "--moduleResolution", "bundler", ...BROWSER, "app.ts", "wrong.ts");
      works(`TypeScript ${version}`, "module resolution `bundler`");
    });
  }
});

/** Types whose names differ from the protocol's. @type {Record<string, string>} */
const NAMES = {
  CompleteRequestParams: "CompleteParams",
  CreateMessageRequestParams: "SamplingParams",
  CreateMessageResult: "SamplingResult",
  ElicitRequestFormParams: "ElicitationParams",
  ElicitRequestURLParams: "ElicitationParams",
  ElicitResult: "ElicitationResult",
  GetPromptRequestParams: "GetPromptParams",
  LoggingMessageNotificationParams: "LoggingMessage",
  PaginatedRequestParams: "ListParams",
  ReadResourceRequestParams: "ResourceParams",
  TitledMultiSelectEnumSchema: "MultiSelectEnumSchema",
  TitledSingleSelectEnumSchema: "SingleSelectEnumSchema",
  UntitledMultiSelectEnumSchema: "MultiSelectEnumSchema",
  UntitledSingleSelectEnumSchema: "SingleSelectEnumSchema",
};

test("the examples of the protocol's schema follow the types", async () => {
  const examples = path.join(tests, "data", "2026-07-28");
  const declared = readdirSync(installed("types")).map((file) => readFileSync(installed("types", file), "utf8")).join("\n");
  const exported = new Set([...declared.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name));
  let text = `import type * as mcp from "mcp-wasm";
type Envelope<Method> = { jsonrpc?: "2.0"; id?: mcp.RequestId; method: Method };
type With<Params> = undefined extends Params ? { params?: Params } : { params: Params };
type Of<Map, Method> = Method extends keyof Map ? Envelope<Method> & With<Map[Method]> : never;
type Params<Map> = { [Method in keyof Map]: Map[Method] extends { params: infer P } ? P : never };
`;
  let count = 0;
  for (const entry of readdirSync(examples, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const file of readdirSync(path.join(examples, entry.name))) {
      const json = readFileSync(path.join(examples, entry.name, file), "utf8");
      const method = JSON.stringify(JSON.parse(json).method);
      const maps = ["mcp.ServerNotifications", "Params<mcp.ClientRequests>", "Params<mcp.ServerRequests>"];
      const name = NAMES[entry.name] ?? (exported.has(entry.name) ? entry.name : undefined);
      const type = method ? maps.map((map) => `Of<${map}, ${method}>`).join(" | ") : name && `mcp.${name}`;
      if (type) text += `/** ${entry.name}/${file} */\nexport const example${count++}: ${type} = ${json};\n`;
    }
  }
  assert.ok(count > 90, `only ${count} examples have a type`);
  await writeFile(path.join(app, "examples.ts"), text);
  await tsc(newest, "--module", "nodenext", ...BROWSER, "examples.ts");
});

test("the checker has an eighth of the work that the SDK's types make, or less", async () => {
  const transport = "StreamableHTTPClientTransport";
  const apps = {
    ours: 'import { Client, StreamableHttpTransport as Http } from "mcp-wasm";',
    v2: `import { Client, ${transport} as Http } from "@modelcontextprotocol/client";`,
    v1: `import { Client } from "@modelcontextprotocol/sdk/client/index.js";
         import { ${transport} as Http } from "@modelcontextprotocol/sdk/client/streamableHttp.js";`,
  };
  /** @type {Record<string, { types: number, seconds: number }>} */
  const cost = {};
  for (const [name, imports] of Object.entries(apps)) {
    await writeFile(path.join(app, `cost-${name}.ts`), `${imports}\n${name === "v1" ? COST.replace(" }, {", " }, undefined, {") : COST}`);
    const said = await tsc(newest, "--module", "nodenext", ...BROWSER, "--skipLibCheck", "--extendedDiagnostics", `cost-${name}.ts`);
    const number = (/** @type {RegExp} */ pattern) => Number(said.match(pattern)?.[1]);
    cost[name] = { types: number(/Types: +(\d+)/), seconds: number(/Check time: +([\d.]+)s/) };
  }
  const { ours, v1, v2 } = /** @type {Record<"ours" | "v1" | "v2", { types: number, seconds: number }>} */ (cost);
  for (const [name, sdk] of Object.entries({ "SDK v1": v1, "SDK v2": v2 })) {
    console.log(`types: ${(ours.types / sdk.types).toFixed(2)} of ${name}'s; check time: ${(ours.seconds / sdk.seconds).toFixed(2)}`);
    assert.ok(ours.types * 8 <= sdk.types, `${ours.types} types, with ${name} ${sdk.types}`);
  }
});

/** A small app: connect, list, call with progress. */
const COST = `
const client = new Client({ name: "app", version: "1.0.0" });
await client.connect(new Http(new URL("https://example.com/mcp")));
const { tools } = await client.listTools();
const onprogress = ({ progress, total }: { progress: number; total?: number }) => console.log(progress, total);
const result = await client.callTool({ name: String(tools[0]?.name), arguments: { n: 3 } }, { onprogress });
console.log(result.content);
await client.close();
`;
