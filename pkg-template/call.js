// One call's side in JavaScript: its handlers, what waits for them, and its promise.
import { McpError, ToolError, report, toError } from "./errors.js";

/** How much progress may wait behind one call's slow handler. */
const WAITING = 1024;

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
  /** How many deliveries gave way to newer ones. */
  overflowed = 0;

  /** @type {Delivery[]} */
  #waiting = [];
  /** Whether a handler's promise is still pending. */
  #busy = false;
  /** What to do when the last delivery is done. @type {(() => void) | undefined} */
  #finish;
  #ended = false;

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

  /** @param {number} id */
  begin(id) {
    this.id = id;
    this.context = { method: this.method, name: this.name, requestId: id, callId: id };
  }

  /**
   * @param {number} progress
   * @param {number | undefined} total
   * @param {string | undefined} message
   * @param {any} [params] the notification's params, if it had more than these
   */
  deliver(progress, total, message, params) {
    if (this.#ended) return;
    if (!this.#busy) return this.#run(progress, total, message, params);
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
    this.cleanup?.();
    const settle = () => {
      this.#end();
      if (failure) this.reject(this.error(failure));
      else this.#succeed(result);
    };
    // Only an answer of the server waits for the handlers; all other ends are at once.
    if (!this.#busy || (failure && failure.code !== "RPC_ERROR")) return settle();
    const timer = setTimeout(() => {
      report(new McpError("HANDLER_HUNG", `${this.what}: a progress handler did not finish within ${this.options.timeout} ms`));
      settle();
    }, Math.min(this.options.timeout, 2 ** 31 - 1));
    this.#finish = () => {
      clearTimeout(timer);
      settle();
    };
  }

  /** @param {any} failure */
  error(failure) {
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
        pending = pending && also ? Promise.allSettled([pending, also].map(reported)) : (pending ?? also);
      } catch (error) {
        report(error);
      }
    }
    if (typeof pending?.then === "function") {
      this.#busy = true;
      reported(pending).then(() => this.#next());
    }
  }

  #next() {
    this.#busy = false;
    while (!this.#busy && this.#waiting.length) this.#run(.../** @type {Delivery} */ (this.#waiting.shift()));
    if (!this.#busy) this.#finish?.();
  }
}

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
    return rest;
  }
  /** @type {any} */
  const report = { progress };
  if (total !== undefined) report.total = total;
  if (message !== undefined) report.message = message;
  return report;
}
