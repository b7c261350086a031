// What is listed of a tool, a resource, a template or a prompt. Strict clients refuse a whole list for one member of another
// type, so that is told where it is written.
import { McpError } from "../base/errors.js";

/** @param {unknown} value */
function shown(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "nothing that JSON has";
  }
}

/** @typedef {[fits: (value: any) => boolean, what: string]} Kind */

/** @param {string} name @param {string} what @param {unknown} [cause] */
export const refusal = (name, what, cause) => new McpError("INVALID_ARGUMENT", `${name} cannot be added: ${what}`, { cause });

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {string} type @param {string} what @returns {Kind} */
const plainly = (type, what) => [(value) => typeof value === type, what];
const TEXT = /* @__PURE__ */ plainly("string", "a text");
const FLAG = /* @__PURE__ */ plainly("boolean", "true or false");
const NUMBER = /* @__PURE__ */ plainly("number", "a number");

/**
 * An object whose members are of these kinds, if they are there, or have to be there.
 * @param {Record<string, Kind>} members @param {string} what @param {string} [needed]
 * @returns {Kind}
 */
const object = (members, what, needed) => [
  (value) => isObject(value) && (needed === undefined || value[needed] != null) && Object.keys(members).every((name) => value[name] == null || members[name]?.[0](value[name])),
  what,
];

/** @param {Kind} kind @returns {Kind} */
const list = ([fits, what]) => [(value) => Array.isArray(value) && value.every(fits), `a list, each of it ${what}`];

/** Not made where no server is. @returns {Record<string, Kind>} */
const membersOf = () => ({
  name: TEXT,
  title: TEXT,
  description: TEXT,
  mimeType: TEXT,
  size: NUMBER,
  _meta: object({}, "an object"),
  execution: object({}, "an object"),
  annotations: object(
    { title: TEXT, readOnlyHint: FLAG, destructiveHint: FLAG, idempotentHint: FLAG, openWorldHint: FLAG, audience: list(TEXT), priority: NUMBER, lastModified: TEXT },
    "an object with hints that are true or false",
  ),
  icons: list(object({ src: TEXT, mimeType: TEXT, sizes: list(TEXT) }, "an object with a `src`", "src")),
  arguments: list(object({ name: TEXT, title: TEXT, description: TEXT, required: FLAG }, "an object with a `name`, and `required` true or false", "name")),
});

/**
 * The members of a definition that there are, each of its type.
 * @param {string} name @param {object} given
 */
export function checked(name, given) {
  const members = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
  const kinds = membersOf();
  for (const [member, value] of members) {
    const [fits, what] = (Object.hasOwn(kinds, member) && kinds[member]) || [];
    if (fits && !fits(value)) throw refusal(name, `its \`${member}\` is ${shown(value)}, not ${what}`);
  }
  return Object.fromEntries(members);
}

/**
 * A schema of an object as every client takes it.
 * @param {string} name @param {string} member that it is @param {Record<string, unknown>} schema
 */
export function ofObject(name, member, { properties = {}, required, ...schema }) {
  if (!isObject(properties)) throw refusal(name, `the properties of its \`${member}\` are schemas by name, not ${shown(properties)}`);
  const parts = Object.entries(properties).map(([key, part]) => {
    if (!isObject(part) && typeof part !== "boolean") throw refusal(name, `\`${key}\` of its \`${member}\` is ${shown(part)}, and no schema`);
    return [key, part === true ? {} : part === false ? { not: {} } : part];
  });
  if (required != null && !list(TEXT)[0](required)) throw refusal(name, `\`required\` of its \`${member}\` is ${shown(required)}, not a list of names`);
  return { ...schema, properties: Object.fromEntries(parts), ...(required != null && { required }) };
}
