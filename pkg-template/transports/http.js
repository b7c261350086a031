// Streamable HTTP in the shape of the TypeScript SDK's transports. What moves the bytes, and the part of
// the module that knows what they mean, is loaded when the first is started.
import { fast } from "../base/handlers.js";
import * as words from "../wasm/words.js";
import { ABILITIES, itself, loadedForHttp, MAX_MESSAGE_SIZE, notOpen, throughProxies, toError } from "./common.js";
import { identityNow } from "./identity.js";

/** What a transport does by itself that is told to go on with a session. */
const LATEST_SESSION = "2025-11-25";

/** The client's end of a Streamable HTTP endpoint, in the shape of the TypeScript SDK's `Transport`. */
export class StreamableHttpTransport {
  /** @type {import("../types/inside.js").Marked<(message: unknown) => void> | undefined} */
  onmessage;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;
  /** The revision that is spoken. @type {string | undefined} */
  protocolVersion;
  /** The client whose transport this is. @type {import("./first.js").Speaker | undefined} */
  speaker;

  #options;
  #url;
  #maxMessageSize;
  /** What there is once it has been started. @type {import("./exchanges.js").Exchanges | undefined} */
  #exchanges;
  /** The session that was given, or is kept. @type {string | undefined} */
  #session;
  /** What `send` has promised. @type {Map<number, { resolve: (value?: void) => void, reject: (error: unknown) => void }>} */
  #sent = new Map();

  /**
   * @param {string | URL} url
   * @param {import("../types/inside.js").NetOptions} [options]
   */
  constructor(url, options = {}) {
    itself(this);
    this.#url = String(url);
    const { auth, requestInit, headers = requestInit?.headers, server = this.#url } = options;
    this.#options = { ...options, headers };
    /** Who lets it in, and the address that this one is asked about. */
    this.access = { auth, server };
    this.#maxMessageSize = options.maxMessageSize ?? MAX_MESSAGE_SIZE;
    this.#session = options.sessionId;
    this.protocolVersion = options.protocolVersion;
  }

  /** @returns {import("../base/abilities.js").Own} */
  get [ABILITIES]() {
    return { fetcher: this.#exchanges?.fetcher, exchanges: true, announces: true };
  }

  /** The largest message either way, in bytes. */
  get maxMessageSize() {
    return this.#maxMessageSize;
  }

  set maxMessageSize(size) {
    this.#maxMessageSize = size;
    if (this.#exchanges) this.#exchanges.fetcher.maxMessageSize = size;
  }

  /** The session in use. @returns {string | undefined} */
  get sessionId() {
    const core = this.#exchanges?.fetcher.core;
    return core ? core.session() : this.#session;
  }

  async start() {
    if (this.#session !== undefined) this.protocolVersion ??= LATEST_SESSION;
    const { Exchanges } = await loadedForHttp();
    const settle = (/** @type {number} */ exchange) => this.#sent.get(exchange)?.resolve();
    this.#exchanges ??= new Exchanges(
      this.#url,
      { ...this.#options, maxMessageSize: this.#maxMessageSize, protocolVersion: this.protocolVersion },
      (step, value, exchange) => this.#hear(step, value, exchange),
      {
        accepted: settle,
        ended: (exchange) => {
          settle(exchange);
          this.#sent.delete(exchange);
        },
      },
    );
    await this.#exchanges.start(this);
  }

  /** @param {string | undefined} version */
  setProtocolVersion(version) {
    this.protocolVersion = version;
  }

  /** Whom a call with these options would be sent for; undefined if that cannot be told at once. @param {import("../types/inside.js").SendOptions} [options] */
  identity(options) {
    return identityNow(this.#options, options?.headers);
  }

  /** @param {object} message @param {import("../types/inside.js").SendOptions} [options] @returns {Promise<void>} */
  async send(message, options) {
    const exchanges = this.#exchanges;
    if (!exchanges) throw notOpen("the transport");
    const { fetcher } = exchanges;
    const exchange = exchanges.send(message, options);
    /** @type {Promise<void> | undefined} */
    let done;
    // A client learns by other ways what became of it.
    if (exchange && !fetcher.joined) done = new Promise((resolve, reject) => this.#sent.set(exchange, { resolve, reject }));
    fetcher.host.drain();
    return done;
  }

  async close() {
    this.speaker = undefined;
    const exchanges = this.#exchanges;
    const core = exchanges?.fetcher.core;
    if (!core) return exchanges?.close();
    this.#session = this.#options.keepSession === true ? core.session() : undefined;
    const closed = exchanges.close();
    this.onclose?.();
    await closed;
  }

  /** Ends the session on the server, and nothing else. */
  async terminateSession() {
    await this.#exchanges?.end();
  }

  /** @param {number} step @param {any} value as the step has it @param {number} [exchange] */
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
