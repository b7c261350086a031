// One call's side in JavaScript: its handlers, what waits for them, and its promise.
import { McpError, ToolError, report, toError } from "./errors.js";

/** How much progress may wait behind one call's slow handler. */
const WAITING = 1024;
/** The ends of a call that no answer of the server brought about. */
const AT_ONCE = ["ABORTED", "TIMEOUT", "CLOSED"];

/** @typedef {[progress: number, total: number | undefined, message: string | undefined, params: any]} Delivery */

export class Call {
  /** @type {number} */
  id = 0;
  /** Set by the promise. @type {(result: any) => void} */
  resolve = () => {};
  /** @type {(error: any) => void} */
  reject = () => {};
  /** Undoes what the call has hooked up. @type {(() => void) | undefined} */
  cleanup;
  /** What made the call fail on this side, if anything did. @type {unknown} */
  cause;
  /** Puts the pages together, if the call is about all of them. @type {import("./pages.js").Pages | undefined} */
  pages;
  /** What hears of its news, if the call is a subscription. @type {import("./subscription.js").Subscription | undefined} */
  subscription;
  /** When `maxTotalTimeout` is over. */
  until = Infinity;
  /** How many deliveries gave way to newer ones. */
  overflowed = 0;
  /** Whether nothing has been heard of the call for a while. */
  stalled = false;
  /** The handlers that gather what the server asks for. @type {Set<AbortController>} */
  inputs = new Set();

  /** @type {Delivery[]} */
  #waiting = [];
  /** Whether a handler's promise is still pending. */
  #busy = false;
  /** What to do when the last delivery is done. @type {(() => void) | undefined} */
  #finish;
  #ended = false;
  /** Runs while a response waits for the handlers. @type {any} */
  #timer;

  /**
   * @param {string} method
   * @param {any} params
   * @param {any} options
   * @param {any} defaultHandler
   */
  constructor(method, params, options, defaultHandler) {
    const { progressHandler, onprogress } = options;
    this.method = method;
    /** @type {string | undefined} */
    this.name = params?.name ?? params?.uri;
    this.what = this.name === undefined ? method : `${method} ${this.name}`;
    this.options = options;
    this.onprogress = onprogress;
    this.handler = progressHandler === undefined ? (onprogress ? null : defaultHandler) : progressHandler;
    /** @type {any} */
    this.context = undefined;
  }

  /** A request of the call has left: its only one, or one for each page. @param {number} id */
  begin(id) {
    this.id = id;
    this.context = { method: this.method, name: this.name, requestId: id, callId: this.context?.callId ?? id, leg: 1 };
  }

  /** Goes on with another request. @param {number} id */
  proceed(id) {
    this.context = { ...this.context, requestId: id, leg: this.context.leg + 1 };
  }

  /**
   * @param {number} progress
   * @param {number | undefined} total
   * @param {string | undefined} message
   * @param {any} [params] the notification's params, if it had more than these
   */
  deliver(progress, total, message, params) {
    if (this.#ended) return;
    this.stalled = false;
    if (!this.#busy) {
      this.#run(progress, total, message, params);
      // A handler may have made the transport speak.
      if (!this.#busy && (this.#waiting.length || this.#finish)) this.#next();
      return;
    }
    if (this.#waiting.length === WAITING) {
      this.#waiting.shift();
      this.overflowed++;
    }
    this.#waiting.push([progress, total, message, params]);
  }

  /**
   * Settles the promise once everything that came before has been delivered, or after the call's
   * timeout if a handler hangs.
   * @param {any} result
   * @param {any} [failure] the core's description of an error
   */
  settle(result, failure) {
    this.stalled = false;
    for (const input of this.inputs) input.abort();
    const settle = () => {
      this.#end();
      if (failure) this.reject(this.error(failure));
      else this.#succeed(result);
    };
    // Only an answer of the server waits for the handlers; all other ends are at once.
    if (!this.#busy || AT_ONCE.includes(failure?.code)) return settle();
    this.#timer = setTimeout(() => {
      report(new McpError("HANDLER_HUNG", `${this.what}: a progress handler did not finish within ${this.options.timeout} ms`));
      settle();
    }, Math.min(this.options.timeout, 2 ** 31 - 1));
    this.#finish = settle;
  }

  /** Ends a call that is answered, but still waits for its handlers. @param {string} [message] */
  abort(message) {
    if (this.#finish) this.settle(undefined, { code: "ABORTED", message });
  }

  /** @param {any} failure */
  error(failure) {
    if (failure.clock === "total") failure.after = this.options.maxTotalTimeout;
    return this.cause instanceof Error && failure.code === "CLOSED"
      ? this.cause
      : toError(failure, this.what, this.cause);
  }

  /** @param {any} result */
  #succeed(result) {
    if (result?.isError && this.options.throwOnToolError) {
      const text = result.content?.find?.((/** @type {any} */ part) => part?.type === "text")?.text;
      this.reject(new ToolError(text ?? `${this.what} failed`, result));
    } else {
      this.resolve(result);
    }
  }

  #end() {
    clearTimeout(this.#timer);
    this.cleanup?.();
    this.#ended = true;
    this.#waiting = [];
    this.#finish = undefined;
  }

  /**
   * @param {number} progress
   * @param {number | undefined} total
   * @param {string | undefined} message
   * @param {any} params
   */
  #run(progress, total, message, params) {
    this.#busy = true;
    let pending;
    if (this.handler) {
      try {
        pending = this.handler(progress, total, message, this.context);
      } catch (error) {
        report(error);
      }
    }
    if (this.onprogress) {
      try {
        const also = this.onprogress(everything(progress, total, message, params));
        if (isPromise(also)) pending = isPromise(pending) ? Promise.all([pending, also].map(reported)) : also;
      } catch (error) {
        report(error);
      }
    }
    if (isPromise(pending)) reported(pending).then(() => this.#next());
    else this.#busy = false;
  }

  #next() {
    this.#busy = false;
    while (!this.#busy && this.#waiting.length) this.#run(.../** @type {Delivery} */ (this.#waiting.shift()));
    if (!this.#busy) this.#finish?.();
  }
}

/** @param {any} value what a handler returned, which may be anything */
const isPromise = (value) => typeof value?.then === "function";

/**
 * A promise that is kept whatever the given one does; its failure is reported.
 * @param {any} promise
 */
const reported = (promise) => Promise.resolve(promise).catch(report);

/**
 * The notification for `onprogress`: every member but the token.
 * @param {number} progress
 * @param {number | undefined} total
 * @param {string | undefined} message
 * @param {any} params
 */
function everything(progress, total, message, params) {
  if (params) {
    const { progressToken, ...rest } = params;
    // Some servers write an absent member as null.
    if (total === undefined) delete rest.total;
    if (message === undefined) delete rest.message;
    return rest;
  }
  /** @type {any} */
  const report = { progress };
  if (total !== undefined) report.total = total;
  if (message !== undefined) report.message = message;
  return report;
}
