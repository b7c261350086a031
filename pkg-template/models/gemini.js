// The part of OpenAPI 3.0 that Gemini takes: references are written out, and what there is no
// keyword for is said in words.
import { namesIn } from "./keywords.js";
import { PARAMETERS } from "./names.js";
import { objectSchema } from "./schema.js";
import { isObject } from "./text.js";

/** @typedef {import("./refs.js").Schema} Schema */

/** How deep a schema is followed, how many one may become, and how many by references. */
const DEEPEST = 32;
const MOST = 20_000;
const MOST_REFERRED = 2_000;
/** Characters that weigh as much as a schema. */
const WEIGHT = 64;
/** What stands for arguments whose names are open: Gemini wants names. */
const ENTRIES = "entries";

/**
 * @param {unknown} given
 * @returns {{ schema: Schema | undefined, argumentsOf: (given: Record<string, unknown>) => Record<string, unknown> }} no schema
 *   if there are no arguments
 */
export function geminiSchema(given) {
  const { schema: root, argumentsOf } = objectSchema(given, PARAMETERS);
  const gemini = new Gemini(root);
  const free = freeNames(root);
  if (Object.keys(root["properties"]).length || free === undefined) {
    const schema = gemini.convert(root, []);
    return { schema: schema["properties"] && schema, argumentsOf };
  }
  const entry = { type: "object", properties: { name: { type: "string" }, value: free }, required: ["name", "value"] };
  const entries = { type: "array", items: entry, description: "The arguments, by names of your choice." };
  return { schema: gemini.convert({ ...root, properties: { [ENTRIES]: entries }, additionalProperties: false }, []), argumentsOf: fromEntries };
}

/** What values are like whose names are open, if there may be such. @param {Schema} root @returns {Schema | undefined} */
function freeNames({ additionalProperties: others, patternProperties }) {
  if (isObject(others)) return others;
  const [first] = Object.values(patternProperties ?? {});
  return first ?? (others === true ? {} : undefined);
}

/** @param {Record<string, unknown>} given */
function fromEntries(given) {
  const { [ENTRIES]: entries, ...more } = given;
  if (!Array.isArray(entries)) return given;
  return { ...Object.fromEntries(entries.filter((entry) => isObject(entry) && "name" in entry).map(({ name, value }) => [String(name), value])), ...more };
}

/** Constraints that Gemini wants as text, as 64-bit numbers are in JSON. */
const COUNTS = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];
/** What is looked at; anything else would only be carried along. */
const READ = ["type", "title", "description", "default", "enum", "const", "format", "pattern", "nullable", "anyOf", "oneOf", "allOf", ...COUNTS];
READ.push("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems", "items", "prefixItems");
READ.push("properties", "required", "additionalProperties");

/** @param {Schema} schema @returns {Schema} */
const read = (schema) => Object.fromEntries(READ.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]])));

class Gemini {
  #left = MOST;
  #referred = MOST_REFERRED;
  #root;

  /** @param {Schema} root what references count from */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {unknown} given
   * @param {string[]} path the references that led here
   * @param {number} [depth]
   * @returns {Schema}
   */
  convert(given, path, depth = 0) {
    const reference = isObject(given) ? String(given["$ref"] ?? "") : "";
    if (reference || path.length) this.#referred--;
    const over = --this.#left < 0 || this.#referred < 0 || depth > DEEPEST;
    if (over || (reference && path.includes(reference))) return { type: "OBJECT", description: "As above." };
    const inner = reference ? [...path, reference] : path;
    const { nullable: optional, ...schema } = this.#merge(this.#follow(given));
    const options = optionsOf(schema);
    const kinds = options.filter(({ type, ...option }) => type !== "null" && option["const"] !== null);
    const nullable = optional === true || kinds.length < options.length || Boolean(schema["enum"]?.includes(null));
    const { anyOf, oneOf, ...shared } = schema;
    const single = options.length === 1 && !anyOf && !oneOf && !Array.isArray(schema["type"]);
    const found = [];
    if (single) found.push(this.#one(schema, inner, depth));
    else {
      for (const kind of kinds.length ? kinds : [{ type: "string" }]) {
        if (this.#left < 0) break;
        found.push(this.convert({ ...kind, allOf: [shared, ...(kind["allOf"] ?? [])] }, inner, depth + 1));
      }
    }
    // Nothing may stand beside `anyOf`, so what is said of all is said of each.
    const all = found.flatMap((kind) => kind["anyOf"] ?? [kind]).map((kind) => (nullable ? { ...kind, nullable } : kind));
    return all.length === 1 ? /** @type {Schema} */ (all[0]) : { anyOf: all };
  }

  /** A schema without alternatives. @param {Schema} schema @param {string[]} path @param {number} depth @returns {Schema} */
  #one(schema, path, depth) {
    const type = typeOf(schema);
    if (!type) return { anyOf: ["string", "number", "boolean"].map((name) => this.#one({ ...schema, type: name }, path, depth)) };
    /** @type {Schema} */
    const result = { type: type.toUpperCase() };
    const description = [schema["description"], ...notesOf(schema, type)].filter(Boolean).join(" ");
    if (description) result["description"] = description;
    if (schema["title"] !== undefined) result["title"] = schema["title"];
    for (const name of COUNTS) if (schema[name] !== undefined) result[name] = String(schema[name]);
    if (type === "string") textual(schema, result);
    if (type === "integer" || type === "number") bounds(schema, type, result);
    if (type === "array") this.#items(schema, path, depth, result);
    if (type === "object" && isObject(schema["properties"])) this.#properties(schema["properties"], schema, path, depth, result);
    this.#left -= (description.length + String(result["pattern"] ?? "").length) / WEIGHT + (result["enum"]?.length ?? 0);
    return result;
  }

  /** @param {Schema} schema @param {string[]} path @param {number} depth @param {Schema} result */
  #items({ prefixItems: places, items }, path, depth, result) {
    if (!places) {
      result["items"] = this.convert(items, path, depth + 1);
      return;
    }
    const rest = isObject(items) && Object.keys(items).length ? [items] : [];
    const kinds = new Map([...places, ...rest].map((/** @type {unknown} */ place) => [JSON.stringify(place), place]));
    result["items"] = this.convert({ anyOf: [...kinds.values()] }, path, depth + 1);
    result["minItems"] ??= String(places.length);
    if (!rest.length) result["maxItems"] ??= String(places.length);
  }

  /** @param {Schema} properties @param {Schema} schema @param {string[]} path @param {number} depth @param {Schema} result */
  #properties(properties, schema, path, depth, result) {
    const names = Object.keys(properties);
    if (!names.length) return;
    result["properties"] = Object.fromEntries(names.map((name) => [name, this.convert(properties[name], path, depth + 1)]));
    const required = namesIn(schema["required"]).filter((name) => Object.hasOwn(properties, name));
    if (required.length) result["required"] = required;
    result["propertyOrdering"] = names;
  }

  /** Puts the parts of `allOf` into one. @param {Schema} schema @returns {Schema} */
  #merge({ allOf, ...own }, depth = 0) {
    if (!allOf) return own;
    const parts = [];
    for (const part of allOf) if (--this.#left > 0 && depth < DEEPEST) parts.push(this.#merge(this.#follow(part), depth + 1));
    parts.push(own);
    /** @type {[string, unknown][]} */
    const properties = [];
    /** @type {Set<string>} */
    const required = new Set();
    /** @type {Schema} */
    let merged = {};
    for (const part of parts) {
      merged = { ...merged, ...part };
      for (const property of Object.entries(part["properties"] ?? {})) properties.push(property);
      for (const name of namesIn(part["required"])) required.add(name);
    }
    this.#left -= properties.length + required.size;
    return { ...merged, ...(properties.length && { properties: Object.fromEntries(properties) }), ...(required.size && { required: [...required] }) };
  }

  /** What a reference leads to, with what stands beside it. @param {unknown} given @returns {Schema} */
  #follow(given) {
    let schema = isObject(given) ? given : {};
    let own = read(schema);
    for (let left = DEEPEST; left && typeof schema["$ref"] === "string"; left--) {
      const [, key, name] = schema["$ref"].split("/");
      schema = key === undefined ? this.#root : (this.#root[key]?.[/** @type {string} */ (name)] ?? {});
      own = { ...read(schema), ...own };
    }
    return own;
  }
}

/** @param {Schema} schema @param {Schema} result */
function textual(schema, result) {
  if (schema["format"] === "date-time") result["format"] = "date-time";
  if (schema["pattern"] !== undefined) result["pattern"] = schema["pattern"];
  const values = areTexts(schema) ? valuesOf(schema)?.filter((value) => value !== "") : undefined;
  if (values?.length) Object.assign(result, { format: "enum", enum: values });
}

/** @param {Schema} schema @param {string} type @param {Schema} result */
function bounds({ minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below }, type, result) {
  const whole = type === "integer";
  const least = Math.max(minimum ?? -Infinity, above === undefined ? -Infinity : whole ? Math.floor(above) + 1 : above);
  const most = Math.min(maximum ?? Infinity, below === undefined ? Infinity : whole ? Math.ceil(below) - 1 : below);
  if (Number.isFinite(least)) result["minimum"] = least;
  if (Number.isFinite(most)) result["maximum"] = most;
}

/** What there is no keyword for, in words. @param {Schema} schema @param {string} type @returns {string[]} */
function notesOf(schema, type) {
  const notes = [];
  const { format, additionalProperties: others, properties } = schema;
  const which = properties && Object.keys(properties).length ? "Other names as well" : "Any names";
  const values = valuesOf(schema);
  if (values?.length && !(type === "string" && areTexts(schema))) notes.push(`One of ${values.map((value) => JSON.stringify(value)).join(", ")}.`);
  if (type === "string" && format && format !== "date-time") notes.push(`Format: ${format}.`);
  if (type === "number" && schema["exclusiveMinimum"] !== undefined) notes.push(`Greater than ${schema["exclusiveMinimum"]}.`);
  if (type === "number" && schema["exclusiveMaximum"] !== undefined) notes.push(`Less than ${schema["exclusiveMaximum"]}.`);
  if (schema["multipleOf"] !== undefined) notes.push(`A multiple of ${schema["multipleOf"]}.`);
  if (schema["uniqueItems"] === true) notes.push("No item twice.");
  if (type === "object" && isObject(others) && Object.keys(others).length) notes.push(`${which}, each with a value like ${JSON.stringify(others)}.`);
  if (schema["default"] !== undefined) notes.push(`Default: ${JSON.stringify(schema["default"])}.`);
  return notes;
}

/** What a value may be one of, `null` apart. @param {Schema} schema @returns {unknown[] | undefined} */
function valuesOf(schema) {
  const values = schema["const"] === undefined ? schema["enum"] : [schema["const"]];
  return Array.isArray(values) ? values.filter((value) => value !== null) : undefined;
}

/** @param {Schema} schema */
const areTexts = (schema) => valuesOf(schema)?.every((value) => typeof value === "string") === true;

/** The kinds of value that a schema allows. @param {Schema} schema @returns {Schema[]} */
function optionsOf({ anyOf, oneOf, type }) {
  const listed = anyOf ?? oneOf;
  if (Array.isArray(listed)) return listed.map((option) => (isObject(option) ? option : {}));
  return Array.isArray(type) ? type.map((name) => ({ type: name })) : [{ ...(type && { type }) }];
}

/** @param {Schema} schema @returns {string | undefined} */
function typeOf(schema) {
  if (typeof schema["type"] === "string") return schema["type"] === "null" ? "string" : schema["type"];
  if (schema["properties"] || schema["additionalProperties"]) return "object";
  if (schema["items"] || schema["prefixItems"]) return "array";
  const [value] = valuesOf(schema) ?? [];
  if (value === undefined) return schema["pattern"] || schema["format"] ? "string" : undefined;
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

