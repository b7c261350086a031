// What a server asks of the page: the page's handlers, one way for both eras.
import { McpError } from "../base/errors.js";

/** What a client can be asked, and the capability that says so. */
const CAPABILITIES = /** @type {const} */ ({
  "sampling/createMessage": "sampling",
  "elicitation/create": "elicitation",
  "roots/list": "roots",
});
const TASKS = "io.modelcontextprotocol/tasks";

/** @typedef {(request: any, context: unknown) => unknown} RequestHandler */

/**
 * The handlers among a client's options, by method.
 * @param {any} options
 * @returns {[method: string, handler: RequestHandler][]}
 */
export function handlersOf({ samplingHandler, elicitationHandler, roots }) {
  /** @type {[string, RequestHandler][]} */
  const handlers = [];
  if (samplingHandler) {
    handlers.push(["sampling/createMessage", ({ params }, context) => samplingHandler(params, context)]);
  }
  if (elicitationHandler) {
    handlers.push(["elicitation/create", ({ params }, context) => elicitationHandler(params, context)]);
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
 * The capabilities to declare: those that were given, and those that the handlers bring along.
 * @param {any} given
 * @param {Map<string, RequestHandler>} handlers
 * @param {boolean} tasks
 */
export function capabilitiesOf(given, handlers, tasks) {
  /** @type {any} */
  const all = { ...given };
  for (const [method, name] of Object.entries(CAPABILITIES)) {
    if (!handlers.has(method)) continue;
    all[name] = { ...all[name] };
    // Who takes links only claims no forms.
    if (name === "elicitation" && !all[name].url) all[name] = { form: {}, ...all[name] };
  }
  if (tasks) all.extensions = { [TASKS]: {}, ...all.extensions };
  return all;
}

/**
 * Asks a handler.
 * @param {RequestHandler | undefined} handler
 * @param {{ method: string, params?: any }} request
 * @param {unknown} context
 */
export async function ask(handler, request, context) {
  const { method, params } = request;
  if (!handler) throw refusal(-32601, `Method not found: ${method}`);
  if (method === "sampling/createMessage") {
    try {
      return (await handler(request, context)) ?? refused();
    } catch (/** @type {any} */ error) {
      throw error?.rpcCode === undefined ? Object.assign(refusal(-1, messageOf(error)), { cause: error }) : error;
    }
  }
  const result = /** @type {any} */ (await handler(request, context));
  if (method !== "elicitation/create") return result ?? {};
  // A dialog that was closed without an answer.
  if (result == null) return { action: "cancel" };
  if (!["accept", "decline", "cancel"].includes(result.action)) {
    throw new McpError("INVALID_ARGUMENT", "an elicitation is answered by { action: \"accept\" | \"decline\" | \"cancel\", content? }");
  }
  const schema = params?.requestedSchema;
  return schema && result.action === "accept" ? { ...result, content: withDefaults(schema, result.content) } : result;
}

/** @returns {never} */
function refused() {
  throw refusal(-1, "User rejected sampling request");
}

/** @param {number} rpcCode @param {string} message */
const refusal = (rpcCode, message) => Object.assign(new Error(message), { rpcCode });

/** What to say of anything that a handler may throw. @param {any} error */
export function messageOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return "it failed";
  }
}

/**
 * The content of a form, with the schema's defaults for what it leaves out.
 * @param {any} schema
 * @param {unknown} content
 */
function withDefaults(schema, content) {
  const filled = Object.entries(schema.properties ?? {})
    .filter(([, property]) => /** @type {any} */ (property)?.default !== undefined)
    .map(([name, property]) => [name, /** @type {any} */ (property).default]);
  for (const [name, value] of Object.entries(content ?? {})) if (value !== undefined) filled.push([name, value]);
  // Not by assignment: a name may be `__proto__`.
  return Object.fromEntries(filled);
}
