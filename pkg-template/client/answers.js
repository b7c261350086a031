// What the page answers to a server that asks, one way for both eras: loaded when the first may ask.
import { AbortError } from "../transports/common.js";

/** @typedef {import("../types/asked.js").ElicitationParams} ElicitationParams */
/** @typedef {import("../types/asked.js").SamplingParams} SamplingParams */
/** @typedef {import("../types/input.js").InputContext} InputContext */
/** @typedef {import("../types/inside.js").Told} Told */
/** @typedef {import("../types/jsonrpc.js").RequestId} RequestId */
/** @typedef {import("./call.js").Call} Call */
/** @typedef {Omit<import("../types/options.js").ClientOptions, "cache">} Options */
/** @typedef {import("./inbound.js").RequestHandler} RequestHandler */

const now = () => performance.now();

export class Answers {
  #connection;
  #inbound;
  #options;
  /** The server's requests that a handler works on, by id. @type {Map<string | number, AbortController>} */
  #asked = new Map();
  /** What waits for the end of an elicitation that happens elsewhere. @type {Map<string, () => void>} */
  #elsewhere = new Map();

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./inbound.js").Inbound} inbound has the handlers
   * @param {Options} options the client's, which have the others
   */
  constructor(connection, inbound, options) {
    this.#connection = connection;
    this.#inbound = inbound;
    this.#options = options;
  }

  /** A request of a legacy server. @param {Told} request @param {RequestId} id @param {Call} [call] that makes it ask */
  answer(request, id, call) {
    const core = /** @type {import("../wasm/core.js").Core} */ (this.#connection.core);
    const asked = new AbortController();
    this.#asked.set(id, asked);
    const transport = this.#connection.transport;
    /** @param {number} progress @param {number} [total] @param {string} [message] */
    const reportProgress = async (progress, total, message) => {
      if (transport !== this.#connection.transport) return;
      core.report(id, progress, total ?? NaN, message == null ? undefined : String(message));
      this.#connection.drain();
    };
    this.#serve(request, asked, { ...call?.context, requestId: id, reportProgress }, (ok, value) => {
      if (this.#asked.get(id) === asked) this.#asked.delete(id);
      core.reply(id, 0, request, ok, value, now());
    });
  }

  /** Something that a call's result asks for. @param {Call} call @param {number} input its number @param {Told} request @param {string} key */
  input(call, input, request, key) {
    // It may have been given up while this was loaded.
    if (call.ended) return;
    const asked = new AbortController();
    (call.inputs ??= new Set()).add(asked);
    this.#serve(request, asked, { ...call.context, key, reportProgress: async () => {} }, (ok, value, thrown) => {
      call.inputs?.delete(asked);
      if (!ok) call.cause = thrown;
      this.#connection.core?.reply(undefined, input, request, ok, value, now());
    });
  }

  /**
   * Lets a handler answer what the server asks for.
   * @param {Told} request
   * @param {AbortController} asked
   * @param {Partial<InputContext>} context
   * @param {(ok: boolean, value?: unknown, thrown?: unknown) => void} respond takes the answer, why there is none, or that nobody gives one
   */
  #serve(request, asked, context, respond) {
    const { signal } = asked;
    context.signal = signal;
    const { elicitationId } = request.params ?? {};
    if (typeof elicitationId === "string") {
      // Each round may tell of the same one.
      const before = this.#elsewhere.get(elicitationId);
      context.completed = new Promise((resolve) =>
        this.#elsewhere.set(elicitationId, () => {
          before?.();
          resolve(undefined);
        }),
      );
    }
    /** @type {typeof respond} */
    const end = (...how) => {
      if (signal.aborted) return;
      respond(...how);
      this.#connection.drain();
    };
    const handler = this.#handlerFor(request.method);
    if (!handler) return end(false);
    ask(handler, request, /** @type {InputContext} */ (context)).then(
      (answer) => end(true, answer),
      (error) => end(false, { code: error?.rpcCode, message: messageOf(error), data: error?.data }, error),
    );
  }

  /** @param {string} method @returns {RequestHandler | undefined} */
  #handlerFor(method) {
    const { requestHandlers, others } = this.#inbound;
    return requestHandlers.has(method) ? (requestHandlers.get(method) ?? optionFor(method, this.#options)) : others.request;
  }

  /** An elicitation has come to its end elsewhere. @param {string} id */
  complete(id) {
    const complete = this.#elsewhere.get(id);
    this.#elsewhere.delete(id);
    complete?.();
  }

  /** A request is not to be answered. @param {RequestId} id @param {unknown} reason */
  withdraw(id, reason) {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.abort(new AbortError("the answer is wanted no more", reason));
  }

  /** Nobody waits for answers now. */
  forget() {
    for (const asked of this.#asked.values()) asked.abort();
    this.#asked.clear();
    this.#elsewhere.clear();
  }
}

/**
 * The handler among a client's options that answers this.
 * @param {string} method
 * @param {Options} options
 * @returns {RequestHandler | undefined}
 */
function optionFor(method, { samplingHandler, elicitationHandler, roots }) {
  switch (method) {
    case "sampling/createMessage":
      return samplingHandler && (({ params }, context) => samplingHandler(/** @type {SamplingParams} */ (params), context));
    case "elicitation/create":
      return elicitationHandler && (({ params }, context) => elicitationHandler(/** @type {ElicitationParams} */ (params), context));
  }
  return async (_, context) => {
    const listed = (typeof roots === "function" ? await roots(context) : roots) ?? [];
    return Array.isArray(listed) ? { roots: listed } : listed;
  };
}

/**
 * Asks a handler. What a person has answered is looked into by the core, during which nothing of the page's may
 * run: it gets a copy.
 * @param {RequestHandler} handler
 * @param {Told} request
 * @param {InputContext} context
 */
async function ask(handler, request, context) {
  const answer = /** @type {{ content?: object } | null | undefined} */ (await handler(request, context));
  if (request.method !== "elicitation/create" || Object(answer) !== answer) return answer;
  const { content } = /** @type {{ content?: object }} */ (answer);
  return { ...answer, ...(Object(content) === content && { content: { ...content } }) };
}

/** What to say of whatever a handler may throw. @param {unknown} error */
function messageOf(error) {
  try {
    return String(/** @type {Partial<Error> | undefined} */ (error)?.message ?? error);
  } catch {
    return "it failed";
  }
}
