// Streamable HTTP by itself, without a client: an exported transport, and what a worker has.
import { ClosedError, toError } from "../base/errors.js";
import { AUTH, FETCHER, fast } from "../base/handlers.js";
import { itself, throughProxies } from "../base/itself.js";
import { ready } from "../wasm/load.js";
import * as words from "../wasm/words.js";
import { Fetcher } from "./fetch.js";
import { identityNow } from "./identity.js";

/** The longest that a timer of the platform takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1;
/** What a transport does by itself that is told to go on with a session. */
const LATEST_SESSION = "2025-11-25";

const now = () => performance.now();

/** The exchanges of a core that has no client, and its clock. */
export class Exchanges {
  fetcher;
  #options;
  #hear;
  /** @type {any} */
  #timer;
  #timerAt = Infinity;

  /**
   * @param {string} url
   * @param {any} options
   * @param {(step: number, value: any, exchange?: number) => void} hear takes what happens, and to which exchange
   * @param {Partial<import("./fetch.js").Host>} [more]
   */
  constructor(url, options, hear, more) {
    this.#options = options;
    this.#hear = hear;
    const drain = (/** @type {number | undefined} */ exchange) => this.drain(exchange);
    this.fetcher = new Fetcher(url, options, { drain, scans: false, shows: false, deliver() {}, ...more });
  }

  async start() {
    const { Core } = await ready();
    if (this.fetcher.core) return;
    const core = (this.fetcher.core = Core.alone());
    const { initialReconnectionDelay = 1000, maxReconnectionDelay = 30_000, reconnectionDelayGrowFactor = 2, maxRetries = 10 } =
      this.#options.reconnectionOptions ?? {};
    core.pauses(initialReconnectionDelay, maxReconnectionDelay, reconnectionDelayGrowFactor, maxRetries);
    const { sessionId, protocolVersion = LATEST_SESSION } = this.#options;
    if (sessionId !== undefined) core.adopt(sessionId, protocolVersion);
  }

  /** Sends a message, with the next drain; the number of its exchange, or 0. @param {any} message @param {any} [options] */
  send(message, options) {
    const { core, given } = this.fetcher;
    if (!core) throw new ClosedError("the transport is not open", false);
    if (options) given.set(message, options);
    return core.send(message, options?.timeout ?? NaN, options?.resumptionToken);
  }

  /** Ends everything, the session too unless it is to be kept. */
  async close() {
    const { fetcher } = this;
    fetcher.part();
    const { core } = fetcher;
    if (!core) return;
    clearTimeout(this.#timer);
    core.leave(true, this.#options.keepSession === true);
    const before = fetcher.latest;
    for (let step; (step = core.poll(false)); ) this.#do(core, step);
    fetcher.core = undefined;
    if (fetcher.latest !== before) await fetcher.latest;
  }

  /** Ends the session on the server, and nothing else. */
  async end() {
    const { fetcher } = this;
    const before = fetcher.latest;
    fetcher.core?.leave(false, false);
    fetcher.host.drain();
    if (fetcher.latest !== before) await fetcher.latest;
  }

  /** Does what is to be done with exchanges; false if the step is about something else. @param {import("../wasm/core.js").Core} core @param {number} step */
  #do(core, step) {
    if (step === words.STEP_FETCH) this.fetcher.start(/** @type {any} */ (core.value()));
    else if (step === words.STEP_ABORT) this.fetcher.abort(/** @type {number} */ (this.fetcher.view()[words.PLACE_ID]));
    else return false;
    return true;
  }

  /** @param {number} [exchange] the one that something happened to */
  drain(exchange) {
    const { fetcher } = this;
    for (let core, step; (step = (core = fetcher.core)?.poll(false)); ) {
      if (core && !this.#do(core, step)) this.#hear(step, core.value(), exchange);
    }
    if (!fetcher.core) return;
    const deadline = /** @type {number} */ (fetcher.view()[words.PLACE_DEADLINE]);
    if (deadline < this.#timerAt) {
      clearTimeout(this.#timer);
      this.#timerAt = deadline;
      this.#timer = setTimeout(() => {
        this.#timerAt = Infinity;
        fetcher.core?.timeout(now());
        fetcher.host.drain();
      }, Math.min(Math.max(deadline - now(), 0), LONGEST));
      // A connection that may go on later is no reason for a Node process to stay.
      if (!fetcher.busy) this.#timer.unref?.();
    }
  }
}

/** The client's end of a Streamable HTTP endpoint, in the shape of the TypeScript SDK's `Transport`. */
export class StreamableHttpTransport {
  /** @type {((message: any) => void) | undefined} */
  onmessage;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;
  /** The revision that is spoken. @type {string | undefined} */
  protocolVersion;

  #options;
  #exchanges;
  /** The session that was given, or is kept. @type {string | undefined} */
  #session;
  /** What `send` has promised. @type {Map<number, { resolve: (value?: any) => void, reject: (error: any) => void }>} */
  #sent = new Map();

  /**
   * @param {string | URL} url
   * @param {any} [options]
   */
  constructor(url, options = {}) {
    itself(this);
    const { auth, server = String(url) } = options;
    this[AUTH] = auth && { auth, url: String(url), server };
    this.#options = options;
    this.#session = options.sessionId;
    this.protocolVersion = options.protocolVersion;
    const settle = (/** @type {number} */ exchange) => this.#sent.get(exchange)?.resolve();
    this.#exchanges = new Exchanges(String(url), options, (step, value, exchange) => this.#hear(step, value, exchange), {
      accepted: settle,
      ended: (exchange) => {
        settle(exchange);
        this.#sent.delete(exchange);
      },
    });
  }

  /** What moves the bytes, for a client's core to take over. */
  get [FETCHER]() {
    return this.#exchanges.fetcher;
  }

  /** The largest message either way, in bytes. */
  get maxMessageSize() {
    return this.#exchanges.fetcher.maxMessageSize;
  }

  set maxMessageSize(size) {
    this.#exchanges.fetcher.maxMessageSize = size;
  }

  /** The session in use. @returns {string | undefined} */
  get sessionId() {
    const { core } = this.#exchanges.fetcher;
    return core ? core.session() : this.#session;
  }

  async start() {
    if (this.#session !== undefined) this.protocolVersion ??= LATEST_SESSION;
    await this.#exchanges.start();
  }

  /** @param {string | undefined} version */
  setProtocolVersion(version) {
    this.protocolVersion = version;
  }

  /** Whom a call with these options would be sent for; undefined if that cannot be told at once. @param {any} [options] */
  identity(options) {
    return identityNow(this.#options, options?.headers);
  }

  /** @param {any} message @param {any} [options] @returns {Promise<void>} */
  async send(message, options) {
    const { fetcher } = this.#exchanges;
    const exchange = this.#exchanges.send(message, options);
    /** @type {Promise<void> | undefined} */
    let done;
    // A client learns by other ways what became of it.
    if (exchange && !fetcher.joined) done = new Promise((resolve, reject) => this.#sent.set(exchange, { resolve, reject }));
    fetcher.host.drain();
    return done;
  }

  async close() {
    const { core } = this.#exchanges.fetcher;
    if (!core) return;
    this.#session = this.#options.keepSession === true ? core.session() : undefined;
    const closed = this.#exchanges.close();
    this.onclose?.();
    await closed;
  }

  /** Ends the session on the server, and nothing else. */
  async terminateSession() {
    await this.#exchanges.end();
  }

  /** @param {number} step @param {any} value @param {number} [exchange] */
  #hear(step, value, exchange) {
    const sent = this.#sent.get(exchange ?? 0);
    if (step === words.STEP_MESSAGE || step === words.STEP_ASKED) this.onmessage?.(value);
    else if (step === words.STEP_EXPIRED) this.close();
    else if (step === words.STEP_FAULT || step === words.STEP_UNANSWERED || step === words.STEP_NOT_BEGUN) {
      if (sent && value.code !== "PROTOCOL_ERROR") sent.reject(toError(value, "the request"));
      else this.onerror?.(toError(value, "the connection"));
    }
  }
}

throughProxies(StreamableHttpTransport);
fast(StreamableHttpTransport.prototype.send);
