// What the server says unasked: notifications, and requests that handlers of the page answer.
import { AbortError, attempt } from "../base/errors.js";
import { ask, handlersOf, messageOf } from "./asked.js";

/** @typedef {import("../types/input.js").InputContext} InputContext */
/** @typedef {import("../types/inside.js").Told} Told */
/** @typedef {import("../types/protocol.js").LoggingMessage} LoggingMessage */
/** @typedef {import("../types/jsonrpc.js").RequestId} RequestId */
/** @typedef {import("./asked.js").RequestHandler} RequestHandler */
/** @typedef {import("./call.js").Call} Call */

const now = () => performance.now();

export class Inbound {
  /** @type {Map<string, (notification: Told) => unknown>} */
  notificationHandlers = new Map();
  /** @type {Map<string, RequestHandler>} */
  requestHandlers;
  /**
   * What the entries for the SDKs' programs add: who hears every notification, who takes what has no handler, and who hears why there
   * is no connection, before its transport ends.
   * @type {{ heard?: (notification: Told) => void, unconnected?: (error: Error) => void, notification?: (notification: Told) => unknown, request?: RequestHandler }}
   */
  others = {};

  #connection;
  #table;
  #options;
  /** The server's requests that a handler works on, by id. @type {Map<string | number, AbortController>} */
  #asked = new Map();
  /** What waits for the end of an elicitation that happens elsewhere. @type {Map<string, () => void>} */
  #elsewhere = new Map();

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./table.js").CallTable} table the calls under way
   * @param {Omit<import("../types/options.js").ClientOptions, "cache">} options the client's
   */
  constructor(connection, table, options) {
    this.#connection = connection;
    this.#table = table;
    this.#options = options;
    this.requestHandlers = new Map(handlersOf(options));
  }

  /** @param {Told} message */
  notify(message) {
    const { method, params } = message;
    if (method === "notifications/progress") message = this.#named(message);
    attempt(() => this.#options.messageHandler?.(message));
    if (method === "notifications/message") attempt(() => this.#options.logHandler?.(/** @type {LoggingMessage} */ (/** @type {unknown} */ (params))));
    if (method === "notifications/elicitation/complete") {
      const complete = this.#elsewhere.get(/** @type {string} */ (params?.elicitationId));
      this.#elsewhere.delete(/** @type {string} */ (params?.elicitationId));
      complete?.();
    }
    this.others.heard?.(message);
    attempt(() => (this.notificationHandlers.get(method) ?? this.others.notification)?.(message));
  }

  /** Progress of a call that the page has given a token of its own, by that token. @param {Told} message */
  #named(message) {
    const { progressToken } = Object(message.params);
    const named = (/** @type {number | undefined} */ id) => id !== undefined && (progressToken === id || progressToken === `${id}`);
    const token = this.#table.all().find((call) => named(call.requestId))?.token;
    return token === undefined ? message : { ...message, params: { ...message.params, progressToken: token } };
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
    attempt(() => this.#options.messageHandler?.(request));
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
    const handler = this.requestHandlers.get(request.method) ?? this.others.request;
    if (!handler) return end(false);
    ask(handler, request, /** @type {InputContext} */ (context)).then(
      (answer) => end(true, answer),
      (error) => end(false, { code: error?.rpcCode, message: messageOf(error), data: error?.data }, error),
    );
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
