// What the SDKs' programs hand in: handlers by method or by schema, results by schema.

/** @param {string} message */
const invalid = (message) => Object.assign(new Error(message), { rpcCode: -32602 });

/** @typedef {(message: any, context: unknown) => unknown} Handler of what a schema has made */

/**
 * The method that a handler is for, and the handler: by the method's name, by name and schemas of what
 * the handler gets, or by a schema of the whole message, in which the method is a literal.
 * @param {any} given a name or a schema of whatever library
 * @param {any} second the handler, or schemas
 * @param {Handler} [third]
 * @returns {[method: string, handler: Handler]}
 */
export function handlerOf(given, second, third) {
  if (typeof given === "string") {
    if (!third) return [given, second];
    const { params, result } = second;
    return [
      given,
      async (message, context) => {
        const answer = await third(await checked(params, message.params), context);
        return result ? parse(result, answer) : answer;
      },
    ];
  }
  // zod has it in one place or the other, by its major.
  const literal = given?.shape?.method ?? given?._zod?.def?.shape?.method;
  const method = literal?.value ?? literal?._zod?.def.values[0];
  if (typeof method !== "string") throw new TypeError("Schema is missing a method literal");
  return [method, async (message, context) => second(await checked(given, message), context)];
}

/** @param {unknown} schema @param {unknown} value */
async function checked(schema, value) {
  try {
    return await parse(schema, value);
  } catch (error) {
    throw invalid(`Invalid params: ${/** @type {Error} */ (error).message}`);
  }
}

/** What a schema makes of a value. @param {any} schema of whatever library: one with `parse`, or a standard schema @param {unknown} value */
export async function parse(schema, value) {
  if (typeof schema.parse === "function") return schema.parse(value);
  const { value: parsed, issues } = await schema["~standard"].validate(value);
  if (issues) throw new TypeError(issues.map((/** @type {{ message: string }} */ { message }) => message).join("; "));
  return parsed;
}

/** A schema may stand before the options. @param {any} second one of the two @param {import("../types/call-options.js").CallOptions | undefined} third @returns {[schema: unknown, options: import("../types/call-options.js").CallOptions | undefined]} */
export const schemaAndOptions = (second, third) =>
  typeof second?.parse === "function" || second?.["~standard"] ? [second, third] : [undefined, third ?? second];
