// The schemas of a tool: JSON Schema as it is, or of a library that speaks Standard Schema
// (standardschema.dev), which then also checks the arguments and may change them.
import { ofObject, refusal } from "./definition.js";
import { plain } from "./values.js";

/**
 * @typedef {Record<string, unknown>} Schema
 * @typedef {{ message?: string, path?: readonly unknown[] }} Issue
 * @typedef {(value: Record<string, unknown>) => Promise<{ value?: unknown, issues?: readonly Issue[] }>} Check
 * @typedef {{ vendor: string, validate: (value: unknown) => Promise<Checked> | Checked, jsonSchema?: Record<"input" | "output", (options: object) => unknown> }} Standard
 * @typedef {{ value?: unknown, issues?: readonly Issue[] }} Checked
 */

const DIALECT = "draft-2020-12";

/**
 * The schema of a tool's arguments as it is listed.
 * @param {string} name of the tool
 * @param {unknown} given
 * @returns {{ schema: Schema, check?: Check }}
 */
export function inputOf(name, given) {
  if (given === undefined || given === null) return { schema: { type: "object", properties: {} } };
  const shape = shapeOf(given);
  const schema = shape ? fromShape(name, shape) : asJson(name, "inputSchema", given, "input");
  const { type = "object" } = schema;
  if (type !== "object" && !(Array.isArray(type) && type.includes("object"))) {
    throw refusal(name, `arguments come by name, so its \`inputSchema\` is of type "object", not ${JSON.stringify(type)}`);
  }
  const standard = standardOf(given);
  const check = shape ? checkShape(shape) : standard && checkWith(standard);
  return { schema: { ...ofObject(name, "inputSchema", schema), type: "object" }, ...(check && { check }) };
}

/** The schema of a tool's structured results. @param {string} name @param {unknown} given @returns {Schema} */
export function outputOf(name, given) {
  const shape = shapeOf(given);
  const schema = shape ? fromShape(name, shape) : asJson(name, "outputSchema", given, "output");
  return schema["properties"] === undefined && schema["required"] === undefined ? schema : ofObject(name, "outputSchema", schema);
}

/** What a library says about itself. @param {unknown} given @returns {Standard | undefined} */
const standardOf = (given) => ((given && typeof given === "object") || typeof given === "function" ? /** @type {{ "~standard"?: Standard }} */ (given)["~standard"] : undefined);

/** Schemas by name, as zod's users write them. @param {unknown} given @returns {[name: string, schema: unknown][] | undefined} */
function shapeOf(given) {
  if (typeof given !== "object" || !given || standardOf(given)) return undefined;
  const entries = Object.entries(given);
  return entries.some(([, value]) => standardOf(value)) ? entries : undefined;
}

/** @param {string} name @param {string} member @param {any} given whatever stands for a schema @param {"input" | "output"} side @returns {Schema} */
function asJson(name, member, given, side) {
  const standard = standardOf(given);
  let schema = given;
  try {
    if (standard?.jsonSchema) schema = standard.jsonSchema[side]({ target: DIALECT });
    else if (typeof given?.toJsonSchema === "function") schema = given.toJsonSchema();
    else if (standard) throw new Error(`${standard.vendor} does not say it as JSON Schema (Standard JSON Schema)`);
    schema = plain(schema);
  } catch (error) {
    const what = /** @type {Partial<Error> | undefined} */ (error)?.message ?? error;
    throw refusal(name, `\`${member}\` cannot be written as JSON Schema: ${what}. Give JSON Schema, such as \`z.toJSONSchema(schema)\` makes of zod's`, error);
  }
  if (typeof schema !== "object" || !schema || Array.isArray(schema)) throw refusal(name, `\`${member}\` is ${JSON.stringify(schema)}, and no schema`);
  return schema;
}

/** @param {string} name @param {[name: string, schema: unknown][]} shape @returns {Schema} */
function fromShape(name, shape) {
  const properties = Object.fromEntries(shape.map(([key, part]) => [key, asJson(name, `inputSchema's ${key}`, part, "input")]));
  for (const part of Object.values(properties)) delete part["$schema"];
  const required = shape.filter(([, part]) => isRequired(part)).map(([key]) => key);
  return { type: "object", properties, ...(required.length && { required }) };
}

/** Whether nothing would not do. @param {unknown} part */
function isRequired(part) {
  const result = standardOf(part)?.validate(undefined);
  return result instanceof Promise || Boolean(result?.issues);
}

/** @param {Standard} standard @returns {Check} */
const checkWith = (standard) => async (value) => standard.validate(value);

/** @param {[name: string, schema: unknown][]} shape @returns {Check} */
const checkShape = (shape) => async (given) => {
  /** @type {[string, unknown][]} */
  const values = [];
  const issues = [];
  for (const [key, part] of shape) {
    const own = Object.hasOwn(given, key) ? given[key] : undefined;
    const { value, issues: found = [] } = (await standardOf(part)?.validate(own)) ?? { value: own };
    for (const issue of found) issues.push({ ...issue, message: issue.message, path: [key, ...(issue.path ?? [])] });
    if (value !== undefined) values.push([key, value]);
  }
  return issues.length ? { issues } : { value: Object.fromEntries(values) };
};

/** @param {readonly Issue[]} issues */
export const wordsOf = (issues) =>
  issues
    .slice(0, 10)
    .map(({ message, path }) => [(path ?? []).map((step) => String(/** @type {{ key?: unknown } | undefined} */ (step)?.key ?? step)).join("."), message].filter(Boolean).join(": "))
    .join("; ");
