// Whatever schema a server sends, no provider refuses what `mcp-wasm/tools` makes of it, and a
// schema that is right means the same as before.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importPkg } from "../support/paths.mjs";
import { fits, hostileSchema, randomFrom, refusedGemini, refusedPlain, validSchema } from "../support/provider-rules.mjs";

/** @type {typeof import("mcp-wasm/tools")} */
const { anthropicTools, geminiTools, openaiChatTools, openaiResponsesTools } = await importPkg("tools.js");

/** A client that only notes what is called. */
function recorder() {
  /** @type {[string, any][]} */
  const called = [];
  const callTool = async (/** @type {string} */ name, /** @type {any} */ args) => (called.push([name, args]), { content: [{ type: "text", text: "done" }] });
  return { called, client: /** @type {any} */ ({ callTool }) };
}
const { client } = recorder();
/** @param {any} inputSchema @returns {any} */
const plain = (inputSchema) => anthropicTools({ client, tools: [{ name: "t", inputSchema }] }).tools[0]?.input_schema;
/** @param {any} inputSchema @returns {any} */
const gemini = (inputSchema) => geminiTools({ client, tools: [{ name: "t", inputSchema }] }).tools[0]?.functionDeclarations[0]?.parameters;
/** @param {any} schema */
const property = (schema, more = {}) => plain({ type: "object", properties: { p: schema }, ...more }).properties.p;

test("no provider refuses what is made of a schema, whatever that is", () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const schema = hostileSchema(randomFrom(seed));
    const made = JSON.parse(JSON.stringify(plain(schema)));
    assert.deepEqual(refusedPlain(made), [], `seed ${seed}: ${JSON.stringify(schema)}`);
    const parameters = gemini(schema);
    if (parameters) assert.deepEqual(refusedGemini(JSON.parse(JSON.stringify(parameters))), [], `seed ${seed}: ${JSON.stringify(schema)}`);
  }
});

test("a schema that is right means the same as before", () => {
  let fitting = 0;
  for (let seed = 1; seed <= 600; seed++) {
    const { schema, value } = validSchema(randomFrom(seed));
    const made = plain(schema);
    assert.deepEqual(refusedPlain(made), []);
    const fit = fits(schema, value);
    assert.equal(fits(made, value), fit, `seed ${seed}: ${JSON.stringify({ schema, made, value })}`);
    if (fit) fitting++;
  }
  assert.ok(fitting > 60 && fitting < 540, `${fitting} of 600 values fit`);
});

test("names that a provider refuses are changed, and led back when the model calls", async () => {
  const names = ["$top", "@odata.type", "filter[status]", "x".repeat(65), "filter_status_", "", "ü", "plain"];
  const inputSchema = { type: "object", properties: Object.fromEntries(names.map((name, at) => [name, { type: "integer", minimum: at }])), required: names };
  for (const [make, read, call] of /** @type {const} */ ([
    [anthropicTools, (/** @type {any} */ tools) => tools[0].input_schema, (/** @type {any} */ input) => ({ content: [{ type: "tool_use", id: "1", name: "t", input }] })],
    [openaiChatTools, (/** @type {any} */ tools) => tools[0].function.parameters, (/** @type {any} */ input) => ({ tool_calls: [{ id: "1", function: { name: "t", arguments: JSON.stringify(input) } }] })],
    [openaiResponsesTools, (/** @type {any} */ tools) => tools[0].parameters, (/** @type {any} */ input) => [{ type: "function_call", call_id: "1", name: "t", arguments: JSON.stringify(input) }]],
    [geminiTools, (/** @type {any} */ tools) => tools[0].functionDeclarations[0].parameters, (/** @type {any} */ args) => ({ parts: [{ functionCall: { name: "t", args } }] })],
  ])) {
    const { called, client } = recorder();
    const kit = /** @type {any} */ (make)({ client, tools: [{ name: "t", inputSchema }] });
    const { properties, required } = read(kit.tools);
    const shown = Object.keys(properties);
    assert.equal(new Set(shown).size, names.length);
    assert.deepEqual(required, shown);
    for (const name of shown) assert.match(name, /^[a-zA-Z0-9_.-]{1,64}$/);
    await kit.run(call(Object.fromEntries(shown.map((name, at) => [name, at]))));
    assert.deepEqual(called, [["t", Object.fromEntries(names.map((name, at) => [name, at]))]]);
    // Models repeat what the conversation says.
    await kit.run(call({ $top: 5, plain: 1, free: 2 }));
    assert.deepEqual(called[1]?.[1], { $top: 5, plain: 1, free: 2 });
  }
});

test("what older drafts and other languages write is mended in every part of a schema", () => {
  const wrong = {
    at: [{ type: "array", items: [{ type: "number" }, { type: "number" }] }, { type: "array", prefixItems: [{ type: "number" }, { type: "number" }], items: {} }],
    closed: [{ type: "array", items: [{}], additionalItems: false }, { type: "array", prefixItems: [{}], items: {}, maxItems: 1 }],
    n: [{ type: "integer", minimum: 0, exclusiveMinimum: true }, { type: "integer", exclusiveMinimum: 0 }],
    m: [{ type: "integer", maximum: 9, exclusiveMaximum: false, minimum: "2" }, { type: "integer", maximum: 9, minimum: 2 }],
    a: [{ type: "any" }, {}],
    s: [{ type: "String" }, { type: "string" }],
    f: [{ type: ["Float", "None"] }, { type: ["number", "null"] }],
    e: [{ type: "", minLength: -1, enum: [], pattern: "(" }, {}],
    l: [{ type: null }, {}],
    o: [{ type: [] }, {}],
    p: [{ type: "object", properties: [] }, { type: "object", properties: {} }],
    d: [{ enum: [{ type: "String" }], default: { required: true, items: [1] } }, { enum: [{ type: "String" }], default: { required: true, items: [1] } }],
  };
  for (const [name, [given, right]] of Object.entries(wrong)) {
    assert.deepEqual(property(given), right, name);
    assert.deepEqual(property({ type: "array", items: given }).items, right, `${name} in items`);
    assert.deepEqual(property({ anyOf: [given] }).anyOf[0], right, `${name} in anyOf`);
    const shared = plain({ properties: { p: { $ref: "#/$defs/D" } }, $defs: { D: given } });
    assert.deepEqual(shared.$defs.D, right, `${name} in $defs`);
    assert.deepEqual(refusedGemini(gemini({ properties: { p: given } })), [], `${name} for Gemini`);
  }
  assert.deepEqual(plain({ properties: { s: { type: "string", required: true } } }), { type: "object", properties: { s: { type: "string" } }, required: ["s"] });
  assert.deepEqual(plain({ properties: { o: { properties: { s: { required: true } } } } }).properties.o, { properties: { s: {} }, required: ["s"] });
  assert.deepEqual(plain({ type: "object", properties: [], $defs: [], required: null }), { type: "object", properties: {} });
  const dependent = property({ dependencies: { a: ["b"], c: { type: "Object" } } });
  assert.deepEqual(dependent, { dependentRequired: { a: ["b"] }, dependentSchemas: { c: { type: "object" } } });
});

test("references lead where they led, also into what is put together at the top", () => {
  const from = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const At = { type: "string", format: "date" };
  const cases = [
    { type: "object", anyOf: [{ type: "object", properties: { from } }, { type: "object", properties: { to: { $ref: "#/anyOf/0/properties/from" } } }] },
    { allOf: [{ properties: { from } }, { properties: { to: { $ref: "#/allOf/0/properties/from" } } }] },
    { oneOf: [{ properties: { to: { $ref: "#/oneOf/0/$defs/At" } }, $defs: { At: from } }] },
    { properties: { to: { $ref: "#at" } }, $defs: { x: { $anchor: "at", ...from } } },
    { $id: "https://example.com/tool", properties: { to: { $ref: "https://example.com/tool#/$defs/from" } }, $defs: { from } },
    { properties: { to: { $ref: "from.json" } }, $defs: { x: { $id: "from.json", ...from } } },
    { properties: { to: { $ref: "#/components/schemas/from" } }, components: { schemas: { from } } },
    { properties: { list: { type: "array", items: [from] }, to: { $ref: "#/properties/list/items/0" } } },
    { properties: { $odd: from, to: { $ref: "#/properties/$odd" } } },
    { $ref: "#/$defs/Args", $defs: { Args: { properties: { to: { $ref: "#/$defs/from" } } }, from } },
  ];
  for (const schema of cases) {
    const made = plain(schema);
    assert.deepEqual(refusedPlain(made), []);
    for (const [value, right] of /** @type {const} */ ([[{ to: { city: "Rome" } }, true], [{ to: { city: 1 } }, false], [{ to: {} }, false]])) {
      assert.equal(fits(made, value), right, JSON.stringify([schema, made, value]));
    }
    assert.equal(gemini(schema).properties.to.properties.city.type, "STRING", JSON.stringify(schema));
  }
  assert.deepEqual(property({ $ref: "https://example.com/elsewhere", description: "d" }), { description: "d" });
  assert.deepEqual(plain({ properties: { next: { $ref: "#" }, at: At } }).properties.next, { $ref: "#" });
  const tree = plain({ properties: { $kids: { type: "array", items: { $ref: "#" } } } });
  assert.ok(fits(tree, { _kids: [{ $kids: [] }] }) && !fits(tree, { _kids: [{ $kids: 1 }] }));
});

test("of kinds of objects at the top, every property keeps all that it may be", () => {
  const kind = (/** @type {string} */ name, /** @type {any} */ more) => ({ type: "object", properties: { kind: { const: name }, ...more }, required: ["kind", ...Object.keys(more)] });
  const made = plain({ oneOf: [kind("circle", { size: { type: "number" } }), kind("box", { size: { type: "array" } }), kind("dot", {})] });
  assert.deepEqual(made, {
    type: "object",
    properties: { kind: { enum: ["circle", "box", "dot"] }, size: { anyOf: [{ type: "number" }, { type: "array", items: {} }] } },
    required: ["kind"],
  });
  const both = plain({ properties: { n: { type: "integer" } }, allOf: [{ properties: { n: { minimum: 3 } }, required: ["n"] }, { properties: { n: { minimum: 3 } } }] });
  assert.deepEqual(both, { type: "object", properties: { n: { allOf: [{ type: "integer" }, { minimum: 3 }] } }, required: ["n"] });
});

test("a tool that takes arguments of any name has parameters for Gemini too", async () => {
  for (const schema of [{ additionalProperties: { type: "string" } }, { patternProperties: { "^x": { type: "string" } }, additionalProperties: false }]) {
    const inputSchema = { type: /** @type {const} */ ("object"), ...schema };
    assert.deepEqual(plain(inputSchema), { properties: {}, ...inputSchema });
    assert.deepEqual(refusedGemini(gemini(inputSchema)), []);
    assert.deepEqual(gemini(inputSchema).properties.entries.items.properties, { name: { type: "STRING" }, value: { type: "STRING" } });
    const { called, client } = recorder();
    const kit = geminiTools({ client, tools: [{ name: "t", inputSchema }] });
    await kit.run({ parts: [{ functionCall: { name: "t", args: { entries: [{ name: "city", value: "Rome" }, { name: "__proto__", value: "x" }, 5] } } }] });
    await kit.run({ parts: [{ functionCall: { name: "t", args: { city: "Rome" } } }] });
    assert.deepEqual(called.map(([, args]) => JSON.stringify(args)), ['{"city":"Rome","__proto__":"x"}', '{"city":"Rome"}']);
  }
  assert.equal(gemini({ type: "object", additionalProperties: false }), undefined);
});

test("a list that is null is empty, and one bad tool costs itself only, with a warning", () => {
  const good = { name: "good", inputSchema: { type: "object" } };
  for (const make of [openaiChatTools, openaiResponsesTools, anthropicTools, geminiTools]) {
    assert.deepEqual(make({ client, tools: /** @type {any} */ (null) }).tools, []);
    /** @type {Error[]} */
    const warnings = [];
    const hostile = { name: "hostile", get inputSchema() { throw new Error("boom"); } };
    const tools = /** @type {any} */ ([null, good, 5, { inputSchema: {} }, hostile, { name: "bare", inputSchema: null, annotations: null }, { name: 7 }]);
    const kit = make({ client, tools }, { onWarning: (warning) => void warnings.push(warning) });
    assert.match(JSON.stringify(kit.tools), /good.*bare/);
    assert.doesNotMatch(JSON.stringify(kit.tools), /hostile|"7"/);
    assert.equal(warnings.length, 5);
    assert.match(String(warnings[3]), /hostile: boom/);
  }
});

test("descriptions are well formed, and not blank", () => {
  const described = (/** @type {any} */ tool) => anthropicTools({ client, tools: [{ name: "t", inputSchema: {}, ...tool }] }).tools[0]?.description;
  assert.equal(described({ description: "cut \ud83d" }), "cut \ufffd");
  assert.equal(described({ description: " \n", title: "Title" }), "Title");
  assert.equal(described({ description: "", annotations: { title: "T" } }), "T");
  assert.equal(described({ description: 5 }), undefined);
});

test("the time is that of reading a schema once, whatever it is", () => {
  const properties = (/** @type {number} */ count, name = "p") => Object.fromEntries(Array.from({ length: count }, (_, at) => [name + at, {}]));
  const many = (/** @type {number} */ count, /** @type {(at: number) => any} */ make) => Array.from({ length: count }, (_, at) => make(at));
  const names = many(200_000, (at) => `n${at}`);
  /** @type {any} */
  const levels = { d40: { properties: { p: { const: 0 } } } };
  for (let at = 0; at < 40; at++) {
    const branch = (/** @type {number} */ value) => ({ allOf: [{ $ref: `#/$defs/d${at + 1}` }], properties: { p: { const: value } } });
    levels[`d${at}`] = { anyOf: [branch(2 * at), branch(2 * at + 1)] };
  }
  /** @type {any} */
  let deep = {};
  for (let at = 0; at < 100_000; at++) deep = { type: "array", items: deep, default: deep };
  const hostile = {
    "20,000 alternatives": { anyOf: many(20_000, (at) => ({ type: "object", properties: { [`p${at}`]: {} } })) },
    "20,000 alternatives of one name": { anyOf: many(20_000, (at) => ({ properties: { p: { type: "string", maxLength: at } } })) },
    "long lists of what is required": { anyOf: [{ required: names }, { required: names }], allOf: [{ required: names }] },
    "alternatives that share a large one": { anyOf: many(3_000, (at) => ({ allOf: [{ $ref: "#/$defs/A" }], properties: { [`q${at}`]: {} } })), $defs: { A: { properties: properties(3_000) } } },
    "twice as many at each level": { $ref: "#/$defs/d0", $defs: levels },
    "names that are alike": { properties: properties(20_000, "$") , allOf: [{ properties: Object.fromEntries(many(20_000, (at) => ["%@#$&"[at % 5] + String.fromCodePoint(0x4e00 + at), {}])) }] },
    "a chain of references": { properties: { p: { $ref: "#/$defs/c0" } }, $defs: Object.fromEntries(many(20_000, (at) => [`c${at}`, { $ref: `#/$defs/c${at + 1}` }])) },
    "values and kinds": { properties: { p: { enum: many(20_000, (at) => at), anyOf: many(20_000, () => ({ type: "integer" })) } } },
    "long words of many kinds": { properties: { p: { description: "x".repeat(100_000), anyOf: many(5_000, () => ({ type: "string" })) } } },
    "unknown words of many kinds": { properties: { p: { ...properties(5_000, "x-"), anyOf: many(5_000, () => ({ type: "string" })) } } },
    "deep": { properties: { deep } },
    "deep alternatives": many(5_000, () => 0).reduce((inner) => ({ anyOf: [inner, { properties: { a: {} } }] }), {}),
  };
  for (const [what, schema] of Object.entries(hostile)) {
    const began = process.cpuUsage();
    const made = plain(schema);
    const parameters = gemini(schema);
    const size = JSON.stringify([made, parameters]).length;
    const took = process.cpuUsage(began).user / 1_000;
    assert.ok(took < 3_000 && size < 30_000_000, `${what}: ${took} ms, ${size} characters`);
    assert.equal(made.type, "object");
  }
  const { required } = plain(hostile["long lists of what is required"]);
  assert.equal(required.length, 200_000);
  assert.equal(Object.keys(plain(hostile["20,000 alternatives"]).properties).length, 20_000);
});
