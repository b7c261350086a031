// What TypeScript says of uses that are right and of some that are wrong, and what our types cost it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { tests } from "../../support/paths.mjs";
import { app, output, tool, versionOf } from "./install.mjs";
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

const BROWSER = ["--lib", "es2022,dom,dom.iterable,esnext.disposable"];

describe("typescript", { concurrency: 2 }, () => {
  for (const { directory, version } of compilers) {
    test(`TypeScript ${version}, module resolution nodenext`, async () => {
      const nodenext = ["--module", "nodenext"];
      await tsc(directory, ...nodenext, ...BROWSER, "app.ts", "wrong.ts");
      // The SDK's own declarations do not compile without Node's.
      await tsc(directory, ...nodenext, ...BROWSER, "--skipLibCheck", "sdk.ts");
      await tsc(directory, ...nodenext, "--lib", "es2022,esnext.disposable", "--types", "node", "node.ts");
      works(`TypeScript ${version}`, "module resolution `nodenext`");
    });

    test(`TypeScript ${version}, module resolution bundler`, async () => {
      await tsc(directory, "--module", "esnext", "--moduleResolution", "bundler", ...BROWSER, "app.ts", "wrong.ts");
      works(`TypeScript ${version}`, "module resolution `bundler`");
    });
  }
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
