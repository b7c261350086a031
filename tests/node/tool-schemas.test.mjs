// The schemas that `mcp-wasm/tools` hands to providers: nothing that they refuse, nothing of the
// meaning lost that can be kept, and no schema that takes for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importPkg } from "../support/paths.mjs";

/** @type {typeof import("mcp-wasm/tools")} */
const { anthropicTools, geminiTools, openaiChatTools, openaiResponsesTools } = await importPkg("tools.js");

const client = /** @type {any} */ ({ callTool() {} });
/** @param {any} inputSchema @returns {any} as OpenAI and Anthropic get it */
const plain = (inputSchema) => anthropicTools({ client, tools: [{ name: "t", inputSchema }] }).tools[0]?.input_schema;
/** @param {any} inputSchema @returns {any} */
const gemini = (inputSchema) => geminiTools({ client, tools: [{ name: "t", inputSchema }] }).tools[0]?.functionDeclarations[0]?.parameters;
/** @param {any} schema @returns {any} a property of this schema, for Gemini */
const property = (schema, more = {}) => gemini({ type: "object", properties: { p: schema }, ...more }).properties.p;

test("every provider gets an object at the top, with properties, without alternatives", () => {
  assert.deepEqual(plain({ type: "object" }), { type: "object", properties: {} });
  assert.deepEqual(plain(undefined), { type: "object", properties: {} });
  assert.deepEqual(plain({ $schema: "http://json-schema.org/draft-07/schema#", type: "object", additionalProperties: false }), {
    type: "object",
    properties: {},
    additionalProperties: false,
  });
  const either = {
    $defs: { byName: { type: "object", properties: { name: { type: "string" }, deep: { type: "boolean" } }, required: ["name", "deep"] } },
    properties: { all: { type: "integer" } },
    required: ["all"],
    oneOf: [{ $ref: "#/$defs/byName" }, { type: "object", properties: { id: { type: "integer" } }, required: ["id", "deep"] }],
    allOf: [{ properties: { more: {} }, required: ["more"] }],
  };
  const flat = plain(either);
  assert.deepEqual(Object.keys(flat.properties).sort(), ["all", "deep", "id", "more", "name"]);
  assert.deepEqual(flat.required.sort(), ["all", "deep", "more"]);
  assert.equal(flat.oneOf ?? flat.allOf, undefined);
  assert.equal(openaiChatTools({ client, tools: [{ name: "t", inputSchema: either }] }).tools[0]?.function.parameters["type"], "object");
  assert.equal(openaiResponsesTools({ client, tools: [{ name: "t", inputSchema: either }] }).tools[0]?.strict, false);
});

test("OpenAI gets something for the items of each array", () => {
  const schema = plain({
    type: "object",
    properties: {
      list: { type: "array" },
      pair: { anyOf: [{ type: "array", prefixItems: [{ type: "number" }] }, { type: "null" }] },
      items: { type: "string", default: { type: "array" } },
      any: true,
    },
  });
  assert.deepEqual(schema.properties, {
    list: { type: "array", items: {} },
    pair: { anyOf: [{ type: "array", prefixItems: [{ type: "number" }], items: {} }, { type: "null" }] },
    items: { type: "string", default: { type: "array" } },
    any: {},
  });
});

test("Gemini gets its types, and no parameters where there are none", () => {
  assert.equal(gemini({ type: "object", properties: {} }), undefined);
  assert.deepEqual(
    gemini({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      additionalProperties: false,
      properties: { items: { type: "array", items: { type: "string", minLength: 1 }, maxItems: 5, description: "What to do." } },
      required: ["items", "missing"],
    }),
    {
      type: "OBJECT",
      properties: { items: { type: "ARRAY", description: "What to do.", maxItems: "5", items: { type: "STRING", minLength: "1" } } },
      required: ["items"],
      propertyOrdering: ["items"],
    },
  );
});

test("Gemini: null and alternatives", () => {
  assert.deepEqual(property({ type: ["string", "null"] }), { type: "STRING", nullable: true });
  assert.deepEqual(property({ anyOf: [{ type: "integer" }, { type: "null" }], title: "N", default: null }), {
    type: "INTEGER",
    title: "N",
    description: "Default: null.",
    nullable: true,
  });
  assert.deepEqual(property({ oneOf: [{ type: "string" }, { type: "number", minimum: 2 }], description: "Either." }), {
    anyOf: [{ type: "STRING", description: "Either." }, { type: "NUMBER", description: "Either.", minimum: 2 }],
  });
  assert.deepEqual(property({ type: ["string", "boolean", "null"] }), { anyOf: [{ type: "STRING", nullable: true }, { type: "BOOLEAN", nullable: true }] });
  assert.deepEqual(property({ type: "null" }), { type: "STRING", nullable: true });
  assert.deepEqual(property({ enum: ["a", null] }), { type: "STRING", format: "enum", enum: ["a"], nullable: true });
  assert.deepEqual(property({}), { anyOf: [{ type: "STRING" }, { type: "NUMBER" }, { type: "BOOLEAN" }] });
});

test("Gemini: what it has no keyword for is said in words", () => {
  assert.deepEqual(property({ enum: [1, 2] }), { type: "INTEGER", description: "One of 1, 2." });
  assert.deepEqual(property({ const: "x" }), { type: "STRING", format: "enum", enum: ["x"] });
  assert.deepEqual(property({ type: "string", format: "uri", description: "Where." }), { type: "STRING", description: "Where. Format: uri." });
  assert.deepEqual(property({ type: "string", format: "date-time" }), { type: "STRING", format: "date-time" });
  assert.deepEqual(property({ type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 9 }), { type: "INTEGER", minimum: 1, maximum: 8 });
  assert.deepEqual(property({ type: "number", exclusiveMinimum: 0, multipleOf: 0.5, default: 1 }), {
    type: "NUMBER",
    description: "Greater than 0. A multiple of 0.5. Default: 1.",
    minimum: 0,
  });
  assert.deepEqual(property({ type: "object", additionalProperties: { type: "string" } }), {
    type: "OBJECT",
    description: 'Any names, each with a value like {"type":"string"}.',
  });
  assert.deepEqual(property({ type: "array", prefixItems: [{ type: "number" }, { type: "number" }], uniqueItems: true }), {
    type: "ARRAY",
    description: "No item twice.",
    items: { type: "NUMBER" },
    minItems: "2",
    maxItems: "2",
  });
});

test("Gemini: references are written out, allOf is put together", () => {
  const $defs = {
    Point: { type: "object", properties: { x: { type: "number" } }, required: ["x"] },
    "a/b c": { type: "string" },
  };
  assert.deepEqual(property({ $ref: "#/$defs/Point", description: "Here." }, { $defs }), {
    type: "OBJECT",
    description: "Here.",
    properties: { x: { type: "NUMBER" } },
    required: ["x"],
    propertyOrdering: ["x"],
  });
  assert.deepEqual(property({ $ref: "#/$defs/a~1b%20c" }, { $defs }), { type: "STRING" });
  assert.deepEqual(property({ allOf: [{ $ref: "#/$defs/Point" }, { properties: { y: { type: "number" } }, required: ["y"] }] }, { $defs }), {
    type: "OBJECT",
    properties: { x: { type: "NUMBER" }, y: { type: "NUMBER" } },
    required: ["x", "y"],
    propertyOrdering: ["x", "y"],
  });
  assert.equal(property({ $ref: "https://example.com/elsewhere" }).anyOf.length, 3);
});

test("schemas that contain themselves, or are hostile, end in bounded time", () => {
  const tree = { $defs: { node: { type: "object", properties: { left: { $ref: "#/$defs/node" }, right: { $ref: "#/$defs/node" } } } } };
  const node = property({ $ref: "#/$defs/node" }, tree);
  assert.deepEqual(node.properties.left, { type: "OBJECT", description: "As above." });
  const names = Array.from({ length: 14 }, (_, i) => `d${i}`);
  const all = Object.fromEntries(names.map((name) => [name, { type: "object", properties: Object.fromEntries(names.map((other) => [other, { $ref: `#/$defs/${other}` }])) }]));
  /** @type {any} */
  let deep = {};
  for (let i = 0; i < 5000; i++) deep = { items: deep, type: "array" };
  const hostile = [
    { $defs: all, properties: { a: { $ref: "#/$defs/d0" } } },
    { allOf: [{ $ref: "#" }, { $ref: "#" }] },
    { anyOf: [{ $ref: "#" }, { $ref: "#" }, { $ref: "#" }] },
    { properties: { a: { $ref: "#/properties/a" } } },
    { properties: { a: { allOf: [{ $ref: "#/properties/a" }, { $ref: "#/properties/a" }] } } },
    { properties: { a: deep } },
    { properties: { a: { $ref: "#/%E0%A4%A" }, b: { type: 5, enum: 5, required: 5, properties: 5, anyOf: 5 } }, required: "a" },
    { properties: 5, required: 5 },
    5,
  ];
  const began = performance.now();
  for (const schema of hostile) {
    assert.equal(plain(schema).type, "object");
    gemini(schema);
  }
  assert.ok(performance.now() - began < 2_000);
});
