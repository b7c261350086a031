// A JSON Schema validator for `jsonSchemaValidator`. It compiles nothing, so it runs under every
// Content-Security-Policy. Schemas come from servers: what they make a page do is bounded, and
// nothing is ever fetched.
import { dereference, format, validate } from "@cfworker/json-schema";
import { Pattern, budget } from "./patterns.js";

/** The dialects, by what `$schema` says. @type {Record<string, "4" | "7" | "2019-09" | "2020-12">} */
const DIALECTS = {
  "json-schema.org/draft/2020-12/schema": "2020-12",
  "json-schema.org/draft/2019-09/schema": "2019-09",
  "json-schema.org/draft-07/schema": "7",
  "json-schema.org/draft-06/schema": "7",
  "json-schema.org/draft-04/schema": "4",
};
/** @typedef {import("@cfworker/json-schema").Schema} Schema */

/** How deep a schema or a value may be, and how many parts it may have. */
const DEEP = 100;
const PARTS = { schema: 20_000, value: 1_000_000 };
/** How many steps one check may take. */
const STEPS = 500_000;
/** The longest array that is compared each with each. */
const UNIQUE = 2_000;
/** How many steps all patterns of one check may take. */
const PATTERN_STEPS = 20_000_000;

// The validator's own expressions for these take time without end, or know one flavour.
format["url"] = (text) => URL.canParse(text);
format["regex"] = (text) => isExpression(text, "u") || isExpression(text, "");

export const jsonSchemaValidator = {
  /** @param {Schema} schema */
  getValidator(schema) {
    measure(schema, "schema");
    const own = structuredClone(schema);
    const draft = dialect(own);
    const lookup = dereference(own);
    let steps = 0;
    let unique = false;
    for (const part of new Set(Object.values(lookup))) {
      if (typeof part !== "object") continue;
      inspect(part, lookup);
      unique ||= Boolean(part.uniqueItems);
      // The validator reads this member once for each step that it takes.
      const { $recursiveAnchor } = part;
      Object.defineProperty(part, "$recursiveAnchor", {
        get() {
          if (++steps > STEPS) throw new Error(`it takes more than ${STEPS} steps to check`);
          return $recursiveAnchor;
        },
      });
    }
    return (/** @type {unknown} */ value) => {
      steps = 0;
      budget.left = PATTERN_STEPS;
      try {
        measure(value, "value", unique ? UNIQUE : Infinity);
        const { valid, errors } = validate(value, own, draft, lookup);
        if (valid) return { valid: true, data: value, errorMessage: undefined };
        return invalid(errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join("; "));
      } catch (error) {
        return invalid(String(/** @type {Partial<Error> | undefined} */ (error)?.message));
      }
    };
  },
};

/** @param {string} message */
const invalid = (message) => ({ valid: false, data: undefined, errorMessage: message.slice(0, 1000) });

/** @param {Schema} schema */
function dialect(schema) {
  const named = schema?.$schema ?? "https://json-schema.org/draft/2020-12/schema";
  const draft = DIALECTS[String(named).replace(/^https?:\/\/|#$/g, "")];
  if (!draft) throw new Error(`the dialect ${named} is not supported`);
  return draft;
}

/** Refuses what would be taken for granted, or for ever. @param {Record<string, any>} part of whatever a server sent @param {Record<string, unknown>} lookup */
function inspect(part, lookup) {
  if (part.$dynamicRef !== undefined) throw new Error("$dynamicRef is not supported");
  for (const [name, uri] of /** @type {const} */ ([["$ref", "__absolute_ref__"], ["$recursiveRef", "__absolute_recursive_ref__"]])) {
    if (part[name] !== undefined && lookup[part[uri]] === undefined) {
      throw new Error(`${name} "${part[name]}" leads out of the schema, and nothing is fetched`);
    }
  }
  for (const pattern of [part.pattern ?? "", ...Object.keys(part.patternProperties ?? {})]) {
    // Throws for one that cannot be used.
    if (pattern) new Pattern(pattern);
  }
}

/** @param {string} text @param {string} flags */
function isExpression(text, flags) {
  try {
    return Boolean(new globalThis.RegExp(text, flags));
  } catch {
    return false;
  }
}

/**
 * Throws for what is too deep or too large.
 * @param {unknown} value
 * @param {"schema" | "value"} what
 * @param {number} [longest] the longest array
 */
function measure(value, what, longest = Infinity) {
  let left = PARTS[what];
  /** @param {unknown} part @param {number} deep */
  const visit = (part, deep) => {
    if (typeof part !== "object" || !part) return;
    const parts = Object.values(part);
    left -= parts.length;
    if (deep > DEEP || left < 0 || (Array.isArray(part) && parts.length > longest)) {
      throw new Error(`the ${what} is too ${deep > DEEP ? "deep" : "large"} to be checked`);
    }
    for (const one of parts) visit(one, deep + 1);
  };
  visit(value, 1);
}
