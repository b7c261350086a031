// What a server asks of the page: the page's handlers, one way for both eras.
import { McpError } from "../base/errors.js";

/** @typedef {import("../types/protocol.js").ClientCapabilities} Capabilities */
/** @typedef {{ properties?: Record<string, { default?: unknown } | undefined> }} Form */

/** @typedef {import("../types/input.js").InputContext} InputContext */
/** @typedef {(request: import("../types/inside.js").Told, context: InputContext) => unknown} RequestHandler */

/**
 * The handlers among a client's options, by method.
 * @param {Omit<import("../types/options.js").ClientOptions, "cache">} options
 * @returns {[method: string, handler: RequestHandler][]}
 */
export function handlersOf({ samplingHandler, elicitationHandler, roots }) {
  /** @type {[string, RequestHandler][]} */
  const handlers = [];
  if (samplingHandler) {
    handlers.push(["sampling/createMessage", ({ params }, context) => samplingHandler(/** @type {import("../types/asked.js").SamplingParams} */ (params), context)]);
  }
  if (elicitationHandler) {
    handlers.push(["elicitation/create", ({ params }, context) => elicitationHandler(/** @type {import("../types/asked.js").ElicitationParams} */ (params), context)]);
  }
  if (roots) {
    handlers.push(["roots/list", async (_, context) => {
      const listed = (typeof roots === "function" ? await roots(context) : roots) ?? [];
      return Array.isArray(listed) ? { roots: listed } : listed;
    }]);
  }
  return handlers;
}

/**
 * Asks a handler.
 * @param {RequestHandler | undefined} handler
 * @param {import("../types/inside.js").Told} request
 * @param {InputContext} context
 */
export async function ask(handler, request, context) {
  const { method, params } = request;
  if (!handler) throw refusal(-32601, `Method not found: ${method}`);
  if (method === "sampling/createMessage") {
    try {
      return (await handler(request, context)) ?? refused();
    } catch (error) {
      throw /** @type {{ rpcCode?: unknown } | undefined} */ (error)?.rpcCode === undefined ? Object.assign(refusal(-1, messageOf(error)), { cause: error }) : error;
    }
  }
  const result = /** @type {{ action?: string, content?: object } | null | undefined} */ (await handler(request, context));
  if (method !== "elicitation/create") return result ?? {};
  // A dialog that was closed without an answer.
  if (result == null) return { action: "cancel" };
  if (!["accept", "decline", "cancel"].includes(/** @type {string} */ (result.action))) {
    throw new McpError("INVALID_ARGUMENT", "an elicitation is answered by { action: \"accept\" | \"decline\" | \"cancel\", content? }");
  }
  const schema = /** @type {Form | undefined} */ (params?.requestedSchema);
  return schema && result.action === "accept" ? { ...result, content: withDefaults(schema, result.content) } : result;
}

/** @returns {never} */
function refused() {
  throw refusal(-1, "User rejected sampling request");
}

/** @param {number} rpcCode @param {string} message */
const refusal = (rpcCode, message) => Object.assign(new Error(message), { rpcCode });

/** What to say of whatever a handler may throw. @param {unknown} error */
export function messageOf(error) {
  try {
    return String(/** @type {Partial<Error> | undefined} */ (error)?.message ?? error);
  } catch {
    return "it failed";
  }
}

/**
 * The content of a form, with the schema's defaults for what it leaves out.
 * @param {Form} schema
 * @param {object | undefined} content
 */
function withDefaults(schema, content) {
  const filled = Object.entries(schema.properties ?? {})
    .filter(([, property]) => property?.default !== undefined)
    .map(([name, property]) => [name, /** @type {{ default?: unknown }} */ (property).default]);
  for (const [name, value] of Object.entries(content ?? {})) if (value !== undefined) filled.push([name, value]);
  // Not by assignment: a name may be `__proto__`.
  return Object.fromEntries(filled);
}
