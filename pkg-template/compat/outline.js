// Schemas that look at the outline of a value and return it as it is, in the shape of zod's.

/** @typedef {(value: any) => boolean} Test of whatever it is given */

class Outline {
  /** @param {Test} test @param {Record<string, { value: string }>} [shape] the members that are literals */
  constructor(test, shape) {
    this.test = test;
    if (shape) this.shape = shape;
    this["~standard"] = {
      version: 1,
      vendor: "mcp-wasm",
      validate: (/** @type {unknown} */ value) => (test(value) ? { value } : { issues: [{ message: REFUSED }] }),
    };
  }

  /** @param {unknown} value */
  parse(value) {
    if (!this.test(value)) throw new TypeError(REFUSED);
    return value;
  }

  /** @param {unknown} value */
  safeParse(value) {
    return this.test(value) ? { success: true, data: value } : { success: false, error: new TypeError(REFUSED) };
  }

  /** @param {unknown} value */
  async parseAsync(value) {
    return this.parse(value);
  }

  /** @param {unknown} value */
  async safeParseAsync(value) {
    return this.safeParse(value);
  }
}

const REFUSED = "the value does not have the outline of the schema";

/** Whether a schema is one of these, which say what is meant and change nothing. @param {unknown} schema */
export const isOutline = (schema) => schema instanceof Outline;

/** @param {Test} test */
export const check = (test) => new Outline(test);

/**
 * An object with members that are literals, and others that must be there.
 * @param {Record<string, string>} literals
 * @param {string[]} required
 */
export const object = (literals, ...required) =>
  new Outline(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(literals).every((name) => value[name] === literals[name]) &&
      required.every((name) => value[name] !== undefined),
    Object.fromEntries(Object.entries(literals).map(([name, value]) => [name, { value }])),
  );

/** @param {Outline[]} schemas */
export const either = (...schemas) => check((value) => schemas.some(({ test }) => test(value)));

/** @param {string[]} values */
export const oneOf = (...values) => check((value) => values.includes(value));

export const text = /* @__PURE__ */ check((value) => typeof value === "string");
export const number = /* @__PURE__ */ check((value) => typeof value === "number");
export const array = /* @__PURE__ */ check(Array.isArray);
export const absent = /* @__PURE__ */ check((value) => value === undefined);
export const anything = /* @__PURE__ */ check((value) => value !== undefined);
/** An address that runs nothing when it is opened. */
export const url = /* @__PURE__ */ check((value) => typeof value === "string" && URL.canParse(value) && !/^(?:javascript|data|vbscript):/i.test(value.trim()));
