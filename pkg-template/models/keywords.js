// What JSON Schema of 2020-12 wants of the keywords that hold no schemas. `undefined` is what cannot
// be mended. Older drafts, OpenAPI and mere habit write some of them in other ways.
import { cleanValue, isObject, wellFormed } from "./text.js";

/** @typedef {Record<string, unknown>} Schema */

const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];
/** What types are called elsewhere. @type {Map<string, string>} */
const SYNONYMS = new Map([
  ...["str", "text", "date", "datetime", "date-time", "uri", "url", "uuid"].map((name) => /** @type {const} */ ([name, "string"])),
  ...["int", "int32", "int64", "long"].map((name) => /** @type {const} */ ([name, "integer"])),
  ...["float", "double", "decimal", "numeric"].map((name) => /** @type {const} */ ([name, "number"])),
  ...["dict", "map", "struct", "record"].map((name) => /** @type {const} */ ([name, "object"])),
  ...["list", "tuple", "set"].map((name) => /** @type {const} */ ([name, "array"])),
  ["bool", "boolean"],
  ["none", "null"],
]);

/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? wellFormed(value) : undefined);
/** @param {unknown} value */
const flag = (value) => (typeof value === "boolean" ? value : undefined);
/** Numbers are texts at times. @param {unknown} value */
const number = (value) => {
  const given = typeof value === "string" && value.trim() ? Number(value) : value;
  return Number.isFinite(given) ? given : undefined;
};
/** @param {unknown} value */
const count = (value) => (Number.isSafeInteger(number(value)) && Number(value) >= 0 ? number(value) : undefined);
const none = () => undefined;

/** @type {Map<string, (value: unknown) => unknown>} */
const KEYWORDS = new Map([
  ...["title", "description", "$comment", "format", "contentEncoding", "contentMediaType"].map((name) => /** @type {const} */ ([name, text])),
  ...["uniqueItems", "deprecated", "readOnly", "writeOnly"].map((name) => /** @type {const} */ ([name, flag])),
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].map((name) => /** @type {const} */ ([name, number])),
  ...["Length", "Items", "Properties", "Contains"].flatMap((what) => [`min${what}`, `max${what}`]).map((name) => /** @type {const} */ ([name, count])),
  // All references lead into this one schema, and that has a dialect already.
  ...["$schema", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary"].map((name) => /** @type {const} */ ([name, none])),
  /** An identifier in draft 4. */
  ["id", (value) => (typeof value === "string" ? undefined : cleanValue(value))],
  ["multipleOf", (value) => (Number(number(value)) > 0 ? number(value) : undefined)],
  ["pattern", (value) => (typeof value === "string" && isPattern(value) ? value : undefined)],
  ["type", typesIn],
  ["enum", enumeration],
  ["examples", (value) => (Array.isArray(value) ? cleanValue(value) : undefined)],
  ["dependentRequired", (value) => (isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, wanted]) => [wellFormed(name), namesIn(wanted)])) : undefined)],
]);

/**
 * @param {string} key a keyword that holds no schema
 * @param {unknown} value
 * @returns {unknown}
 */
export const mendKeyword = (key, value) => (KEYWORDS.get(key) ?? cleanValue)(value);

/** In draft 4 a bound is made exclusive by a flag. @param {Schema} schema @param {Schema} given */
export function mendBounds(schema, given) {
  for (const [bound, exclusive] of [["minimum", "exclusiveMinimum"], ["maximum", "exclusiveMaximum"]]) {
    if (given[/** @type {string} */ (exclusive)] !== true || schema[/** @type {string} */ (bound)] === undefined) continue;
    schema[/** @type {string} */ (exclusive)] = schema[/** @type {string} */ (bound)];
    delete schema[/** @type {string} */ (bound)];
  }
}

/** The texts in a list, each once. @param {unknown} value @returns {string[]} */
export const namesIn = (value) => (Array.isArray(value) ? [...new Set(value.filter((name) => typeof name === "string").map(wellFormed))] : []);

/** Whether it is a regular expression, in one of the ways that they are read. @param {string} pattern */
export function isPattern(pattern) {
  if (wellFormed(pattern) !== pattern) return false;
  try {
    return Boolean(new RegExp(pattern));
  } catch {
    return false;
  }
}

/** @param {unknown} value @returns {string | string[] | undefined} */
function typesIn(value) {
  const listed = Array.isArray(value);
  /** @type {Set<string>} */
  const types = new Set();
  for (const given of listed ? value : [value]) {
    const name = typeof given === "string" ? given.toLowerCase() : listed && given === null ? "null" : "";
    const type = TYPES.includes(name) ? name : SYNONYMS.get(name);
    // What may be anything else has no type.
    if (type === undefined) return undefined;
    types.add(type);
  }
  if (!types.size) return undefined;
  return listed ? [...types] : [...types][0];
}

/** @param {unknown} value @returns {unknown[] | undefined} */
function enumeration(value) {
  const values = Array.isArray(value) && value.length ? cleanValue(value) : undefined;
  return values && [...new Set(values)];
}
