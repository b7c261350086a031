// The places of a schema where schemas stand, and what its references lead to.
import { isObject } from "./text.js";

/** @typedef {Record<string, any>} Schema of whatever a server says */

/** Keywords that hold a schema, several in a list, and several by name. */
export const ONE = new Set(["additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"]);
for (const name of ["items", "additionalItems", "unevaluatedItems", "unevaluatedProperties", "contentSchema"]) ONE.add(name);
export const SEVERAL = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
export const NAMED = new Set(["properties", "patternProperties", "dependentSchemas"]);
export const SHARED = new Set(["$defs", "definitions"]);

/** How many references one may lead on to. */
const LONGEST = 32;

/** The schemas right inside of a schema. @param {Schema} schema @returns {unknown[]} */
function inside(schema) {
  const found = [];
  for (const [key, value] of Object.entries(schema)) {
    if (ONE.has(key) || SEVERAL.has(key)) found.push(value);
    else if ((NAMED.has(key) || SHARED.has(key) || key === "dependencies") && isObject(value)) found.push(Object.values(value));
  }
  return found.flat();
}

/** @param {Schema} schema */
export const referenceIn = ({ $ref, $dynamicRef, $recursiveRef }) => [$ref, $dynamicRef, $recursiveRef].find((ref) => typeof ref === "string");

export class References {
  /** The document that each schema is in, by the nearest `$id`. @type {Map<unknown, Document>} */
  #documents = new Map();
  /** @type {Map<string, Document>} */
  #named = new Map();

  /** @param {Schema} root */
  constructor(root) {
    this.root = root;
    /** @type {[unknown, Document][]} */
    const waiting = [[root, this.#open(root, root["$id"] ?? root["id"], undefined)]];
    for (let next; (next = waiting.pop()); ) {
      let [schema, document] = next;
      if (!isObject(schema) || this.#documents.has(schema)) continue;
      const { $id = schema["id"], $anchor, $dynamicAnchor } = schema;
      if (schema !== root && typeof $id === "string") {
        // The anchors of old.
        if ($id.startsWith("#")) document.anchors.set($id.slice(1), schema);
        else document = this.#open(schema, $id, document.uri);
      }
      this.#documents.set(schema, document);
      for (const anchor of [$anchor, $dynamicAnchor]) if (typeof anchor === "string") document.anchors.set(anchor, schema);
      for (const part of inside(schema)) waiting.push([part, document]);
    }
  }

  /** @param {Schema} root @param {unknown} id @param {string | undefined} base @returns {Document} */
  #open(root, id, base) {
    const uri = typeof id === "string" ? absolute(id, base) : undefined;
    /** @type {Document} */
    const document = { root, uri, anchors: new Map() };
    if (uri !== undefined && !this.#named.has(uri)) this.#named.set(uri, document);
    return document;
  }

  /**
   * What the reference in a schema leads to: a schema that is no reference to itself, by however
   * many others; `undefined` for one that leads out, nowhere or in a circle.
   * @param {Schema} schema
   * @returns {Schema | boolean | undefined}
   */
  follow(schema) {
    const first = this.#step(schema);
    /** @type {unknown} */
    let target = first;
    for (let left = LONGEST; isObject(target) && referenceIn(target) !== undefined; left--) {
      if (!left || target === schema) return undefined;
      target = this.#step(target);
    }
    return target === undefined ? undefined : first;
  }

  /** @param {Schema} schema @returns {Schema | boolean | undefined} */
  #step(schema) {
    const [before = "", fragment = ""] = String(referenceIn(schema)).split(/#(.*)/s);
    const own = this.#documents.get(schema) ?? this.#documents.get(this.root);
    const document = before ? this.#named.get(absolute(before, own?.uri)) : own;
    if (!document) return undefined;
    const path = decode(fragment);
    /** @type {any} whatever the path leads to */
    let target = path && !path.startsWith("/") ? document.anchors.get(path) : document.root;
    if (path.startsWith("/")) {
      for (const step of path.slice(1).split("/")) {
        const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
        target = typeof target === "object" && target && Object.hasOwn(target, name) ? target[name] : undefined;
      }
    }
    return isObject(target) || typeof target === "boolean" ? target : undefined;
  }
}

/** @typedef {{ root: Schema, uri: string | undefined, anchors: Map<string, Schema> }} Document */

/** @param {string} id @param {string | undefined} base */
function absolute(id, base) {
  try {
    return new URL(id.replace(/#.*$/s, ""), base).href;
  } catch {
    return id.replace(/#.*$/s, "");
  }
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
