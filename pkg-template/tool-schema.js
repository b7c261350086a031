// The schemas of tools' arguments as the providers take them. What one of them refuses is written
// in another way or, where it cannot be, in words; the server checks the arguments all the same.
// Schemas come from servers, so what they make of a page's time is bounded.

/** @typedef {Record<string, any>} Schema */

/** How deep a schema is followed; what lies deeper may be anything. */
const DEEPEST = 32;
/** How many schemas one may become when its references are written out. */
const MOST = 2_000;
/** The keywords that hold schemas by name, and those that hold none. */
const NAMED = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const VALUES = ["default", "enum", "const", "examples", "required", "type"];

/**
 * JSON Schema as OpenAI and Anthropic take it: an object at the top, alternatives only further in,
 * and something said of every array's items.
 * @param {unknown} schema
 * @returns {Schema}
 */
export const objectSchema = (schema) => complete(flatten(schema, { root: isObject(schema) ? schema : {}, left: MOST }), 0);

/** @param {unknown} schema @param {{ root: Schema, left: number }} work @returns {Schema} */
function flatten(schema, work, depth = 0) {
  const { root } = work;
  const { $schema, $id, allOf, anyOf, oneOf, enum: values, const: value, not, ...own } = follow(schema, root);
  /** @type {Schema} */
  const flat = { ...own, type: "object", properties: isObject(own["properties"]) ? own["properties"] : {} };
  const required = namesIn(own["required"]);
  for (const [branches, together] of [[allOf, true], [anyOf, false], [oneOf, false]]) {
    if (!Array.isArray(branches)) continue;
    const parts = branches.map((branch) => (--work.left > 0 && depth < DEEPEST ? flatten(branch, work, depth + 1) : {}));
    for (const part of parts) flat["properties"] = { ...part["properties"], ...flat["properties"] };
    // Of alternatives, only what each of them wants is wanted in any case.
    const wanted = parts.flatMap((part) => namesIn(part["required"]));
    required.push(...(together ? wanted : wanted.filter((name) => parts.every((part) => part["required"]?.includes(name)))));
  }
  const { required: _, ...rest } = flat;
  return required.length ? { ...rest, required: [...new Set(required)] } : rest;
}

/** Says something of the items of each array. @param {any} schema @param {number} depth @returns {any} */
function complete(schema, depth) {
  if (depth > DEEPEST) return {};
  if (Array.isArray(schema)) return schema.map((part) => complete(part, depth + 1));
  if (!isObject(schema)) return schema;
  /** @param {string} key @param {any} value */
  const part = (key, value) => {
    if (VALUES.includes(key)) return value;
    if (!NAMED.includes(key) || !isObject(value)) return complete(value, depth + 1);
    return mapValues(value, (inner) => (inner === true ? {} : complete(inner, depth + 1)));
  };
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, part(key, value)]));
  if ([copy["type"]].flat().includes("array")) copy["items"] ??= {};
  return copy;
}

/**
 * The part of OpenAPI 3.0 that Gemini takes; nothing if there are no arguments.
 * @param {unknown} schema
 * @returns {Schema | undefined}
 */
export function geminiSchema(schema) {
  const root = objectSchema(schema);
  const converted = new Gemini(root).convert(root, []);
  return converted["properties"] ? converted : undefined;
}

/** Constraints that Gemini wants as text, as 64-bit numbers are in JSON. */
const COUNTS = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];
class Gemini {
  #left = MOST;
  #root;

  /** @param {Schema} root what references count from */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {unknown} given
   * @param {string[]} path the references that led here
   * @returns {Schema}
   */
  convert(given, path) {
    const reference = isObject(given) ? String(given["$ref"] ?? "") : "";
    if (--this.#left < 0 || path.length > DEEPEST || (reference && path.includes(reference))) {
      return { type: "OBJECT", description: "As above." };
    }
    const inner = [...path, reference];
    const { nullable: optional, ...schema } = this.#merge(follow(given, this.#root));
    const options = optionsOf(schema);
    const kinds = options.filter(({ type, ...option }) => type !== "null" && option["const"] !== null);
    const nullable = optional === true || kinds.length < options.length || Boolean(schema["enum"]?.includes?.(null));
    const { anyOf, oneOf, ...shared } = schema;
    const single = options.length === 1 && !anyOf && !oneOf && !Array.isArray(schema["type"]);
    const found = single
      ? [this.#one(schema, inner)]
      : (kinds.length ? kinds : [{ type: "string" }]).map((kind) => this.convert({ ...shared, ...kind }, inner));
    // Nothing may stand beside `anyOf`, so what is said of all is said of each.
    const all = found.flatMap((kind) => kind["anyOf"] ?? [kind]).map((kind) => (nullable ? { ...kind, nullable } : kind));
    return all.length === 1 ? all[0] : { anyOf: all };
  }

  /** A schema without alternatives. @param {Schema} schema @param {string[]} path @returns {Schema} */
  #one(schema, path) {
    const type = typeOf(schema);
    if (!type) return { anyOf: ["string", "number", "boolean"].map((name) => this.#one({ ...schema, type: name }, path)) };
    /** @type {Schema} */
    const result = { type: type.toUpperCase() };
    const description = [schema["description"], ...notesOf(schema, type)].filter(Boolean).join(" ");
    if (description) result["description"] = description;
    if (typeof schema["title"] === "string") result["title"] = schema["title"];
    for (const name of COUNTS) if (schema[name] !== undefined) result[name] = String(schema[name]);
    if (type === "string") textual(schema, result);
    if (type === "integer" || type === "number") bounds(schema, type, result);
    if (type === "array") this.#items(schema, path, result);
    if (type === "object" && isObject(schema["properties"])) this.#properties(schema["properties"], schema, path, result);
    return result;
  }

  /** @param {Schema} schema @param {string[]} path @param {Schema} result */
  #items(schema, path, result) {
    const places = [schema["prefixItems"], schema["items"]].find(Array.isArray);
    if (!places) {
      result["items"] = this.convert(schema["items"], path);
      return;
    }
    const kinds = new Map(places.map((/** @type {unknown} */ place) => [JSON.stringify(place), place]));
    result["items"] = this.convert({ anyOf: [...kinds.values()] }, path);
    result["minItems"] ??= String(places.length);
    result["maxItems"] ??= String(places.length);
  }

  /** @param {Schema} properties @param {Schema} schema @param {string[]} path @param {Schema} result */
  #properties(properties, schema, path, result) {
    const names = Object.keys(properties);
    if (!names.length) return;
    result["properties"] = mapValues(properties, (property) => this.convert(property, path));
    const required = namesIn(schema["required"]).filter((name) => names.includes(name));
    if (required.length) result["required"] = required;
    result["propertyOrdering"] = names;
  }

  /** Puts the parts of `allOf` into one. @param {Schema} schema @returns {Schema} */
  #merge({ allOf, ...own }, depth = 0) {
    if (!Array.isArray(allOf)) return own;
    const parts = [...allOf.map((part) => (--this.#left > 0 && depth < DEEPEST ? this.#merge(follow(part, this.#root), depth + 1) : {})), own];
    const properties = Object.assign({}, ...parts.map((part) => part["properties"]));
    const required = [...new Set(parts.flatMap((part) => namesIn(part["required"])))];
    return Object.assign({}, ...parts, Object.keys(properties).length && { properties }, required.length && { required });
  }
}

/** @param {Schema} schema @param {Schema} result */
function textual(schema, result) {
  if (schema["format"] === "date-time") result["format"] = "date-time";
  if (typeof schema["pattern"] === "string") result["pattern"] = schema["pattern"];
  const values = valuesOf(schema)?.filter((value) => typeof value === "string" && value !== "");
  if (values?.length) Object.assign(result, { format: "enum", enum: values });
}

/** @param {Schema} schema @param {string} type @param {Schema} result */
function bounds({ minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below }, type, result) {
  const step = type === "integer" ? 1 : 0;
  if (typeof minimum === "number") result["minimum"] = minimum;
  else if (typeof above === "number") result["minimum"] = above + step;
  if (typeof maximum === "number") result["maximum"] = maximum;
  else if (typeof below === "number") result["maximum"] = below - step;
}

/** What there is no keyword for, in words. @param {Schema} schema @param {string} type @returns {string[]} */
function notesOf(schema, type) {
  const notes = [];
  const { format, additionalProperties: others, properties } = schema;
  const values = valuesOf(schema);
  if (values?.length && type !== "string") notes.push(`One of ${values.map((value) => JSON.stringify(value)).join(", ")}.`);
  if (type === "string" && format && format !== "date-time") notes.push(`Format: ${format}.`);
  if (type === "number" && schema["exclusiveMinimum"] !== undefined) notes.push(`Greater than ${schema["exclusiveMinimum"]}.`);
  if (type === "number" && schema["exclusiveMaximum"] !== undefined) notes.push(`Less than ${schema["exclusiveMaximum"]}.`);
  if (schema["multipleOf"] !== undefined) notes.push(`A multiple of ${schema["multipleOf"]}.`);
  if (schema["uniqueItems"] === true) notes.push("No item twice.");
  if (isObject(others) && !properties) notes.push(`Any names, each with a value like ${JSON.stringify(others)}.`);
  if (schema["default"] !== undefined) notes.push(`Default: ${JSON.stringify(schema["default"])}.`);
  return notes;
}

/** What a value may be one of, `null` apart. @param {Schema} schema @returns {unknown[] | undefined} */
function valuesOf(schema) {
  const values = schema["const"] === undefined ? schema["enum"] : [schema["const"]];
  return Array.isArray(values) ? values.filter((value) => value !== null) : undefined;
}

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
  return Number.isInteger(value) ? "integer" : typeof value;
}

/**
 * What a reference within the schema leads to, with what stands beside it.
 * @param {unknown} schema
 * @param {Schema} root
 * @returns {Schema}
 */
function follow(schema, root, left = 8) {
  if (!isObject(schema)) return {};
  const { $ref, ...own } = schema;
  if (typeof $ref !== "string" || !$ref.startsWith("#") || !left) return own;
  /** @type {any} */
  let target = root;
  for (const step of $ref.split("/").slice(1)) target = target?.[decode(step)];
  return { ...follow(target, root, left - 1), ...own };
}

/** A step of a JSON pointer. @param {string} step */
function decode(step) {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return step;
  }
}

/** @param {Schema} object @param {(value: any) => any} change @returns {Schema} */
const mapValues = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** @param {unknown} value @returns {string[]} */
const namesIn = (value) => (Array.isArray(value) ? value.filter((name) => typeof name === "string") : []);

/** @param {unknown} value @returns {value is Schema} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
