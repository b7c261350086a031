// The demo page's form for a tool: what is typed becomes the arguments, whatever they are called.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Window } from "happy-dom";
import { www } from "../support/paths.mjs";

const window = new Window();
window.document.write(readFileSync(path.join(www, "index.html"), "utf8").replace(/<(script|link)[^>]*>/g, ""));
const scope = /** @type {any} */ (globalThis);
for (const name of Object.getOwnPropertyNames(window)) if (/^(HTML|Element|Node|Event|document$)/.test(name)) scope[name] ??= /** @type {any} */ (window)[name];
const { ToolForm } = await import(pathToFileURL(path.join(www, "tool-form.js")).href);

test("an argument may have any name, `__proto__` too", () => {
  const names = ["__proto__", "constructor", "toString", "plain"];
  const properties = Object.fromEntries(names.map((name) => [name, { type: "string", default: `the ${name}` }]));
  const args = new ToolForm({ name: "t", inputSchema: { type: "object", properties } }, () => {}).read();
  assert.deepEqual(Object.entries(args), names.map((name) => [name, `the ${name}`]));
});
