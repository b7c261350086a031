// The client: feeds the core with what happens, and does what the core says. The core is never
// borrowed while a callback of the page runs, so a callback may call anything here.
import { CallBoard } from "./board.js";
import { Call } from "./call.js";
import { AbortError, ClosedError, McpError, ProtocolError, attempt, toError } from "./errors.js";
import { ask, capabilitiesOf, handlersOf, messageOf } from "./inputs.js";
import { checkHandler, checkTime, merge, optionsOf, route, textOf } from "./input.js";
import { ready } from "./load.js";
import { define } from "./methods.js";
import { Outputs, checkMode } from "./outputs.js";
import { defaultProgressHandler } from "./progress.js";
import { Subscription, watchLists } from "./subscription.js";

/** @typedef {import("./pages.js").Pages} Pages */

/** The longest frame, in characters, that is worth scanning. */
const SHORT = 4096;
/** How long a server counts as legacy once it has shown that, in milliseconds. */
const REMEMBER = 24 * 60 * 60 * 1000;
/** Servers that have answered `initialize`, and until when to believe that. @type {Map<string, number>} */
const legacyServers = new Map();

const DEFAULTS = {
  timeout: 60_000,
  maxTotalTimeout: 3_600_000,
  stallAfter: 10_000,
  resetTimeoutOnProgress: true,
  strict: false,
  throwOnToolError: false,
  cache: true,
  listMaxPages: 1000,
  outputValidation: "off",
  progressHandler: defaultProgressHandler,
  mode: "auto",
  maxRounds: 10,
};

const now = () => performance.now();
const decoder = new TextDecoder();

export class Client {
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;

  #info;
  #options;
  /** @type {import("./core.js").Core | undefined} */
  #core;
  /** What the core found out about the server. @type {any} */
  #session;
  /** @type {any} */
  #transport;
  /** Makes another transport to the same server. @type {(() => any) | undefined} */
  #again;
  /** @type {{ resolve: () => void, reject: (error: any) => void, what: string, cause?: unknown } | undefined} */
  #connecting;
  /** Calls by slot. @type {(Call | undefined)[]} */
  #calls = [];
  #inFlight = 0;
  /** Made when somebody looks at it. @type {CallBoard | undefined} */
  #board;
  /** Whether frames are worth scanning: not if somebody wants every notification as a message. */
  #scans = true;
  #overflowed = 0;
  #coalesced = 0;
  #draining = false;
  /** @type {any} */
  #timer;
  #timerAt = Infinity;
  /** The latest notification. @type {any} */
  #latest;
  /** @type {Map<string, (notification: any) => unknown>} */
  #notificationHandlers = new Map();
  /** @type {Map<string, (request: any, extra: any) => unknown>} */
  #requestHandlers = new Map();
  /** The server's requests that a handler works on, by id. @type {Map<string | number, AbortController>} */
  #asked = new Map();
  /** What waits for the end of an elicitation that happens elsewhere. @type {Map<string, () => void>} */
  #elsewhere = new Map();
  /** Tools that run only as tasks. @type {Set<string>} */
  #tasksOnly = new Set();
  /** Checks what tools return, if there is something to check with. @type {Outputs | undefined} */
  #outputs;
  // Views of the core's memory; detached, with length 0, when the memory has grown.
  #bytes = new Uint8Array();
  #words = new Uint32Array();
  #numbers = new Float64Array();
  #records = new Float64Array();

  /**
   * @param {any} [info]
   * @param {any} [options]
   */
  constructor(info, options) {
    this.#options = merge(DEFAULTS, options);
    const { progressHandler, logHandler, messageHandler } = this.#options;
    checkHandler("progressHandler", progressHandler);
    checkHandler("logHandler", logHandler);
    checkHandler("messageHandler", messageHandler);
    checkHandler("samplingHandler", this.#options.samplingHandler);
    checkHandler("elicitationHandler", this.#options.elicitationHandler);
    checkMode(this.#options);
    const { jsonSchemaValidator: validator } = this.#options;
    if (validator) {
      const list = () => /** @type {any} */ (this).listTools({}, { progressHandler: null });
      this.#outputs = new Outputs(validator, list, (error) => this.#fault(error));
    }
    for (const [method, handler] of handlersOf(this.#options)) this.#requestHandlers.set(method, handler);
    this.#info = info;
    this.#weigh();
  }

  /**
   * @param {any} target
   * @param {any} [options]
   */
  static async connect(target, options) {
    const client = new Client(options?.info, options);
    await client.connect(target, options);
    return client;
  }

  get protocolVersion() {
    return this.#session?.protocolVersion;
  }

  get era() {
    return this.#session?.era;
  }

  get transport() {
    return this.#transport;
  }

  getServerVersion() {
    return this.#session?.serverInfo;
  }

  getServerCapabilities() {
    return this.#session?.capabilities;
  }

  getInstructions() {
    return this.#session?.instructions;
  }

  /**
   * @param {any} target
   * @param {any} [options]
   */
  async connect(target, options) {
    const given = merge({ connectTimeout: 30_000 }, options);
    const { url, server, make } = route(target, given);
    const transport = make();
    const http = "onevents" in transport;
    // Over HTTP, silence is no sign of an era.
    const { connectTimeout, probeTimeout = http ? Infinity : (transport.probeTimeout ?? 5_000) } = given;
    checkTime("connectTimeout", connectTimeout);
    checkTime("probeTimeout", probeTimeout);
    const asked = now();
    if (this.#transport || this.#connecting) {
      throw new McpError("ALREADY_CONNECTED", "this client is connected: close it first, or make another one");
    }
    /** @type {Promise<void>} */
    const connected = new Promise((resolve, reject) => {
      this.#connecting = { resolve, reject, what: url ? `connecting to ${url}` : "connecting" };
    });
    const mine = this.#connecting;
    // It may fail before anybody waits for it below.
    connected.catch(() => {});
    try {
      const core = (this.#core ??= await this.#start());
      if (this.#connecting !== mine) return await connected;
      this.#declare();
      this.#again = url ? make : undefined;
      const legacy = server !== undefined && (legacyServers.get(server) ?? 0) > Date.now();
      core.connect(connectTimeout, probeTimeout, url !== undefined && !http, legacy, asked);
      this.#open(transport);
      this.#drain();
    } catch (error) {
      if (this.#connecting === mine) this.#connecting = undefined;
      throw error;
    }
    await connected;
    const { listChanged } = this.#options;
    if (listChanged) watchLists(this, listChanged, (error) => this.#fault(error));
    // What was forced says nothing about the server.
    if (!server || this.#options.mode !== "auto") return;
    if (this.era === "legacy" && this.#session?.certain) legacyServers.set(server, Date.now() + REMEMBER);
    else legacyServers.delete(server);
  }

  /**
   * @param {any} first the tool's name, or the request's params
   * @param {any} [second]
   * @param {any} [third]
   * @returns {any}
   */
  callTool(first, second, third) {
    if (typeof first === "string") {
      const params = second == null ? { name: first } : { name: first, arguments: second };
      return this.#call("tools/call", params, third);
    }
    return this.#call("tools/call", first, optionsOf(second, third));
  }

  /** @param {any} [options] */
  ping(options) {
    return this.#call(this.#session?.ping ?? "ping", undefined, options);
  }

  /** @param {string} level @param {any} [options] */
  async setLoggingLevel(level, options) {
    const told = this.#core?.setLogLevel(String(level)) ?? 0;
    if (told < 0) throw new McpError("INVALID_ARGUMENT", `there is no log level "${level}"`);
    return told === 2 ? {} : this.#call("logging/setLevel", { level }, options);
  }

  /** @param {any} filter @param {any} [options] */
  async listen(filter, options) {
    const subscription = new Subscription(options?.onnotification);
    const params = { notifications: filter };
    subscription.follow(this.#call("subscriptions/listen", params, options, { subscription }));
    return subscription.opened;
  }

  /**
   * @param {{ method: string, params?: any }} request
   * @param {any} [second]
   * @param {any} [third]
   * @returns {any}
   */
  request({ method, params }, second, third) {
    return this.#call(method, params, optionsOf(second, third));
  }

  /** @param {{ method: string, params?: any }} notification */
  async notification({ method, params }) {
    if (!this.#core?.notify(method, params)) throw new ClosedError(`${method}: not connected; it was not sent`, false);
    this.#drain();
  }

  /** @param {string} method @param {(notification: any) => unknown} handler */
  setNotificationHandler(method, handler) {
    checkHandler("handler", handler);
    this.#notificationHandlers.set(method, handler);
    this.#weigh();
  }

  /** @param {string} method */
  removeNotificationHandler(method) {
    this.#notificationHandlers.delete(method);
    this.#weigh();
  }

  #weigh() {
    this.#scans = !this.#options.messageHandler && !this.#notificationHandlers.has("notifications/progress");
  }

  /** @param {string} method @param {(request: any, extra: any) => unknown} handler */
  setRequestHandler(method, handler) {
    checkHandler("handler", handler);
    this.#requestHandlers.set(method, handler);
    this.#declare();
  }

  #declare() {
    const { capabilities, tasks } = this.#options;
    this.#core?.declare(capabilitiesOf(capabilities, this.#requestHandlers, tasks));
  }

  get calls() {
    if (!this.#board) {
      this.#board = new CallBoard();
      for (const call of this.#calls) if (call) this.#show(call);
    }
    return this.#board;
  }

  /** Puts a call on the board. @param {Call} call */
  #show(call) {
    const { id, method, name, began } = call;
    const server = this.#session?.serverInfo?.name;
    call.watch(/** @type {CallBoard} */ (this.#board), { id, server, method, name, began });
  }

  diagnostics() {
    const none = { delivered: 0, unknown: 0, late: 0, backward: 0, duplicate: 0, malformed: 0, strays: 0 };
    const { strays, ...counts } = this.#core?.counts() ?? none;
    return {
      server: this.#session?.serverInfo?.name,
      progress: { ...counts, overflowed: this.#overflowed, coalesced: this.#coalesced },
      subscriptions: { unknown: strays },
    };
  }

  async close() {
    const reason = "the client was closed";
    if (this.#transport) {
      this.#core?.closed(reason, true);
      this.#drain();
    } else if (this.#connecting) {
      this.#disconnected({ code: "CLOSED", message: reason, sent: false });
    }
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  // ---- the core ----

  async #start() {
    const { Core } = await ready();
    const { mode, logHandler } = this.#options;
    const options = {
      ...this.#info,
      mode: typeof mode === "object" ? mode.pin : mode,
      logLevel: logHandler ? "debug" : undefined,
    };
    try {
      return new Core(options);
    } catch (reason) {
      throw new McpError("INVALID_ARGUMENT", String(reason));
    }
  }

  /** Does what the core wants done. What happens meanwhile is left to the loop that runs. */
  #drain() {
    if (this.#draining) return;
    const core = /** @type {import("./core.js").Core} */ (this.#core);
    this.#draining = true;
    try {
      for (let step; (step = core.poll()); ) this.#act(core, step);
    } finally {
      this.#draining = false;
    }
    this.#arm(this.#view()[6]);
  }

  /**
   * @param {import("./core.js").Core} core
   * @param {number} step as the core's `Step` numbers them
   */
  #act(core, step) {
    switch (step) {
      case 1:
        return this.#send(core.value(), this.#view()[1]);
      case 2:
        return this.#reopen();
      case 3:
        this.#session = core.value();
        this.#transport.setProtocolVersion?.(this.protocolVersion);
        this.#connecting?.resolve();
        this.#connecting = undefined;
        return;
      case 4:
        return this.#disconnected(core.value());
      case 5: {
        const numbers = this.#view();
        const total = numbers[3];
        const call = this.#calls[numbers[0]];
        return call?.deliver(numbers[2], total === total ? total : undefined, core.other(), core.value());
      }
      case 6:
        return this.#settle(core.value());
      case 7:
        return this.#settle(undefined, core.value());
      case 8:
        return this.#notify(core.value());
      case 9:
        return this.#answer(core.value(), core.other());
      case 11: {
        return this.#calls[this.#view()[0]]?.stall(true);
      }
      case 12:
        return this.#input(core.value(), core.other());
      case 13: {
        const [slot, id] = this.#view();
        return this.#calls[slot]?.proceed(id);
      }
      case 14: {
        const call = this.#calls[this.#view()[0]];
        const task = core.value();
        return attempt(() => call?.options.onTaskStatus?.(task, call.context));
      }
      case 15: {
        const asked = this.#asked.get(core.value());
        return asked?.abort(new AbortError("the server took its request back", core.other()));
      }
      case 16:
        return this.#calls[this.#view()[0]]?.subscription?.open(core.value());
      case 17:
        return this.#calls[this.#view()[0]]?.subscription?.deliver(this.#latest);
      default:
        return this.#fault(toError(core.value(), "the connection"));
    }
  }

  /**
   * The numbers of the core's latest step.
   * @returns {[slot: number, id: number, progress: number, total: number, start: number, end: number, deadline: number]}
   */
  #view() {
    if (!this.#numbers.length) this.#numbers = /** @type {any} */ (this.#core).view(0);
    return /** @type {any} */ (this.#numbers);
  }

  /** One timer serves every clock; it is moved only to strike earlier. @param {number} deadline */
  #arm(deadline) {
    if (deadline < this.#timerAt) {
      clearTimeout(this.#timer);
      this.#timerAt = deadline;
      const delay = Math.min(Math.max(deadline - now(), 0), 2 ** 31 - 1);
      this.#timer = setTimeout(() => {
        this.#timerAt = Infinity;
        this.#core?.timeout(now());
        this.#drain();
      }, delay);
    }
    // A Node process need not stay for a clock that nobody waits for.
    if (!this.#inFlight && !this.#connecting) this.#timer?.unref?.();
  }

  // ---- the transport ----

  /** @param {any} transport */
  #open(transport) {
    this.#transport = transport;
    const current = () => this.#transport === transport;
    if ("onframe" in transport) transport.onframe = (/** @type {string} */ text) => current() && this.#frame(text);
    if ("onevents" in transport) {
      transport.onnews = (/** @type {import("./core.js").Http} */ http) => {
        if (!current()) return;
        this.#core?.tell(http, now());
        this.#drain();
      };
      transport.onevents = (/** @type {import("./core.js").Http} */ http, /** @type {number} */ exchange) => current() && this.#events(http, exchange);
    }
    transport.onmessage = (/** @type {any} */ message) => current() && this.#receive(message);
    transport.onerror = (/** @type {Error} */ error) => current() && this.#fault(error);
    transport.onclose = () => this.#closed(transport, "the connection was closed");
    Promise.resolve()
      .then(() => transport.start?.())
      .then(
        () => {
          if (!current()) return;
          this.#core?.opened(now());
          this.#drain();
        },
        (error) => {
          if (this.#connecting && current()) this.#connecting.cause = error;
          this.#closed(transport, "the connection could not be opened");
        },
      );
  }

  #reopen() {
    const old = this.#detach();
    closeQuietly(old);
    this.#open(this.#again?.());
  }

  #detach() {
    const transport = this.#transport;
    this.#transport = undefined;
    if (!transport) return;
    if ("onframe" in transport) transport.onframe = undefined;
    if ("onevents" in transport) transport.onnews = transport.onevents = undefined;
    transport.onmessage = transport.onerror = transport.onclose = undefined;
    return transport;
  }

  /** @param {any} transport @param {string} reason */
  #closed(transport, reason) {
    if (!transport || transport !== this.#transport) return;
    this.#core?.closed(reason, false);
    this.#drain();
  }

  /** @param {any} detail */
  #disconnected(detail) {
    closeQuietly(this.#detach());
    this.#session = undefined;
    this.#outputs?.forget();
    for (const asked of this.#asked.values()) asked.abort();
    this.#asked.clear();
    this.#elsewhere.clear();
    const connecting = this.#connecting;
    this.#connecting = undefined;
    if (!connecting) return attempt(() => this.onclose?.());
    const { what, cause, reject } = connecting;
    reject(cause instanceof McpError ? cause : toError(detail, what, cause));
  }

  /** @param {any} message @param {number} id of the request, or 0 */
  #send(message, id) {
    /** @param {any} error */
    const failed = (error) => {
      const call = id && this.#calls.find((call) => call?.context.requestId === id);
      if (call) call.cause = error;
      if (!id) return this.#fault(error);
      this.#core?.unsent(id, error?.message ?? "the message could not be sent");
      this.#drain();
    };
    const transport = this.#transport;
    try {
      if (transport.sendText) transport.sendText(JSON.stringify(message));
      else Promise.resolve(transport.send(message)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** A frame of text has arrived. @param {string} text */
  #frame(text) {
    const length = text.length;
    // What arrives while the core is drained waits for what it has already said.
    if (length <= SHORT && this.#scans && !this.#draining && this.#copy(text, length)) {
      const core = /** @type {import("./core.js").Core} */ (this.#core);
      const slot = core.scan(length);
      if (slot >= 0) {
        const numbers = this.#view();
        const total = numbers[3];
        const start = numbers[4];
        const message = start ? text.substring(start, numbers[5]) : undefined;
        const call = /** @type {Call} */ (this.#calls[slot]);
        return call.deliver(numbers[2], total === total ? total : undefined, message);
      }
      if (slot === -2) return;
    }
    let message;
    try {
      message = JSON.parse(text);
    } catch (cause) {
      return this.#fault(new ProtocolError("the server sent a frame that is not JSON", undefined, { cause }));
    }
    this.#receive(message);
  }

  /**
   * Events have come by HTTP: ordinary progress is taken from the bytes, up to another event.
   * @param {import("./core.js").Http} http
   * @param {number} exchange
   */
  #events(http, exchange) {
    const core = /** @type {import("./core.js").Core} */ (this.#core);
    for (let count; this.#scans && !this.#draining && (count = core.events(http, exchange)); ) {
      if (!this.#records.length) this.#records = core.view(2);
      /** @type {any} */
      const records = this.#records;
      // All of it is taken before a handler runs, which may end calls and give their slots away.
      let text;
      const taken = [];
      for (let at = 0; at < count * 5; at += 5) {
        const total = records[at + 2];
        const start = records[at + 3];
        const message = start ? (text ??= decoder.decode(http.text(exchange))).substring(start, records[at + 4]) : undefined;
        taken.push({ call: this.#calls[records[at]], progress: records[at + 1], total: total === total ? total : undefined, message });
      }
      for (const { call, progress, total, message } of taken) call?.deliver(progress, total, message);
    }
  }

  /**
   * Copies a text into the core's scratch buffer, four characters at a time; false if it is not
   * ASCII.
   * @param {string} text
   * @param {number} length
   */
  #copy(text, length) {
    if (!this.#bytes.length) {
      this.#bytes = /** @type {any} */ (this.#core).view(1);
      this.#words = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length >> 2);
    }
    const words = this.#words;
    const whole = length & ~3;
    let all = 0;
    for (let i = 0; i < whole; i += 4) {
      const a = text.charCodeAt(i);
      const b = text.charCodeAt(i + 1);
      const c = text.charCodeAt(i + 2);
      const d = text.charCodeAt(i + 3);
      all |= a | b | c | d;
      words[i >> 2] = a | (b << 8) | (c << 16) | (d << 24);
    }
    for (let i = whole; i < length; i++) all |= this.#bytes[i] = text.charCodeAt(i);
    return all < 128;
  }

  /** @param {any} message */
  #receive(message) {
    this.#core?.receive(message, now());
    this.#drain();
  }

  // ---- calls ----

  /**
   * @param {string} method
   * @param {any} params
   * @param {any} [given]
   * @param {{ pages?: Pages, subscription?: Subscription }} [more] what else the call is about
   */
  #call(method, params, given, more) {
    const options = merge({ ...this.#options, progressHandler: undefined, onprogress: undefined }, given);
    checkHandler("progressHandler", options.progressHandler);
    checkHandler("onprogress", options.onprogress);
    checkTime("timeout", options.timeout);
    checkTime("maxTotalTimeout", options.maxTotalTimeout);
    checkTime("stallAfter", options.stallAfter);
    checkHandler("onTaskStatus", options.onTaskStatus);
    checkMode(options);
    if (options.throttle !== undefined && options.throttle !== "frame") checkTime("throttle", options.throttle);
    const call = new Call(method, params, options, this.#options.progressHandler);
    Object.assign(call, more);
    call.began = now();
    call.until = call.began + options.maxTotalTimeout;
    const promise = new Promise((resolve, reject) => {
      call.resolve = resolve;
      if (method === "tools/call" && options.outputValidation !== "off") {
        call.resolve = (result) => resolve(this.#outputs?.check(params?.name, result, options.outputValidation));
      }
      call.reject = reject;
    });
    const { signal } = options;
    if (signal?.aborted) {
      call.cause = signal.reason;
      call.settle(undefined, { code: "ABORTED" });
    } else if (this.#ask(call, params)) {
      if (signal) this.#watch(signal, call);
      this.#drain();
    }
    return Object.defineProperties(promise, {
      id: { value: call.id },
      stalled: { get: () => call.stalled },
      cancel: { value: (/** @type {unknown} */ reason) => this.#cancel(call, reason) },
      progress: {
        value: () => {
          // The loop throws the call's error, so somebody knows of it.
          promise.catch(() => {});
          return call.iterate();
        },
      },
    });
  }

  /**
   * Sends a call's request, or one for its next page; false if the call is over by that.
   * @param {Call} call
   * @param {any} params
   * @returns {boolean}
   */
  #ask(call, params) {
    const { timeout, stallAfter, resetTimeoutOnProgress, strict, cache, maxRounds, task } = call.options;
    const rounds = call.options.inputRequired === "manual" ? -1 : maxRounds;
    const core = this.#core;
    // The core writes into params and `_meta`, so it gets its own.
    const own = { ...params };
    if (params?._meta) own._meta = { ...params._meta };
    if (call.method === "tools/call" && (task || this.#tasksOnly.has(own.name))) own.task ??= task === true ? {} : { ...task };
    const asked = now();
    const left = call.until - asked;
    const done = core?.request(call.method, own, timeout, left, stallAfter, resetTimeoutOnProgress, strict, cache, rounds, asked);
    if (done === 2) return this.#answered(call, core?.value());
    if (!done) {
      call.settle(undefined, { code: "CLOSED", message: "not connected", sent: false });
      return false;
    }
    const numbers = this.#view();
    call.begin(numbers[1]);
    this.#calls[numbers[0]] = call;
    if (this.#board) this.#show(call);
    if (!this.#inFlight++) this.#timer?.ref?.();
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
    if (!call.id) return;
    const text = textOf(reason);
    this.#core?.cancel(call.id, text);
    this.#drain();
    call.abort(text);
  }

  /** @param {any} result @param {any} [failure] */
  #settle(result, failure) {
    const slot = this.#view()[0];
    const call = this.#calls[slot];
    this.#calls[slot] = undefined;
    this.#inFlight--;
    if (call) this.#answered(call, result, failure);
  }

  /**
   * Ends a call, or asks for its next page; true if the call goes on.
   * @param {Call} call
   * @param {any} result
   * @param {any} [failure]
   * @returns {boolean}
   */
  #answered(call, result, failure) {
    if (call.method === "tools/list") this.#outputs?.learn(result?.tools);
    if (call.method === "tools/list" && call.options.tasks) {
      for (const { name, execution } of result?.tools ?? []) {
        if (execution?.taskSupport === "required") this.#tasksOnly.add(name);
      }
    }
    if (call.pages && !failure) {
      const { params, ...end } = call.pages.take(result, this.#options.listMaxPages || Infinity);
      if (params) return this.#ask(call, params);
      ({ result, failure } = end);
    }
    this.#overflowed += call.overflowed;
    this.#coalesced += call.coalesced;
    call.settle(result, failure);
    return false;
  }

  // ---- what the server says unasked ----

  /** @param {any} message */
  #notify(message) {
    const { method, params } = message;
    this.#latest = message;
    if (method === "notifications/tools/list_changed") this.#outputs?.forget();
    attempt(() => this.#options.messageHandler?.(message));
    if (method === "notifications/message") attempt(() => this.#options.logHandler?.(params));
    if (method === "notifications/elicitation/complete") this.#elsewhere.get(params?.elicitationId)?.();
    attempt(() => this.#notificationHandlers.get(method)?.(message));
  }

  /** A request of a legacy server. @param {any} request @param {any} id */
  #answer(request, id) {
    const core = /** @type {import("./core.js").Core} */ (this.#core);
    const asked = new AbortController();
    this.#asked.set(id, asked);
    const transport = this.#transport;
    /** @param {number} progress @param {number} [total] @param {string} [message] */
    const reportProgress = async (progress, total, message) => {
      if (transport !== this.#transport) return;
      core.report(id, progress, total ?? NaN, message == null ? undefined : String(message));
      this.#drain();
    };
    this.#serve(request, asked, { requestId: id, reportProgress }, (ok, value) => {
      if (this.#asked.get(id) === asked) this.#asked.delete(id);
      core.respond(id, ok, ok ? value : { code: value?.rpcCode ?? -32603, message: messageOf(value), data: value?.data });
    });
  }

  /** Something that a result asks for. @param {any} request @param {string} key */
  #input(request, key) {
    const [slot, input] = this.#view();
    const call = /** @type {Call} */ (this.#calls[slot]);
    const asked = new AbortController();
    call.inputs.add(asked);
    this.#serve(request, asked, { ...call.context, key, reportProgress: async () => {} }, (ok, value) => {
      call.inputs.delete(asked);
      if (!ok) call.cause = value;
      this.#core?.answer(input, ok, ok ? value : messageOf(value), now());
    });
  }

  /**
   * Lets a handler answer what the server asks for.
   * @param {any} request
   * @param {AbortController} asked
   * @param {any} context
   * @param {(ok: boolean, value: any) => void} respond
   */
  #serve(request, asked, context, respond) {
    attempt(() => this.#options.messageHandler?.(request));
    const { signal } = asked;
    context.signal = signal;
    const { elicitationId } = request.params ?? {};
    if (typeof elicitationId === "string") {
      context.completed = new Promise((resolve) => this.#elsewhere.set(elicitationId, () => resolve(undefined)));
    }
    /** @param {boolean} ok @param {any} value */
    const end = (ok, value) => {
      if (signal.aborted) return;
      respond(ok, value);
      this.#drain();
    };
    ask(this.#requestHandlers.get(request.method), request, context).then(
      (result) => end(true, result),
      (error) => end(false, error),
    );
  }

  /** @param {any} error */
  #fault(error) {
    attempt(() => this.onerror?.(error));
  }

  static {
    define(Client.prototype, (client, ...request) => client.#call(...request));
  }
}

/** @param {any} transport */
function closeQuietly(transport) {
  Promise.resolve()
    .then(() => transport?.close?.())
    .catch(() => {});
}
