// What a server asks of the page: the page's handlers, one way for both eras.
/** @typedef {import("../types/protocol.js").ClientCapabilities} Capabilities */

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
 * Asks a handler. What a person has answered is looked into by the core, during which nothing of the page's may
 * run: it gets a copy.
 * @param {RequestHandler} handler
 * @param {import("../types/inside.js").Told} request
 * @param {InputContext} context
 */
export async function ask(handler, request, context) {
  const answer = /** @type {{ content?: object } | null | undefined} */ (await handler(request, context));
  if (request.method !== "elicitation/create" || Object(answer) !== answer) return answer;
  const { content } = /** @type {{ content?: object }} */ (answer);
  return { ...answer, ...(Object(content) === content && { content: { ...content } }) };
}

/** What to say of whatever a handler may throw. @param {unknown} error */
export function messageOf(error) {
  try {
    return String(/** @type {Partial<Error> | undefined} */ (error)?.message ?? error);
  } catch {
    return "it failed";
  }
}
