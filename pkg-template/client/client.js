// The client as the page sees it. What the core says goes to the part that it concerns.
import { abilitiesOf } from "../base/abilities.js";
import { checkHandler, merge, noLevel, optionsOf } from "../base/check.js";
import { ClosedError, McpError, attempt, part, shown, toError } from "../base/errors.js";
import { itself, throughProxies } from "../base/itself.js";
import { later } from "../base/later.js";
import { route } from "../transports/route.js";
import { ready } from "../wasm/load.js";
import * as words from "../wasm/words.js";
import { Calls } from "./calls.js";
import { Changes } from "./changes.js";
import { Connection } from "./connection.js";
import { diagnosis, diagnosticsOf } from "./diagnosis.js";
import { take } from "./early.js";
import { isLegacy, remember } from "./eras.js";
import { Inbound } from "./inbound.js";
import { define } from "./methods.js";
import { Oddities, factsIn } from "./oddities.js";
import { connectionOf, coreOf, sessionOf, settingsOf } from "./settings.js";
import { CallTable } from "./table.js";

/** @typedef {import("../types/inside.js").Failure} Failure */
/** @typedef {import("../types/inside.js").Mover} Mover */
/** @typedef {import("../types/inside.js").Params} Params */
/** @typedef {import("../types/inside.js").Told} Told */
/** @typedef {import("../types/call-options.js").CallOptions} CallOptions */
/** @typedef {import("../types/client.js").Client} Whole with the methods that are made out of a table */
/** @typedef {import("../types/options.js").ClientOptions} ClientOptions */
/** @typedef {import("../types/options.js").ConnectOptions} ConnectOptions */
/** @typedef {import("../types/protocol.js").Implementation} Implementation */

const now = () => performance.now();

/** By what the entries for the SDKs' programs reach beneath a client's surface. */
export const INSIDE = Symbol("inside");

export class Client {
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;

  #info;
  #options;
  #connection;
  #table = new CallTable();
  #calls;
  #inbound;
  #oddities = new Oddities(() => now() - this.#began);
  #changes;
  /** Who waits for the connection. @type {{ resolve: () => void, reject: (error: unknown) => void, what: string, cause?: unknown } | undefined} */
  #connecting;
  /** What the core found out about the server. @type {import("../types/inside.js").Session | undefined} */
  #session;
  /** When the client began to connect. */
  #began = 0;
  /** Whether nobody wants every notification as a message. */
  #scans = true;

  /**
   * @param {Implementation} [info]
   * @param {ClientOptions} [options]
   */
  constructor(info, options) {
    itself(this);
    this.#options = settingsOf(options);
    this.#info = info;
    this.#connection = new Connection({
      table: this.#table,
      act: (step, slot, id) => this.#act(step, slot, id),
      fault: (error) => this.#fault(error),
      waits: () => this.#connecting !== undefined,
      blame: (cause) => {
        if (this.#connecting) this.#connecting.cause = cause;
        return this.#connecting !== undefined;
      },
      what: () => this.#connecting?.what ?? "the connection",
      scans: () => this.#scans,
      odd: (kind, facts) => this.#oddities.keep(kind, facts, this.#session),
    });
    this.#changes = new Changes(this.#connection);
    this.#calls = new Calls(this.#connection, this.#table, this.#options, () => this.#session, async () => {
      const { Outputs } = await part(import("./results.js"));
      return new Outputs(this.#calls, /** @type {Whole} */ (/** @type {unknown} */ (this)), this.#connection);
    });
    this.#inbound = new Inbound(this.#connection, this.#table, this.#options);
    this.#weigh();
  }

  /**
   * @param {unknown} target
   * @param {ClientOptions & ConnectOptions & { info?: Implementation }} [options]
   */
  static async connect(target, options) {
    const client = new (this ?? Client)(options?.info, options);
    await client.connect(target, options);
    return client;
  }

  get [INSIDE]() {
    return { options: this.#options, calls: this.#calls, inbound: this.#inbound, declare: () => this.#declare() };
  }

  get protocolVersion() {
    return this.#session?.protocolVersion;
  }

  get era() {
    return this.#session?.era;
  }

  get knownEra() {
    return this.#session?.legacyFor === undefined ? undefined : this.era;
  }

  get prior() {
    const session = this.#session;
    if (session?.discover) return { kind: "modern", discover: session.discover };
    return this.knownEra ? { kind: this.knownEra } : undefined;
  }

  get transport() {
    return this.#connection.transport ?? this.#connection.leaving;
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

  /** @param {unknown} target @param {ConnectOptions} [options] */
  async connect(target, options) {
    const given = connectionOf(options);
    let { url, server, port, make, load } = route(target, given);
    // Before anything else; who fails in that is told by the transport.
    load?.().catch(() => {});
    let transport = make();
    const http = abilitiesOf(transport).exchanges === true;
    const { connectTimeout, probeTimeout = transport.probeTimeout ?? NaN, maxMessageSize } = given;
    const asked = now();
    if (this.#connection.transport || this.#connecting || !take(this.#connection, port ?? transport)) {
      throw new McpError("ALREADY_CONNECTED", "this client or target is connected: close it first, or make another one");
    }
    const connected = /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
      this.#connecting = { resolve, reject, what: url ? `connecting to ${shown(url)}` : "connecting" };
    }));
    const mine = this.#connecting;
    // Until the core has a clock of its own.
    const stop = later(connectTimeout, () => this.#disconnected({ code: "TIMEOUT", clock: "connect", after: connectTimeout }));
    connected.then(stop, stop);
    const open = async () => {
      if (given.worker) {
        make = (await part(import("../worker/worker-transport.js"))).inWorker(url, given);
        transport = make();
      }
      const legacy = given.knownEra ? given.knownEra === "legacy" : isLegacy(server);
      const kind = http ? words.CHANNEL_HTTP : url === undefined ? words.CHANNEL_PORT : words.CHANNEL_SOCKET;
      const prior = given.prior ?? sessionOf(transport);
      const tell = (/** @type {import("../wasm/core.js").Core} */ core) => {
        stop();
        this.#declare();
        core.connect(kind, connectTimeout, probeTimeout, legacy, asked);
        if (prior) core.know(prior);
      };
      const { core } = this.#connection;
      if (http) transport.speaker = { info: this.#info, options: this.#options, handlers: this.#inbound.requestHandlers, unknown: !core && !legacy && !prior, unheard: !this.#inbound.listens };
      const prepare = () => this.#start(() => this.#connecting === mine, tell);
      // What is to be said again over another channel is kept by the part of the module that is loaded late.
      if (transport.access?.auth && !http) await this.#connection.complete();
      if (this.#connecting !== mine) return;
      this.#began = asked;
      // Compiled while an address is opened. What the page has opened is not touched before.
      if (core) tell(core);
      else if (!url) await prepare();
      if (this.#connecting !== mine) return;
      await this.#connection.begin(transport, url ? make : undefined, maxMessageSize, core || !url ? undefined : prepare);
      if (this.#connecting !== mine) return;
      this.#connection.drain();
    };
    try {
      // Whoever gives it up does not wait for what is being loaded.
      await Promise.race([connected, open()]);
    } catch (error) {
      stop();
      if (this.#connecting === mine) {
        this.#connecting = undefined;
        this.#connection.detach();
      }
      throw error;
    }
    await connected;
    const legacyFor = this.#session?.legacyFor;
    if (server && legacyFor !== undefined) remember(server, legacyFor);
  }

  /**
   * @param {string | Params} first the tool's name, or the request's params
   * @param {object} [second]
   * @param {CallOptions} [third]
   */
  callTool(first, second, third) {
    if (typeof first === "string") {
      const params = second == null ? { name: first } : { name: first, arguments: second };
      return this.#calls.call("tools/call", params, third);
    }
    return this.#calls.call("tools/call", { ...first }, optionsOf(second, third));
  }

  /** @param {CallOptions} [options] */
  ping(options) {
    return this.#calls.call(this.#session?.ping ?? "ping", {}, options);
  }

  /** @param {string} level @param {CallOptions} [options] */
  async setLoggingLevel(level, options) {
    const told = this.#connection.core?.setLogLevel(String(level));
    if (told === words.LOG_LEVEL_UNKNOWN) throw noLevel(level);
    return told === words.LOG_LEVEL_SET ? {} : this.#calls.call("logging/setLevel", { level }, options);
  }

  /** @param {object} filter @param {import("../types/subscription.js").ListenOptions} [options] */
  async listen(filter, options) {
    const { Subscription } = this.#changes.module ?? (await this.#changes.load());
    const subscription = new Subscription(options);
    subscription.follow(this.#calls.call("subscriptions/listen", { notifications: filter }, options, { subscription }));
    return subscription.opened;
  }

  /**
   * @param {{ method: string, params?: Params }} request
   * @param {CallOptions} [second]
   * @param {CallOptions} [third]
   */
  request({ method, params }, second, third) {
    return this.#calls.call(method, { ...params }, optionsOf(second, third));
  }

  /** @param {{ method: string, params?: unknown }} notification */
  async notification({ method, params }) {
    if (!this.#connection.core?.notify(method, params)) throw new ClosedError(`${method}: not connected; it was not sent`, false);
    this.#connection.drain();
  }

  /** @param {string} method @param {(notification: Told) => unknown} handler */
  setNotificationHandler(method, handler) {
    checkHandler("handler", handler);
    this.#inbound.notificationHandlers.set(method, handler);
    this.#weigh();
  }

  /** @param {string} method */
  removeNotificationHandler(method) {
    this.#inbound.notificationHandlers.delete(method);
    this.#weigh();
  }

  #weigh() {
    this.#scans = !this.#options.messageHandler && !this.#inbound.notificationHandlers.has("notifications/progress");
  }

  /** @param {string} method @param {import("./inbound.js").RequestHandler} handler */
  setRequestHandler(method, handler) {
    checkHandler("handler", handler);
    this.#inbound.requestHandlers.set(method, handler);
    this.#declare();
  }

  #declare() {
    const { capabilities, tasks } = this.#options;
    if (this.#inbound.requestHandlers.size) this.#inbound.load();
    const handles = (/** @type {string} */ method) => this.#inbound.requestHandlers.has(method);
    this.#connection.core?.declare({ ...capabilities }, handles("sampling/createMessage"), handles("elicitation/create"), handles("roots/list"), !!tasks);
  }

  get calls() {
    return this.#calls.board;
  }

  diagnostics() {
    return diagnosticsOf(this.#connection.core, this.#calls, this.#table, this.#oddities, this.#session);
  }

  /** @param {string | URL} url @param {import("../types/diagnosis.js").DiagnoseOptions} [options] */
  async diagnose(url, options) {
    return (await diagnosis())(url, merge({ mode: this.#options.mode, info: this.#info }, options));
  }

  async close() {
    const reason = "the client was closed";
    const { core, transport } = this.#connection;
    this.#connection.closed(transport, reason, true);
    // It may not even have begun.
    if (!(core && transport) && this.#connecting) this.#disconnected({ code: "CLOSED", message: reason, sent: false });
    await this.#connection.left;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  /** Makes the core, unless the connection that it is for was given up. @param {() => boolean} wanted @param {(core: import("../wasm/core.js").Core) => void} tell */
  async #start(wanted, tell) {
    // Who is told of changes of lists listens as soon as it is connected.
    const [{ Core }] = await Promise.all([ready(), this.#options.listChanged && this.#changes.load().catch(() => {})]);
    if (!wanted()) return;
    tell(this.#connection.use(coreOf(Core, this.#info, /** @type {ClientOptions} */ (this.#options))));
  }

  /** Does a step of the core. @param {number} step @param {number} slot whose call it is about @param {number} id */
  #act(step, slot, id) {
    const connection = this.#connection;
    const core = /** @type {import("../wasm/core.js").Core} */ (connection.core);
    const call = this.#table.at(slot);
    switch (step) {
      case words.STEP_CONNECTED: {
        this.#session = core.value();
        /** @type {Mover} */ (connection.transport).setProtocolVersion?.(this.protocolVersion);
        const connecting = this.#connecting;
        this.#connecting = undefined;
        connecting?.resolve();
        const { listChanged } = this.#options;
        // Before anything else is read: the server may tell of a change at once.
        if (listChanged && connecting) this.#changes.watch(/** @type {Whole} */ (/** @type {unknown} */ (this)), listChanged, (error) => this.#fault(error));
        return;
      }
      case words.STEP_DISCONNECTED:
        return this.#disconnected(core.value(), core.other());
      case words.STEP_PROGRESS: {
        const numbers = connection.view();
        const total = words.optional(numbers[words.PLACE_TOTAL]);
        return call?.deliver(numbers[words.PLACE_PROGRESS], total, core.other(), core.value());
      }
      case words.STEP_RESOLVE:
        return this.#calls.settle(slot, core.value());
      case words.STEP_REJECT:
        return this.#calls.settle(slot, undefined, core.value());
      case words.STEP_TOOLS:
        return this.#calls.learn(core.value());
      case words.STEP_NOTIFICATION:
        return this.#inbound.notify(core.value());
      case words.STEP_REQUEST:
        return this.#inbound.answer(core.value(), core.other(), call);
      case words.STEP_STALLED:
        return call?.stall(true);
      case words.STEP_INPUT:
        return call && this.#inbound.input(call, id, core.value(), core.other());
      case words.STEP_LEG:
        return call?.proceed(id);
      case words.STEP_TASK:
        if (call) call.task = core.value();
        return attempt(() => call?.onTaskStatus?.(/** @type {import("../types/tools.js").Task} */ (call.task), call.context));
      case words.STEP_WITHDRAWN:
        return this.#inbound.withdraw(core.value(), core.other());
      case words.STEP_ACKNOWLEDGED:
        return call?.subscription?.open(core.value());
      case words.STEP_UPDATE:
        return call?.subscription?.deliver(core.value());
      case words.STEP_INTERRUPTED:
        return call?.subscription?.interrupt(toError(core.value(), "subscriptions/listen"));
      case words.STEP_ODD:
        return this.#oddities.keep(connection.view()[words.PLACE_ODD], () => factsIn(core.value()), this.#session);
      case words.STEP_FAULT:
        return this.#fault(toError(core.value(), "the connection"));
    }
  }

  /** @param {Failure} detail @param {Failure} [second] what failed after that */
  #disconnected(detail, second) {
    const connecting = this.#connecting;
    this.#session = this.#connecting = undefined;
    this.#inbound.forget();
    if (!connecting) {
      this.#connection.detach();
      return attempt(() => this.onclose?.());
    }
    const { what, cause, reject } = connecting;
    const error = toError(detail, what, cause);
    if (second) Object.defineProperty(error, "cause", { value: toError(second, what), configurable: true, writable: true });
    this.#inbound.others.unconnected?.(error);
    this.#connection.detach();
    reject(error);
  }

  /** @param {Error} error */
  #fault(error) {
    attempt(() => this.onerror?.(error));
  }

  static {
    define(Client.prototype, (client, ...request) => client.#calls.call(...request));
    throughProxies(Client);
  }
}
