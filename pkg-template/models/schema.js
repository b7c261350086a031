// The schema of a tool's arguments as OpenAI and Anthropic take it: JSON Schema of 2020-12 in each
// of its parts, an object at the top, alternatives only further in, something said of every array's
// items. What a provider would refuse is mended, and left out where it cannot be; the server checks
// the arguments all the same. Schemas come from servers, so what they make of a page's time is bounded.
import { isPattern, mendBounds, mendKeyword, namesIn } from "./keywords.js";
import { ARGUMENTS, namesForModels } from "./names.js";
import { NAMED, ONE, References, SEVERAL, SHARED, referenceIn } from "./refs.js";
import { isObject, wellFormed } from "./text.js";

/** @typedef {import("./refs.js").Schema} Schema */

/**
 * What a provider is given, and the way back to what the server calls its arguments.
 * @typedef {{ schema: Schema, argumentsOf: (given: Record<string, unknown>) => Record<string, unknown> }} Parameters
 */

/** How deep a schema is followed; what lies deeper may be anything. */
const DEEPEST = 32;
/** How many parts a schema is read in, and how many properties are put together. */
const MOST = 100_000;
const STEPS = 1_000_000;
/** Schemas of more parts are not compared. */
const SMALL = 1_000;
/** What providers refuse at the top. */
const ALTERNATIVES = new Set(["allOf", "anyOf", "oneOf", "not", "enum", "const"]);
/** What speaks of arguments by names that are no longer theirs. */
const BY_NAME = new Set(["if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies", "patternProperties", "propertyNames"]);

/**
 * @param {unknown} given
 * @param {import("./names.js").Alphabet} [alphabet] of the arguments' names
 * @returns {Parameters}
 */
export function objectSchema(given, alphabet = ARGUMENTS) {
  return new Mender(isObject(given) ? given : {}).parameters(alphabet);
}

/**
 * What is known of an object's properties, each with the schemas that hold for it together, by what
 * tells those apart.
 * @typedef {{ properties: Map<string, Map<unknown, unknown>>, required: Set<string> }} Gathered
 */

/** @type {Gathered} */
const NOTHING = { properties: new Map(), required: new Set() };

class Mender {
  #root;
  #references;
  #left = MOST;
  #steps = STEPS;
  /** @type {Map<Schema, Gathered>} */
  #gathered = new Map();
  /** What tells schemas apart. @type {Map<unknown, unknown>} */
  #keys = new Map();
  /** How a schema that is referred to is found in the result. @type {Map<Schema, string>} */
  #places = new Map();
  /** The schemas for `$defs` and `definitions`. @type {Record<string, Map<string, unknown>>} */
  #shared = {};

  /** @param {Schema} root */
  constructor(root) {
    this.#root = root;
    this.#references = new References(root);
    for (const key of SHARED) {
      const given = entriesOf(root[key]);
      const names = namesForModels(given.map(([name]) => name), ARGUMENTS);
      this.#shared[key] = new Map(given.map(([, schema], at) => [/** @type {string} */ (names[at]), schema]));
      for (const [name, schema] of this.#shared[key]) if (isObject(schema)) this.#places.set(schema, `#/${key}/${name}`);
    }
  }

  /** @param {import("./names.js").Alphabet} alphabet @returns {Parameters} */
  parameters(alphabet) {
    const { properties, required } = this.#gather(this.#root, 0);
    const names = [...properties.keys()];
    const shown = namesForModels(names, alphabet);
    const aliases = new Map(names.map((name, at) => [name, /** @type {string} */ (shown[at])]));
    const renamed = names.some((name, at) => name !== shown[at]);
    const own = this.#own();
    const kept = Object.entries(own).filter(([key]) => !ALTERNATIVES.has(key) && !(renamed && BY_NAME.has(key)));
    // References to the top need the one that was, if it is not what it was.
    if (!renamed && kept.length === Object.keys(own).length) this.#places.set(this.#root, "#");
    const { properties: _, required: __, ...rest } = Object.fromEntries(kept);
    const wanted = [...required].map((name) => aliases.get(name) ?? wellFormed(name));
    /** @type {Schema} */
    const schema = {
      ...this.#mend(rest, 0),
      type: "object",
      properties: Object.fromEntries([...properties].map(([name, schemas]) => [aliases.get(name), this.#schema(all(schemas), 1)])),
    };
    if (wanted.length) schema["required"] = wanted;
    // What is shared refers to more of it, which then is shared as well: `$defs`, the last, grows meanwhile.
    for (const key of [...SHARED].reverse()) {
      const mended = [];
      for (const [name, given] of this.#shared[key] ?? []) mended.push([name, this.#schema(given, 1)]);
      if (mended.length) schema[key] = Object.fromEntries(mended);
    }
    if (!renamed) return { schema, argumentsOf: (given) => given };
    const real = new Map(names.map((name, at) => [shown[at], name]));
    return { schema, argumentsOf: (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [real.get(name) ?? name, value])) };
  }

  /** The top with what its references lead to. @returns {Schema} */
  #own() {
    let own = this.#root;
    /** @type {unknown} */
    let target = own;
    for (let left = DEEPEST; left && isObject(target) && referenceIn(target) !== undefined; left--) {
      target = this.#references.follow(target);
      const { $ref, $dynamicRef, $recursiveRef, ...more } = isObject(target) ? target : /** @type {Schema} */ ({});
      own = { ...more, ...own };
    }
    const { $ref, $dynamicRef, $recursiveRef, ...rest } = own;
    return rest;
  }

  // ---- the arguments, wherever in the schema they stand ----

  /** @param {unknown} given @param {number} depth @returns {Gathered} */
  #gather(given, depth) {
    if (!isObject(given) || depth > DEEPEST) return NOTHING;
    const known = this.#gathered.get(given);
    if (known) return known;
    // For one that contains itself.
    this.#gathered.set(given, NOTHING);
    const { properties, required, allOf, anyOf, oneOf } = given;
    /** @type {Gathered} */
    const result = { properties: new Map(), required: new Set(namesIn(required)) };
    for (const [name, schema] of entriesOf(properties)) {
      result.properties.set(name, new Map([[schema, schema]]));
      if (isObject(schema) && schema["required"] === true) result.required.add(name);
    }
    const target = referenceIn(given) === undefined ? [] : [this.#references.follow(given)];
    const together = new Set([...target, ...listOf(allOf)].map((part) => this.#gather(part, depth + 1)));
    for (const branches of [anyOf, oneOf]) {
      const parts = new Set(listOf(branches).map((branch) => this.#gather(branch, depth + 1)));
      if (parts.size) together.add(this.#either(parts));
    }
    const grown = new Set();
    for (const part of together) this.#join(result, part, grown);
    this.#gathered.set(given, result);
    return result;
  }

  /**
   * Adds what holds as well.
   * @param {Gathered} result
   * @param {Gathered} part
   * @param {Set<string>} grown whose schemas are no longer those of one part
   */
  #join(result, part, grown) {
    for (const name of part.required) result.required.add(name);
    if ((this.#steps -= part.properties.size + part.required.size) < 0) return;
    for (const [name, schemas] of part.properties) {
      const known = result.properties.get(name);
      if (!known) {
        result.properties.set(name, schemas);
        continue;
      }
      if (!grown.has(name)) result.properties.set(name, this.#keyed(known));
      grown.add(name);
      for (const [key, schema] of this.#keyed(schemas)) result.properties.get(name)?.set(key, schema);
    }
  }

  /**
   * What one of several kinds of object looks like: all of their properties, and of what they want
   * only what each of them does.
   * @param {Set<Gathered>} parts @returns {Gathered}
   */
  #either(parts) {
    /** @type {Map<string, Map<unknown, unknown>>} */
    const found = new Map();
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { properties, required } of parts) {
      if ((this.#steps -= properties.size + required.size) < 0) break;
      for (const [name, schemas] of properties) {
        const schema = all(schemas);
        const known = found.get(name);
        if (known) known.set(this.#key(schema), schema);
        else found.set(name, new Map([[this.#key(schema), schema]]));
      }
      for (const name of required) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return {
      properties: new Map([...found].map(([name, schemas]) => [name, alone(oneOf(schemas))])),
      required: new Set([...counts].filter(([, count]) => count === parts.size).map(([name]) => name)),
    };
  }

  /** @param {Map<unknown, unknown>} schemas */
  #keyed(schemas) {
    return new Map([...schemas.values()].map((schema) => [this.#key(schema), schema]));
  }

  /** The text of a schema, or itself if that would be long. @param {unknown} schema @returns {unknown} */
  #key(schema) {
    if (!isObject(schema)) return schema;
    if (!this.#keys.has(schema)) this.#keys.set(schema, isSmall(schema) ? JSON.stringify(schema) : schema);
    return this.#keys.get(schema);
  }

  // ---- each part of the schema ----

  /** @param {unknown} given @param {number} depth @returns {Schema} */
  #schema(given, depth) {
    if (given === false) return { not: {} };
    if (!isObject(given) || depth > DEEPEST || this.#left-- <= 0) return {};
    return this.#mend(given, depth);
  }

  /** @param {Schema} given @param {number} depth @returns {Schema} */
  #mend(given, depth) {
    /** @type {[string, unknown][]} */
    const mended = [];
    for (const [key, value] of Object.entries(given)) {
      const now = ELSEWHERE.has(key) ? undefined : this.#keyword(key, value, depth);
      if (now !== undefined) mended.push([key, now]);
    }
    /** @type {Schema} */
    const schema = Object.fromEntries(mended);
    mendBounds(schema, given);
    const { properties, required, dependencies } = given;
    const wanted = new Set(namesIn(required));
    for (const [name, part] of entriesOf(properties)) if (isObject(part) && part["required"] === true) wanted.add(wellFormed(name));
    if (wanted.size) schema["required"] = [...wanted];
    for (const [name, needs] of entriesOf(dependencies)) {
      const [key, value] = Array.isArray(needs) ? ["dependentRequired", namesIn(needs)] : ["dependentSchemas", this.#schema(needs, depth + 1)];
      schema[/** @type {string} */ (key)] = { ...schema[/** @type {string} */ (key)], ...Object.fromEntries([[wellFormed(name), value]]) };
    }
    this.#items(given, schema, depth);
    if (referenceIn(given) !== undefined) {
      const target = this.#references.follow(given);
      if (isObject(target)) schema["$ref"] = this.#place(target);
      else if (target === false) schema["not"] = {};
    }
    return schema;
  }

  /** @param {string} key @param {any} value of the keyword @param {number} depth @returns {unknown} */
  #keyword(key, value, depth) {
    if (ONE.has(key)) {
      if (typeof value === "boolean" && REST.has(key)) return value;
      return isObject(value) || typeof value === "boolean" ? this.#schema(value, depth + 1) : undefined;
    }
    if (SEVERAL.has(key)) return listOf(value).length ? value.map((/** @type {unknown} */ part) => this.#schema(part, depth + 1)) : undefined;
    if (!NAMED.has(key)) return mendKeyword(key, value);
    // Some languages write an empty list for no names.
    if (!isObject(value)) return Array.isArray(value) && !value.length ? {} : undefined;
    const usable = Object.entries(value).filter(([name]) => key !== "patternProperties" || isPattern(name));
    return Object.fromEntries(usable.map(([name, part]) => [wellFormed(name), this.#schema(part, depth + 1)]));
  }

  /** Places and what comes behind them; something is said of the items of each array. @param {Schema} given @param {Schema} schema @param {number} depth */
  #items(given, schema, depth) {
    const { items, additionalItems } = given;
    let rest = items;
    if (Array.isArray(items)) {
      rest = additionalItems;
      if (items.length && !schema["prefixItems"]) schema["prefixItems"] = items.map((part) => this.#schema(part, depth + 1));
    }
    if (isObject(rest)) schema["items"] = this.#schema(rest, depth + 1);
    else if (rest === false) schema["maxItems"] = Math.min(schema["maxItems"] ?? Infinity, schema["prefixItems"]?.length ?? 0);
    if ([schema["type"]].flat().includes("array")) schema["items"] ??= {};
  }

  /** Where a schema is that is referred to. @param {Schema} target */
  #place(target) {
    let place = this.#places.get(target);
    if (place === undefined) {
      const shared = /** @type {Map<string, unknown>} */ (this.#shared["$defs"]);
      let name = `shared${shared.size}`;
      while (shared.has(name)) name += "_";
      shared.set(name, target);
      place = `#/$defs/${name}`;
      this.#places.set(target, place);
    }
    return place;
  }
}

/** Keywords that are looked at together with others. */
const ELSEWHERE = new Set(["$ref", "$dynamicRef", "$recursiveRef", "$defs", "definitions", "required", "dependencies", "items", "additionalItems"]);
/** Where a mere yes or no may stand. */
const REST = new Set(["additionalProperties", "unevaluatedProperties", "unevaluatedItems"]);

/** @param {unknown} schema */
const alone = (schema) => new Map([[schema, schema]]);

/** A schema for what all of them hold for. @param {Map<unknown, unknown>} schemas @returns {unknown} */
function all(schemas) {
  const [first, ...others] = schemas.values();
  return others.length ? { allOf: [first, ...others] } : first;
}

/** A schema for what one of them holds for. @param {Map<unknown, unknown>} schemas @returns {unknown} */
function oneOf(schemas) {
  const [first, ...others] = schemas.values();
  if (!others.length) return first;
  return values([first, ...others]) ?? { anyOf: [first, ...others] };
}

/** Alternatives that are values only: what tells kinds of objects apart mostly is. @param {any[]} schemas whatever stands for them */
function values(schemas) {
  const type = schemas[0]?.type;
  const plain = schemas.every((schema) => {
    if (!isObject(schema)) return false;
    const { const: value, enum: listed, type: own, title, description, ...rest } = schema;
    return own === type && (value !== undefined || Array.isArray(listed)) && !Object.keys(rest).length;
  });
  if (!plain) return undefined;
  return { ...(type !== undefined && { type }), enum: schemas.flatMap((schema) => (schema.const === undefined ? schema.enum : [schema.const])) };
}

/** @param {unknown} value whether it has few parts */
function isSmall(value) {
  const waiting = [value];
  for (let left = SMALL; waiting.length; ) {
    const part = waiting.pop();
    if (typeof part !== "object" || !part) continue;
    const parts = Object.values(part);
    if ((left -= parts.length + 1) < 0) return false;
    for (const one of parts) waiting.push(one);
  }
  return true;
}

/** @param {unknown} value @returns {unknown[]} */
const listOf = (value) => (Array.isArray(value) ? value : []);

/** @param {unknown} value @returns {[string, unknown][]} */
const entriesOf = (value) => (isObject(value) ? Object.entries(value) : []);
