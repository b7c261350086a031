// What the providers refuse in a tool's declaration, as their errors say, and a source of schemas to
// try it with: valid ones, and such as servers should never send.
import Ajv2020 from "ajv/dist/2020.js";

/** @typedef {Record<string, any>} Schema */

const ajv = new /** @type {any} */ (Ajv2020.default ?? Ajv2020)({ strict: false, validateFormats: false, logger: false });

const ONE = ["additionalProperties", "propertyNames", "contains", "not", "if", "then", "else", "items", "unevaluatedItems", "unevaluatedProperties", "contentSchema"];
const SEVERAL = ["allOf", "anyOf", "oneOf", "prefixItems"];
const NAMED = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];

/** All schemas in a schema, with where they stand. @param {any} root @returns {[path: string, schema: Schema][]} */
function everySchema(root) {
  /** @type {[string, any][]} */
  const found = [];
  /** @type {[string, any][]} */
  const waiting = [["#", root]];
  for (let next; (next = waiting.pop()); ) {
    const [path, schema] = next;
    if (typeof schema !== "object" || !schema) continue;
    found.push(next);
    for (const key of ONE) if (key in schema) waiting.push([`${path}/${key}`, schema[key]]);
    for (const key of SEVERAL) for (const [at, part] of (schema[key] ?? []).entries()) waiting.push([`${path}/${key}/${at}`, part]);
    for (const key of NAMED) for (const [name, part] of Object.entries(schema[key] ?? {})) waiting.push([`${path}/${key}/${name}`, part]);
  }
  return found;
}

/** @param {any} value every text in it, names too @returns {string[]} */
function texts(value) {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || !value) return [];
  return Object.entries(value).flatMap(([name, part]) => [name, ...texts(part)]);
}

/** @param {any} declaration @returns {string[]} */
const halves = (declaration) => texts(declaration).filter((text) => /\p{Surrogate}/u.test(text)).map((text) => `half a character in ${JSON.stringify(text)}`);

/** What OpenAI and Anthropic refuse. @param {any} schema @returns {string[]} */
export function refusedPlain(schema) {
  const faults = halves(schema);
  if (!ajv.validateSchema(schema)) faults.push(`no schema of 2020-12: ${ajv.errorsText(ajv.errors)}`);
  if (schema.type !== "object" || typeof schema.properties !== "object") faults.push("no object with properties at the top");
  for (const key of ["anyOf", "oneOf", "allOf", "not", "enum", "const", "$ref"]) if (key in schema) faults.push(`${key} at the top`);
  for (const name of Object.keys(schema.properties ?? {})) if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(name)) faults.push(`the name ${name}`);
  for (const [path, part] of everySchema(schema)) {
    const bad = (/** @type {string} */ what) => void faults.push(`${path}: ${what}`);
    if ([part["type"]].flat().includes("array") && (typeof part["items"] !== "object" || Array.isArray(part["items"]))) bad("an array without items");
    if (part["enum"] && !part["enum"].length) bad("nothing to choose from");
    if (part["$ref"] !== undefined && !resolves(schema, part["$ref"])) bad(`${part["$ref"]} leads nowhere`);
    for (const [name, inner] of Object.entries(part["properties"] ?? {})) if (typeof inner !== "object") bad(`${name} is ${inner}`);
    for (const key of ["$schema", "$id", "$anchor", "$dynamicRef"]) if (key in part) bad(key);
  }
  return faults;
}

/** @param {any} root @param {string} ref */
function resolves(root, ref) {
  if (!ref.startsWith("#")) return false;
  let target = root;
  for (const step of ref.split("/").slice(1)) target = Object.hasOwn(target ?? {}, step) ? target[step] : undefined;
  return typeof target === "object" && target !== null;
}

const GEMINI = {
  type: "string", format: "string", title: "string", description: "string", nullable: "boolean", enum: "texts", pattern: "string", required: "names",
  propertyOrdering: "names", minimum: "number", maximum: "number", items: "schema", anyOf: "schemas", properties: "named",
  ...Object.fromEntries(["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"].map((name) => [name, "count"])),
};

/** What Gemini refuses. @param {any} schema @param {string} [path] @returns {string[]} */
export function refusedGemini(schema, path = "#") {
  const faults = path === "#" ? halves(schema) : [];
  const bad = (/** @type {string} */ what) => void faults.push(`${path}: ${what}`);
  if (typeof schema !== "object" || !schema || Array.isArray(schema)) return [`${path}: no schema`];
  for (const [key, value] of Object.entries(schema)) {
    const kind = /** @type {any} */ (GEMINI)[key];
    if (kind === "texts") value.every((/** @type {any} */ text) => typeof text === "string" && text !== "") || bad(`${key} of other than texts`);
    else if (kind === "names") value.every((/** @type {any} */ name) => typeof name === "string") || bad(`${key} of other than names`);
    else if (kind === "count") /^\d+$/.test(value) || bad(`${key} ${value}`);
    else if (kind === "schema") faults.push(...refusedGemini(value, `${path}/${key}`));
    else if (kind === "schemas") value.forEach((/** @type {any} */ part, /** @type {number} */ at) => faults.push(...refusedGemini(part, `${path}/${key}/${at}`)));
    else if (kind === "named") for (const [name, part] of Object.entries(value)) faults.push(...refusedGemini(part, `${path}/${key}/${name}`));
    else if (kind === undefined || typeof value !== kind || (kind === "number" && !Number.isFinite(value))) bad(`${key} is ${JSON.stringify(value)}`);
  }
  const { type, anyOf, items, properties, required = [], enum: values, format } = schema;
  if (anyOf) {
    if (Object.keys(schema).length > 1 || !anyOf.length) bad("something beside anyOf, or nothing in it");
    return faults;
  }
  if (!["OBJECT", "ARRAY", "STRING", "NUMBER", "INTEGER", "BOOLEAN"].includes(type)) bad(`the type ${type}`);
  if ((type === "ARRAY") !== (items !== undefined)) bad("items");
  if (values && type !== "STRING") bad("enum beside another type");
  if (format && !["enum", "date-time"].includes(format)) bad(`the format ${format}`);
  if (properties && !Object.keys(properties).length) bad("no properties");
  for (const name of required) if (!Object.hasOwn(properties ?? {}, name)) bad(`${name} is required and not there`);
  if (path === "#") {
    if (type !== "OBJECT" || !properties) bad("no object at the top");
    for (const name of Object.keys(properties ?? {})) if (!/^[A-Za-z_]\w{0,63}$/.test(name)) bad(`the name ${name}`);
  }
  return faults;
}

/** Numbers that look random, the same each time. @param {number} seed */
export function randomFrom(seed) {
  let state = seed >>> 0 || 1;
  const next = () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((state ^= state >>> 15) >>> 0) / 2 ** 32;
  };
  const below = (/** @type {number} */ limit) => Math.floor(next() * limit);
  /** @template T @param {readonly T[]} list @returns {T} */
  const pick = (list) => /** @type {T} */ (list[below(list.length)]);
  return { below, pick };
}

const NAMES = ["a", "b", "type", "properties", "items", "$ref", "$top", "filter[x]", "x".repeat(65), "", "__proto__", "constructor", "ü", "\ud83d", "kebab-case", "1st", "a.b"];
const REFS = ["#", "#/", "#/properties/a", "#/$defs/b", "#/definitions/a", "#/anyOf/0", "#/anyOf/0/properties/a", "#/allOf/0/$defs/b", "#a", "#b", "other.json", "https://example.com/x#/a"];
REFS.push("#/%E0%A4%A", "#/$defs/__proto__", "#/__proto__", "#/constructor", "#/properties/$ref", "#/properties/a/items", "#/properties/b/anyOf/1", "#/enum/0", "", "x");
const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null", "String", "any", "", "file", null, [], ["string", "null"], ["array", "bogus"], [null], 5, {}];
const JUNK = [null, true, false, 0, -1, 1.5, "5", "", "x", [], {}, [null], [1, "a", "a"], { a: 1 }, "\udc00", "(", 1e999, [[]], ["a", "b"]];

/** A schema as nobody should write it. @param {ReturnType<typeof randomFrom>} random @param {number} [depth] @returns {any} */
export function hostileSchema(random, depth = 0) {
  const { below, pick } = random;
  if (below(8) === 0) return pick(JUNK);
  const inner = () => (depth > 4 ? pick(JUNK) : hostileSchema(random, depth + 1));
  const list = () => Array.from({ length: below(4) }, inner);
  const named = () => Object.fromEntries(Array.from({ length: below(4) }, () => [pick(NAMES), inner()]));
  /** @type {[string, () => any][]} */
  const kinds = [
    ...ONE.map((key) => /** @type {[string, () => any]} */ ([key, inner])),
    ...[...SEVERAL, "items"].map((key) => /** @type {[string, () => any]} */ ([key, list])),
    ...[...NAMED, "properties", "properties", "dependencies", "dependentRequired"].map((key) => /** @type {[string, () => any]} */ ([key, named])),
    ["type", () => pick(TYPES)], ["type", () => pick(TYPES)], ["$ref", () => pick(REFS)], ["$ref", () => pick(REFS)],
    ["$anchor", () => pick(["a", "b"])], ["$id", () => pick(["#a", "other.json", "https://example.com/x"])], ["$dynamicRef", () => "#a"],
    ["required", () => pick([NAMES, true, "a", ["a", "a"], [1]])],
    ...["minimum", "exclusiveMinimum", "maximum", "minLength", "maxItems", "multipleOf", "pattern", "enum", "const", "default", "examples", "title", "description", "uniqueItems", "format", "nullable", "x-other"].map(
      (key) => /** @type {[string, () => any]} */ ([key, () => pick(JUNK)]),
    ),
    [pick([...ONE, ...SEVERAL, ...NAMED, "enum", "required", "$schema", "id"]), () => pick(JUNK)],
  ];
  return Object.fromEntries(Array.from({ length: below(6) }, () => pick(kinds)).map(([key, make]) => [key, make()]));
}

/** A schema that is right, for an object, with a value that fits and one that may not. @param {ReturnType<typeof randomFrom>} random */
export function validSchema(random) {
  const { below, pick } = random;
  const $defs = { Text: { type: "string", minLength: 1 }, "a b": { type: ["integer", "null"] }, Pair: { type: "array", prefixItems: [{ type: "number" }, true], items: false } };
  /** @param {number} depth @returns {[schema: any, value: any]} */
  const part = (depth) =>
    /** @type {(() => [any, any])[]} */ ([
      () => [{ type: "string", pattern: "^a", description: "d" }, pick(["abc", "b", 1])],
      () => [{ type: "integer", minimum: 1, exclusiveMaximum: 5 }, below(7)],
      () => [{ enum: ["x", 2, null] }, pick(["x", 2, null, "y"])],
      () => [{ const: { a: [1] } }, pick([{ a: [1] }, {}])],
      () => [{ $ref: "#/$defs/Text" }, pick(["t", ""])],
      () => [{ $ref: "#/$defs/a%20b", description: "beside" }, pick([1, null, "n"])],
      () => [{ $ref: "#/$defs/Pair" }, pick([[1, 2], [1], [1, 2, 3], ["a"]])],
      () => [true, pick([1, "x"])],
      () => [false, 1],
      () => [{ not: { type: "string" } }, pick([1, "x"])],
      () => {
        if (depth > 2) return [{}, 1];
        const [items, value] = part(depth + 1);
        return [{ type: "array", items, maxItems: 2 }, Array.from({ length: below(4) }, () => value)];
      },
      () => {
        if (depth > 2) return [{}, 1];
        const [one, value] = part(depth + 1);
        const [other, otherValue] = part(depth + 1);
        return [{ [pick(["anyOf", "oneOf", "allOf"])]: [one, other] }, pick([value, otherValue])];
      },
      () => (depth > 2 ? [{}, 1] : object(depth + 1)),
    ])[below(13)]?.() ?? [{}, 1];
  /** @param {number} depth @returns {[any, any]} */
  const object = (depth) => {
    const names = [...new Set(Array.from({ length: 1 + below(3) }, () => pick(["a", "b", "__proto__", "c.d", "e-f"])))];
    const parts = names.map((name) => /** @type {const} */ ([name, part(depth)]));
    const schema = {
      type: "object",
      properties: Object.fromEntries(parts.map(([name, [schema]]) => [name, schema])),
      required: names.slice(1),
      ...(below(2) && { additionalProperties: pick([false, { type: "number" }]) }),
      ...(below(3) === 0 && { dependentRequired: { a: ["b"] } }),
    };
    const value = Object.fromEntries(parts.filter(() => below(4)).map(([name, [, value]]) => [name, value]));
    if (below(3) === 0) value["more"] = pick([1, "x"]);
    return [schema, value];
  };
  const [schema, value] = object(0);
  return { schema: { $schema: "https://json-schema.org/draft/2020-12/schema", ...schema, $defs }, value };
}

/** Whether a value fits a schema. @param {any} schema @param {any} value @returns {boolean} */
export const fits = (schema, value) => ajv.compile(schema)(value);
