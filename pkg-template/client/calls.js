// The calls under way: checked, sent, put on the board, and ended.
import { checkHandler, textOf } from "../base/check.js";
import { itself, throughProxies } from "../base/itself.js";
import * as words from "../wasm/words.js";
import { CallBoard } from "./board.js";
import { Call } from "./call.js";
import { checkMode } from "./output-mode.js";
import { CHECKS } from "./settings.js";

/** @typedef {import("../types/authorizer.js").Authorizer} Authorizer */
/** @typedef {import("../types/call-options.js").CallOptions} CallOptions */
/** @typedef {import("../types/inside.js").Failure} Failure */
/** @typedef {import("../types/jsonrpc.js").JsonObject} JsonObject */
/** @typedef {import("../types/inside.js").Mover} Mover */
/** @typedef {import("../types/inside.js").Params} Params */
/** @typedef {import("../types/inside.js").Settings} Settings */
/** @typedef {import("./results.js").Outputs} Outputs */
/** @typedef {import("./subscription.js").Subscription} Subscription */
/** @typedef {{ [name: string]: any }} Told options as a caller gives them */
/** @typedef {Partial<import("../types/tools.js").Tool>} Tool as a server has listed it */

/** Whether a call has that for itself: handlers and signals, of which each call has its own. @param {string} name */
const isOwn = (name) => CHECKS[name] === checkHandler || name === "signal";

/**
 * Compares what a call is given with settings, or makes those say it. A call's own is checked each time, and nothing of them.
 * @param {Told | undefined} given
 * @param {Told} settings
 * @param {Told} plain the client's
 * @param {boolean} [making]
 * @returns how many members say something else than the client's; NaN if one is not as in the settings
 */
function compare(given, settings, plain, making) {
  let others = 0;
  for (const name in given) {
    const value = given[name];
    if (value === undefined) continue;
    if (making || isOwn(name)) CHECKS[name]?.(name, value);
    if (isOwn(name)) continue;
    if (making) settings[name] = value;
    else if (value !== settings[name]) return NaN;
    if (value !== plain[name]) others++;
  }
  return others;
}

/** @typedef {(how: unknown) => void} Settle */
/** What the latest promise is settled by. @type {Settle | undefined} */
let resolver;
/** @type {Settle | undefined} */
let rejecter;
const keep = (/** @type {Settle} */ resolve, /** @type {Settle} */ reject) => {
  resolver = resolve;
  rejecter = reject;
};

/** The promise of a call, which works inside a Proxy as well. @extends {Promise<unknown>} */
class Handle extends Promise {
  #call;
  #cancel;

  /** @param {Call} call @param {(call: Call, reason: unknown) => void} cancel */
  constructor(call, cancel) {
    super(keep);
    // A member that is assigned takes a third of the time, and shows on every console.
    itself(this);
    this.#call = call;
    this.#cancel = cancel;
    call.resolve = resolver;
    call.reject = rejecter;
  }

  get id() {
    return this.#call.callId;
  }

  get stalled() {
    return this.#call.stalled;
  }

  // Functions by themselves, for who hands them on.
  get cancel() {
    return (/** @type {unknown} */ reason) => this.#cancel(this.#call, reason);
  }

  get progress() {
    return () => {
      // The loop throws the call's error, so somebody knows of it.
      this.catch(() => {});
      return this.#call.iterate();
    };
  }
}
for (const name of /** @type {const} */ (["then", "catch", "finally"])) {
  Object.defineProperty(Handle.prototype, name, { value: Promise.prototype[name], writable: true, configurable: true });
}
throughProxies(Handle);
// What is awaited, or comes out of `then`, is a plain promise.
Object.defineProperty(Handle.prototype, "constructor", { value: Promise });

export class Calls {
  /** How many deliveries gave way to newer ones: behind slow handlers, and by `throttle`. */
  overflowed = 0;
  coalesced = 0;

  #connection;
  #table;
  #options;
  #session;
  #loadOutputs;
  /** The client's settings, and those of calls that were told something else, with how many members of theirs are others. @type {{ settings: Settings, others: number }[]} */
  #settled;
  #give = (/** @type {Call} */ call, /** @type {unknown} */ reason) => this.#cancel(call, reason);
  /** There when a call is to be checked. @type {Promise<Outputs> | undefined} */
  #outputs;
  /** Made when somebody looks at it. @type {CallBoard | undefined} */
  #board;
  /** What the core holds for true of tools: those that have been listed, by name. @type {Map<string | undefined, Tool>} */
  #tools = new Map();

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./table.js").CallTable} table the calls under way
   * @param {Settings} options the client's
   * @param {() => import("../types/inside.js").Session | undefined} session what is known of the server
   * @param {() => Promise<Outputs>} loadOutputs
   */
  constructor(connection, table, options, session, loadOutputs) {
    this.#connection = connection;
    this.#table = table;
    this.#options = options;
    this.#settled = [{ settings: options, others: 0 }];
    this.#session = session;
    this.#loadOutputs = loadOutputs;
  }

  /** The tool of that name, if it has been listed. @param {string | undefined} name */
  tool = (name) => this.#tools.get(name);

  /** Tools have been listed; without a list, nothing is known of any. @param {{ tools?: unknown } | undefined} list */
  learn(list) {
    if (!list) {
      this.#tools.clear();
      this.#outputs?.then((outputs) => outputs.forget(), () => {});
    } else if (Array.isArray(list.tools)) {
      for (const tool of list.tools) this.#tools.set(tool?.name, tool ?? {});
    }
  }

  get board() {
    if (!this.#board) {
      this.#board = new CallBoard();
      for (const call of this.#table.all()) this.#show(call);
    }
    return this.#board;
  }

  /** Puts a call on the board. @param {Call} call */
  #show(call) {
    const { callId: id, method, name, began } = call;
    const server = this.#session()?.serverInfo?.name;
    const { title, annotations } = (method === "tools/call" && this.#tools.get(name)) || {};
    call.watch(/** @type {CallBoard} */ (this.#board), { id, server, method, name, title: title ?? annotations?.title, began });
  }

  /**
   * @param {string} method
   * @param {Params} params belong to the call: the core writes into them
   * @param {CallOptions} [given]
   * @param {{ pages?: number, subscription?: Subscription }} [more] what else the call is about
   */
  call(method, params, given, more) {
    const options = this.#settingsOf(given);
    const call = new Call(method, params, options, given || options);
    if (more) Object.assign(call, more);
    call.began = performance.now();
    const handle = new Handle(call, this.#give);
    if (method === "tools/call" && options.outputValidation !== "off") {
      const { resolve } = call;
      const loaded = (this.#outputs ??= this.#loadOutputs());
      loaded.catch(() => (this.#outputs = undefined));
      call.resolve = (result) => /** @type {Settle} */ (resolve)(loaded.then((outputs) => outputs.check(params.name, /** @type {JsonObject} */ (result), options), (error) => {
        if (options.outputValidation === "strict") throw error;
        this.#connection.fault(error);
        return result;
      }));
    }
    if (call.signal?.aborted) {
      call.cause = call.signal.reason;
      call.settle(undefined, { code: "ABORTED" });
    } else if (method === "subscriptions/listen" && !more) this.#prepare(call, params);
    else this.#start(call, params);
    return handle;
  }

  /** @param {Call} call @param {Params} params */
  #start(call, params) {
    if (!this.#ask(call, params)) return;
    if (call.signal) this.#watch(call.signal, call);
    this.#connection.drain();
  }

  /** Loads first what the call needs of the module; it may be given up meanwhile. @param {Call} call @param {Params} params */
  async #prepare(call, params) {
    call.waits = true;
    if (call.signal) this.#watch(call.signal, call);
    const failed = await this.#connection.complete();
    call.cleanup?.();
    if (!call.waits) return;
    call.waits = false;
    call.cause = failed;
    this.#start(call, params);
  }

  /**
   * The settings of a call: what is given over the client's, put together and checked once for all calls that are told the same, each mostly by an
   * object of its own. So the values are compared, whoever has them: it does not matter whether an object was changed, is frozen, inherits or is a Proxy.
   * @param {Told | undefined} given
   */
  #settingsOf(given) {
    const settled = this.#settled;
    const plain = this.#options;
    for (const { settings, others } of settled) if (compare(given, settings, plain) === others) return settings;
    const settings = { ...plain };
    const others = compare(given, settings, plain, true);
    checkMode(settings);
    // So many are kept for calls to come, and then others.
    if (settled.length > 4) settled.length = 1;
    settled.push({ settings, others });
    return settings;
  }

  /**
   * Sends a call's request; false if the call is over by that.
   * @param {Call} call
   * @param {Params} params
   * @returns {boolean}
   */
  #ask(call, params) {
    const { timeout, maxTotalTimeout, stallAfter, resetTimeoutOnProgress, strict, cache, maxRounds, task, urlElicitation, resumptionToken } = call.options;
    const rounds = call.options.inputRequired === "manual" ? -1 : maxRounds;
    const core = this.#connection.core;
    // Whether the server is asked so is the core's to say, which knows what the server can do.
    if (task && call.method === "tools/call") params.task ??= task === true ? {} : { ...task };
    const transport = this.#connection.transport;
    let kept = !cache ? words.CACHING_OFF : cache === "refresh" ? words.CACHING_RENEW : transport?.identity ? words.CACHING_SHARED : words.CACHING_PRIVATE;
    let done;
    // There may be one that is kept, but perhaps another's.
    while ((done = core?.request(call.method, params, timeout, maxTotalTimeout, stallAfter, resetTimeoutOnProgress, strict, kept, rounds, urlElicitation !== "manual", call.pages, this.#options.listMaxPages || Infinity, call.began)) === words.REQUESTED_PRIVATE) {
      const identity = /** @type {Required<Mover>} */ (transport).identity(call.options);
      if (identity !== undefined) this.#connection.identify(identity);
      kept = identity === undefined ? words.CACHING_RENEW : words.CACHING_PRIVATE;
    }
    if (done === words.REQUESTED_KEPT) {
      this.#answered(call, core?.value());
      this.#connection.drain();
      return false;
    }
    if (done !== words.REQUESTED_SENT) {
      call.settle(undefined, { code: "CLOSED", message: "not connected", sent: false });
      return false;
    }
    const numbers = this.#connection.view();
    call.begin(numbers[words.PLACE_ID]);
    if (resumptionToken !== undefined) core?.resume(call.callId, resumptionToken);
    this.#table.put(numbers[words.PLACE_SLOT], call);
    if (this.#board) this.#show(call);
    if (this.#table.size === 1) this.#connection.hold();
    return true;
  }

  /** @param {AbortSignal} signal @param {Call} call */
  #watch(signal, call) {
    const abort = () => {
      call.cause = signal.reason;
      this.#cancel(call, signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    call.cleanup = () => signal.removeEventListener("abort", abort);
  }

  /** @param {Call} call @param {unknown} [reason] */
  #cancel(call, reason) {
    const text = textOf(reason);
    if (call.waits) {
      call.waits = false;
      call.settle(undefined, { code: "ABORTED", message: text });
    }
    if (!call.callId) return;
    this.#connection.core?.cancel(call.callId, text);
    this.#connection.drain();
    call.abort(text);
  }

  /** Ends the call of a slot. @param {number} slot @param {JsonObject | undefined} result @param {Failure} [failure] */
  settle(slot, result, failure) {
    const call = this.#table.take(slot);
    if (!call) return;
    const access = /** @type {{ auth: Authorizer, server: string } | undefined} */ (this.#connection.transport?.access);
    // That is a server that lets nobody do this without more rights; before an answer has begun, it is the status 403.
    if (access?.auth && failure?.rpcCode === words.INSUFFICIENT_SCOPE) import("../transports/authorized.js").then(({ lacking }) => lacking(access, /** @type {Failure} */ (failure))).catch(() => failure).then((how) => this.#answered(call, result, how));
    else this.#answered(call, result, failure);
  }

  /** Ends a call. @param {Call} call @param {JsonObject | undefined} result @param {Failure} [failure] */
  #answered(call, result, failure) {
    this.overflowed += call.overflowed;
    this.coalesced += call.coalesced;
    call.settle(result, failure);
  }
}
