// The entry `mcp-wasm/validate`: what it checks, what it refuses, and that nothing takes for ever.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { pkg } from "../support/paths.mjs";

/** @type {typeof import("mcp-wasm/validate")} */
const { jsonSchemaValidator } = await import(pathToFileURL(path.join(pkg, "validate.js")).href);
const validator = (/** @type {any} */ schema) => jsonSchemaValidator.getValidator(schema);

test("values are checked against every dialect, 2020-12 by default", () => {
  const check = validator({ type: "array", prefixItems: [{ type: "string" }], items: { $ref: "#/$defs/n" }, $defs: { n: { minimum: 3 } } });
  assert.deepEqual(check(["a", 3]), { valid: true, data: ["a", 3], errorMessage: undefined });
  const { valid, errorMessage } = check(["a", 2]);
  assert.equal(valid, false);
  assert.match(String(errorMessage), /#\/1.*2 is less than 3/);
  for (const $schema of [
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema#",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema#",
  ]) {
    const check = validator({ $schema, type: "object", required: ["a"] });
    assert.deepEqual([check({ a: 1 }).valid, check({}).valid], [true, false], $schema);
  }
  assert.equal(validator(true)(1).valid, true);
  assert.equal(validator(false)(1).valid, false);
  assert.equal(validator({ enum: [null] })(null).valid, true);
});

test("the schema stays as it was given", () => {
  const schema = Object.freeze({ type: "object", properties: Object.freeze({ a: Object.freeze({ $ref: "#" }) }) });
  const check = validator(schema);
  assert.equal(check({ a: { a: {} } }).valid, true);
  assert.equal(check({ a: { a: 1 } }).valid, false);
  assert.deepEqual(Object.getOwnPropertyNames(schema), ["type", "properties"]);
});

test("recursive schemas check recursive values", () => {
  const check = validator({ $id: "https://example.com/tree", type: "object", properties: { next: { $ref: "#" } }, additionalProperties: false });
  assert.equal(check({ next: { next: {} } }).valid, true);
  assert.equal(check({ next: { other: {} } }).valid, false);
});

test("a schema that cannot be used is refused by name", () => {
  /** @type {any} */
  let deep = {};
  for (let n = 0; n < 200; n++) deep = { not: deep };
  /** @type {any} */
  const circle = { properties: {} };
  circle.properties.circle = circle;
  /** @type {[any, RegExp][]} */
  const refused = [
    [{ $schema: "https://example.com/mine" }, /dialect https:\/\/example.com\/mine is not supported/],
    [{ $ref: "https://example.com/remote.json" }, /leads out of the schema, and nothing is fetched/],
    [{ properties: { a: { $ref: "#/$defs/missing" } } }, /#\/\$defs\/missing/],
    [{ $dynamicRef: "#node" }, /\$dynamicRef/],
    [{ pattern: "(" }, /regular expression/i],
    [{ pattern: "(a)\\1" }, /too long/],
    [{ patternProperties: { "(?<=x)y": {} } }, /too long/],
    [{ pattern: "a".repeat(20_000) }, /too long/],
    [deep, /too deep/],
    [circle, /too deep/],
    [{ enum: Array.from({ length: 30_000 }, (_, n) => n) }, /too large/],
  ];
  for (const [schema, message] of refused) assert.throws(() => validator(schema), { message });
});

test("a check takes a bounded time, whatever the schema and the value", () => {
  const start = performance.now();
  assert.match(String(validator({ allOf: [{ $ref: "#" }] })(1).errorMessage), /steps|stack/);
  // Twice the work at each of 40 levels.
  /** @type {any} */
  const $defs = {};
  for (let n = 0; n < 40; n++) $defs[n] = { allOf: [{ $ref: `#/$defs/${n + 1}` }, { $ref: `#/$defs/${n + 1}` }] };
  $defs[40] = { type: "number" };
  assert.match(String(validator({ $ref: "#/$defs/0", $defs })(1).errorMessage), /steps/);
  /** @type {any} */
  let deep = 1;
  for (let n = 0; n < 100_000; n++) deep = [deep];
  assert.match(String(validator({})(deep).errorMessage), /too deep/);
  const large = Array.from({ length: 50_000 }, (_, n) => ({ n }));
  assert.match(String(validator({ uniqueItems: true })(large).errorMessage), /too large/);
  assert.equal(validator({ items: { type: "object" } })(large).valid, true);
  assert.ok(performance.now() - start < 10_000);
});

test("it makes no code, and says whose it is", async () => {
  const text = await readFile(path.join(pkg, "validate.js"), "utf8");
  assert.doesNotMatch(text, /new Function|\beval\(|\bfetch\(|^import /m);
  assert.match(text, /MIT/);
  assert.match(await readFile(path.join(pkg, "LICENSE-THIRD-PARTY"), "utf8"), /cfworker[\s\S]*MIT License/);
});
