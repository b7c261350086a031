// One call's side in JavaScript: its handlers, what waits for them, and its promise.
import { McpError, ToolError, report, toError } from "../base/errors.js";
import { later } from "../base/later.js";
import { Iteration } from "./iteration.js";
import { Track } from "./rate.js";

/** How much progress may wait behind one call's slow handler. */
const WAITING = 1024;
/** @typedef {{ isError?: boolean, content?: ({ type?: string, text?: string } | undefined)[] }} ToolResult */
/** The ends of a call that no answer of the server brought about. */
const AT_ONCE = ["ABORTED", "TIMEOUT", "CLOSED"];
/** The members of a notification that a handler is given by themselves, and the token. */
const KNOWN = ["progress", "total", "message", "progressToken"];

/** @typedef {[progress: number, total: number | undefined, message: string | undefined, params: unknown]} Delivery */
/** @typedef {import("../types/inside.js").Failure} Failure */
/** @typedef {import("../types/inside.js").Params} Params */
/** @typedef {import("../types/inside.js").Settings} Settings */
/** @typedef {(how: unknown) => void} Settle */
/** @typedef {import("../types/progress.js").ProgressContext} ProgressContext */
/** @typedef {import("../types/progress.js").ProgressHandler} ProgressHandler */

export class Call {
  /**
   * Looks as calls with progress do at their end, and as their contexts do. Where no object does, engines throw away with the
   * garbage what they have compiled for such, and the next call begins slowly.
   * @type {Call | undefined}
   */
  static model;

  /** The id of its first request. @type {number} */
  callId = 0;
  /** The id of its latest request. */
  requestId = 0;
  /** Which request of the call that is. */
  leg = 1;
  /** Settle the promise. @type {Settle | undefined} */
  resolve;
  /** @type {Settle | undefined} */
  reject;
  /** Undoes what the call has hooked up. @type {(() => void) | undefined} */
  cleanup;
  /** What made the call fail on this side, if anything did. @type {unknown} */
  cause;
  /** How many pages of a list it wants; 0 for what is none. */
  pages = 0;
  /** What hears of its news, if the call is a subscription. @type {import("./subscription.js").Subscription | undefined} */
  subscription;
  /** When the call began. */
  began = 0;
  /** Whether its first request has yet to be sent. */
  waits = false;
  /** How many deliveries gave way to newer ones, because a handler was slow. */
  overflowed = 0;
  /** How many deliveries gave way to newer ones, because of `throttle`. */
  coalesced = 0;
  /** Whether nothing has been heard of the call for a while. */
  stalled = false;
  /** The task that it has become. @type {import("../types/tools.js").Task | undefined} */
  task;
  /** The handlers that gather what the server asks for. @type {Set<AbortController> | undefined} */
  inputs;

  /** @type {ProgressContext | undefined} */
  #context;
  /** @type {Delivery[] | undefined} */
  #waiting;
  /** Whether a handler's promise is still pending. */
  #busy = false;
  /** What to do when the last delivery is done. @type {(() => void) | undefined} */
  #finish;
  /** Whether its promise is settled. */
  ended = false;
  /** Runs while a response waits for the handlers. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Ends the time in which nothing may be delivered, by `throttle`. @type {(() => void) | undefined} */
  #pause;
  /** The newest report of that time. @type {Delivery | undefined} */
  #held;
  /** How the call ended. @type {{ error?: unknown } | undefined} */
  #outcome;
  /** The loops over the progress. @type {Set<Iteration> | undefined} */
  #loops;
  /** What the loops are told. @type {Track | undefined} */
  #track;
  /** @type {import("./board.js").CallBoard | undefined} */
  #board;
  /** What the board shows. @type {Track | undefined} */
  #view;

  /**
   * @param {string} method
   * @param {Params} params
   * @param {Settings} options shared with other calls
   * @param {import("../types/call-options.js").CallOptions} own where its own are: handlers and a signal
   */
  constructor(method, params, options, { onprogress, progressHandler = onprogress ? null : options.progressHandler, onTaskStatus = options.onTaskStatus, signal = options.signal }) {
    this.method = method;
    /** @type {string | undefined} */
    this.name = params.name ?? params.uri;
    this.options = options;
    this.onprogress = onprogress;
    this.onTaskStatus = onTaskStatus;
    this.signal = signal;
    this.handler = progressHandler;
    /** The token that the page has put into `_meta`: what its handlers of notifications know the call by. @type {unknown} */
    this.token = params._meta?.progressToken;
  }

  /** What it is called in errors. */
  get what() {
    return this.name === undefined ? this.method : `${this.method} ${this.name}`;
  }

  /** What handlers are told of it; made when one is. */
  get context() {
    const { method, name, requestId, callId, leg } = this;
    return (this.#context ??= leg > 1 ? { method, name, requestId, callId, leg } : { method, name, requestId, callId });
  }

  /** Its first request has left. @param {number} id */
  begin(id) {
    this.callId = this.requestId = id;
  }

  /** Goes on with another request. @param {number} id */
  proceed(id) {
    if (this.stalled) this.stall(false);
    this.requestId = id;
    this.leg++;
    this.#context = undefined;
  }

  /**
   * @param {number} progress
   * @param {number | undefined} total
   * @param {string | undefined} message
   * @param {unknown} [params] the notification's params, if it had more than these: parsed, or as JSON
   */
  deliver(progress, total, message, params) {
    if (this.ended) return;
    if (this.stalled) this.stall(false);
    if (this.#board) this.#shown(progress, total, message);
    const { throttle } = this.options;
    if (throttle) {
      if (this.#pause || this.#busy) {
        if (this.#held) this.coalesced++;
        this.#held = [progress, total, message, params];
        return;
      }
      this.#pause = later(throttle, () => {
        this.#pause = undefined;
        if (!this.#busy) this.#release();
      });
    }
    if (!this.#busy) {
      this.#run(progress, total, message, params);
      // A handler may have made the transport speak.
      if (!this.#busy && (this.#waiting?.length || this.#finish)) this.#next();
      return;
    }
    const waiting = (this.#waiting ??= []);
    if (waiting.length === WAITING) {
      waiting.shift();
      this.overflowed++;
    }
    waiting.push([progress, total, message, params]);
  }

  /**
   * Settles the promise once everything that came before has been delivered, or after the call's
   * timeout if a handler hangs.
   * @param {unknown} result
   * @param {Failure} [failure] the core's description of an error
   */
  settle(result, failure) {
    if (this.stalled) this.stall(false);
    if (this.inputs) for (const input of this.inputs) input.abort();
    // Only an answer of the server waits for the handlers; all other ends are at once.
    const isAtOnce = failure !== undefined && AT_ONCE.includes(failure.code);
    const held = this.#held;
    if (held && !isAtOnce) {
      this.#held = undefined;
      if (this.#busy) (this.#waiting ??= []).push(held);
      else this.#run(...held);
    }
    if (!this.#busy || isAtOnce) return this.#settle(result, failure);
    this.#timer = setTimeout(() => {
      report(new McpError("HANDLER_HUNG", `${this.what}: a progress handler did not finish within ${this.options.timeout} ms`));
      this.#settle(result, failure);
    }, Math.min(this.options.timeout, 2 ** 31 - 1));
    this.#finish = () => this.#settle(result, failure);
  }

  /** @param {unknown} result @param {Failure | undefined} failure */
  #settle(result, failure) {
    this.#end(failure?.code === "ABORTED");
    if (failure) this.#fail(this.error(failure));
    else this.#succeed(result);
  }

  /** Ends a call that is answered, but still waits for its handlers. @param {string} [message] */
  abort(message) {
    if (this.#finish) this.settle(undefined, { code: "ABORTED", message });
  }

  /** @param {Failure} failure */
  error(failure) {
    return toError(failure, this.what, this.cause);
  }

  /** @param {unknown} result */
  #succeed(result) {
    if (/** @type {ToolResult | undefined} */ (result)?.isError && this.options.throwOnToolError) {
      const text = /** @type {ToolResult} */ (result).content?.find?.((part) => part?.type === "text")?.text;
      this.#fail(new ToolError(text ?? `${this.what} failed`, result));
    } else {
      this.#endLoops({});
      /** @type {Settle} */ (this.resolve)(result);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#endLoops({ error });
    /** @type {Settle} */ (this.reject)(error);
  }

  /** @param {{ error?: unknown }} how */
  #endLoops(how) {
    this.#outcome = how;
    if (this.#loops) for (const loop of this.#loops) loop.end(how);
  }

  /** @param {boolean} aborted */
  #end(aborted) {
    if (this.#timer) clearTimeout(this.#timer);
    this.#pause?.();
    const board = this.#board;
    // Shown for one frame more, so that people see that they were heard.
    if (aborted) board?.put(this, { cancelling: true });
    if (board && aborted) later("frame", () => board.remove(this));
    else board?.remove(this);
    this.cleanup?.();
    this.ended = true;
    if (this.#context) {
      const model = new Call("", {}, /** @type {Settings} */ ({}), {});
      model.#context = new Context(model.context, [0, 0, "", ""]);
      Call.model = model;
    }
    this.#waiting = undefined;
    this.#held = undefined;
    this.#finish = undefined;
  }

  /**
   * @param {number} progress
   * @param {number | undefined} total
   * @param {string | undefined} message
   * @param {unknown} params
   */
  #run(progress, total, message, params) {
    this.#busy = true;
    if (this.#track) {
      const item = this.#track.next(progress, total, message, performance.now());
      for (const loop of this.#loops ?? []) if (loop.push(item)) this.overflowed++;
    }
    let pending;
    if (this.handler) {
      try {
        const context = hasMore(params) ? new Context(this.context, [progress, total, message, params]) : this.context;
        // Called like this it is no part of what engines compile, which they would throw away with it.
        pending = this.handler.call(undefined, progress, total, message, context);
      } catch (error) {
        report(error);
      }
    }
    if (this.onprogress) {
      try {
        const also = this.onprogress.call(undefined, everything(progress, total, message, params));
        if (isPromise(also)) pending = isPromise(pending) ? Promise.all([pending, also].map(reported)) : also;
      } catch (error) {
        report(error);
      }
    }
    if (isPromise(pending)) reported(pending).then(() => this.#next());
    else this.#busy = false;
  }

  /**
   * Shows the call on a board, until it has ended.
   * @param {import("./board.js").CallBoard} board
   * @param {object} facts
   */
  watch(board, facts) {
    if (this.#board) return;
    this.#board = board;
    this.#view = new Track(this.began);
    board.put(this, { ...facts, stalled: this.stalled, cancelling: false });
  }

  /** @param {number} progress @param {number | undefined} total @param {string | undefined} message */
  #shown(progress, total, message) {
    this.#board?.put(this, /** @type {Track} */ (this.#view)?.next(progress, total, message, performance.now()));
  }

  /** @param {boolean} stalled */
  stall(stalled) {
    this.stalled = stalled;
    this.#board?.put(this, { stalled });
  }

  /** A loop over the progress from now on. */
  iterate() {
    this.#track ??= new Track(this.began);
    const loops = (this.#loops ??= new Set());
    const loop = new Iteration((left) => loops.delete(left));
    if (this.#outcome) loop.end(this.#outcome);
    else loops.add(loop);
    return loop;
  }

  /** Delivers what `throttle` has held back. */
  #release() {
    const held = this.#held;
    if (!held || this.#pause) return;
    this.#held = undefined;
    this.deliver(...held);
  }

  #next() {
    this.#busy = false;
    while (!this.#busy && this.#waiting?.length) this.#run(.../** @type {Delivery} */ (this.#waiting.shift()));
    if (this.#busy) return;
    if (this.#finish) this.#finish();
    else this.#release();
  }
}

/** Whether there are other members than a handler is given by themselves: JSON is only kept of such. @param {unknown} params */
function hasMore(params) {
  if (typeof params === "string") return true;
  for (const key in /** @type {object} */ (params)) if (!KNOWN.includes(key)) return true;
  return false;
}

/** The context of progress that has more to it: the whole notification is read when somebody looks at it. */
class Context {
  #delivery;
  /** @type {unknown} */
  #all;

  /** @param {ProgressContext} context @param {Delivery} delivery */
  constructor({ method, name, requestId, callId, leg }, delivery) {
    this.method = method;
    this.name = name;
    this.requestId = requestId;
    this.callId = callId;
    if (leg) this.leg = leg;
    this.#delivery = delivery;
  }

  get notification() {
    return (this.#all ??= everything(...this.#delivery));
  }
}

/** @param {unknown} value what a handler returned @returns {value is PromiseLike<unknown>} */
const isPromise = (value) => typeof /** @type {Partial<PromiseLike<unknown>> | undefined} */ (value)?.then === "function";

/**
 * A promise that is kept whatever the given one does; its failure is reported.
 * @param {unknown} promise
 */
const reported = (promise) => Promise.resolve(promise).catch(report);

/**
 * The notification for `onprogress`: every member but the token.
 * @param {number} progress
 * @param {number | undefined} total
 * @param {string | undefined} message
 * @param {unknown} params
 */
function everything(progress, total, message, params) {
  if (params) {
    const { progressToken, ...rest } = typeof params === "string" ? JSON.parse(params) : params;
    // Some servers write an absent member as null.
    if (total === undefined) delete rest.total;
    if (message === undefined) delete rest.message;
    return rest;
  }
  /** @type {{ progress: number, total?: number, message?: string }} */
  const report = { progress };
  if (total !== undefined) report.total = total;
  if (message !== undefined) report.message = message;
  return report;
}
