// Streamable HTTP: moves what the core says by `fetch`, and tells the core what came of it.
import { ClosedError, attempt, report, toError } from "../base/errors.js";
import { itself, throughProxies } from "../base/itself.js";
import { read, write } from "../base/json.js";
import { MAX_MESSAGE_SIZE, outline, oversize, tooLarge } from "../base/size.js";
import { ready } from "../wasm/load.js";
import { enter } from "./crowd.js";
import { headersOf, identityNow, identityOf } from "./identity.js";

/** The longest that a timer of the platform takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1;
/** What a transport does by itself that is told to go on with a session. */
const LATEST_SESSION = "2025-11-25";
/** How much of a body an error quotes. */
const EXCERPT = 500;

const now = () => performance.now();
const decoder = new TextDecoder();

/** The client's end of a Streamable HTTP endpoint, in the shape of the TypeScript SDK's `Transport`. */
export class StreamableHttpTransport {
  /** @type {((message: any) => void) | undefined} */
  onmessage;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;
  /** Gets all that has happened instead of the others. @type {((http: import("../wasm/core.js").Http) => void) | undefined} */
  onnews;
  /** Takes events of a stream that it can read faster. @type {((http: import("../wasm/core.js").Http, exchange: number) => void) | undefined} */
  onevents;
  /** Hears whom a request is sent for. @type {((identity: string, id: any) => void) | undefined} */
  onidentity;
  /** Makes the JSON value of a text, or undefined. @type {(text: string) => any} */
  parse = parse;

  /** The session in use. @type {string | undefined} */
  sessionId;
  /** The largest message either way, in bytes. */
  maxMessageSize;
  /** The revision that is spoken. @type {string | undefined} */
  protocolVersion;

  #url;
  #options;
  /** @type {import("../wasm/core.js").Http | undefined} */
  #http;
  /** The exchanges under way. @type {Map<number, AbortController>} */
  #exchanges = new Map();
  /** The options of single messages. @type {WeakMap<object, any>} */
  #given = new WeakMap();
  /** What `send` has promised. @type {Map<number, { resolve: (value?: any) => void, reject: (error: any) => void }>} */
  #sent = new Map();
  /** @type {any} */
  #timer;
  #timerAt = Infinity;

  /**
   * @param {string | URL} url
   * @param {any} [options]
   */
  constructor(url, options = {}) {
    itself(this);
    this.#url = String(url);
    this.#options = options;
    this.maxMessageSize = options.maxMessageSize ?? MAX_MESSAGE_SIZE;
    this.sessionId = options.sessionId;
    this.protocolVersion = options.protocolVersion;
  }

  async start() {
    const { Http } = await ready();
    if (this.#http) return;
    const http = (this.#http = new Http());
    const { initialReconnectionDelay = 1000, maxReconnectionDelay = 30_000, reconnectionDelayGrowFactor = 2, maxRetries = 10 } =
      this.#options.reconnectionOptions ?? {};
    http.pauses(initialReconnectionDelay, maxReconnectionDelay, reconnectionDelayGrowFactor, maxRetries);
    if (this.sessionId !== undefined) http.adopt(this.sessionId, (this.protocolVersion ??= LATEST_SESSION));
  }

  /** @param {string | undefined} version */
  setProtocolVersion(version) {
    this.protocolVersion = version;
  }

  /** Whom a call with these options would be sent for; undefined if that cannot be told at once. @param {any} [options] */
  identity(options) {
    return identityNow(this.#options.headers, options?.headers);
  }

  /** @param {any} message @param {any} [options] @returns {Promise<void>} */
  async send(message, options) {
    const http = this.#http;
    if (!http) throw new ClosedError("the transport is not open", false);
    if (options) this.#given.set(message, options);
    const exchange = http.send(message, options?.timeout ?? NaN, options?.resumptionToken);
    /** @type {Promise<void> | undefined} */
    const done = this.onnews || !exchange ? undefined : new Promise((resolve, reject) => this.#sent.set(exchange, { resolve, reject }));
    this.#drain();
    return done;
  }

  async close() {
    const http = this.#http;
    if (!http) return;
    this.#http = undefined;
    clearTimeout(this.#timer);
    const keep = this.#options.keepSession === true;
    http.close(keep);
    const { last } = this.#act(http);
    if (!keep) this.sessionId = undefined;
    this.onclose?.();
    await last;
  }

  /** Ends the session on the server, and nothing else. */
  async terminateSession() {
    const http = this.#http;
    if (!http) return;
    http.endSession();
    this.sessionId = undefined;
    await this.#act(http).last;
  }

  /** Does what is to be done; returns when to do so again. @param {import("../wasm/core.js").Http} http */
  #act(http) {
    const started = [];
    const [deadline, ...actions] = http.actions(now());
    for (const action of actions) {
      if (typeof action === "number") this.#exchanges.get(action)?.abort();
      else started.push(this.#exchange(http, action));
    }
    return { deadline, last: Promise.all(started) };
  }

  /** @param {number} [exchange] the one that something happened to */
  #drain(exchange) {
    const http = this.#http;
    if (!http) return;
    if (this.onnews) {
      // Who has put another handler in the client's place, or before it, hears of every message.
      if (!this.#isFast) for (const message of http.messages()) this.onmessage?.(message);
      this.onnews(http);
    } else this.#tell(http, exchange);
    const { deadline } = this.#act(http);
    if (deadline < this.#timerAt) {
      clearTimeout(this.#timer);
      this.#timerAt = deadline;
      this.#timer = setTimeout(() => {
        this.#timerAt = Infinity;
        this.#drain();
      }, Math.min(Math.max(deadline - now(), 0), LONGEST));
      // A connection that may go on later is no reason for a Node process to stay.
      if (!this.#exchanges.size) this.#timer.unref?.();
    }
  }

  /** @param {import("../wasm/core.js").Http} http @param {number} [exchange] */
  #tell(http, exchange) {
    const news = http.news();
    for (let i = 0; i < news.length; i += 2) {
      const [kind, value] = [news[i], news[i + 1]];
      const sent = this.#sent.get(exchange ?? 0);
      if (kind === 1) this.onmessage?.(value);
      else if (kind === 8) this.onmessage?.(value[0]);
      else if (kind === 4) this.close();
      else if (kind === 6) continue;
      else if (sent && value.code !== "PROTOCOL_ERROR") sent.reject(toError(value, "the request"));
      else this.onerror?.(toError(value, "the connection"));
    }
  }

  /**
   * One exchange, from its request to the end of its answer.
   * @param {import("../wasm/core.js").Http} http
   * @param {[exchange: number, method: string, pairs: string[], value: any, about: any]} action
   */
  async #exchange(http, [exchange, method, pairs, value, about]) {
    const controller = new AbortController();
    const { signal } = controller;
    this.#exchanges.set(exchange, controller);
    const { fetch: call = globalThis.fetch, headers: given, requestInit } = this.#options;
    const own = this.#given.get(about);
    let sent = false;
    let headed = false;
    let leave = () => {};
    try {
      const body = value === undefined ? undefined : write(value);
      const error = body && oversize(body, this.maxMessageSize);
      if (error) throw error;
      const headers = headersOf(typeof given === "function" ? await given() : given);
      headersOf(own?.headers).forEach((text, name) => headers.set(name, text));
      this.onidentity?.(identityOf(headers), value?.method === undefined ? 0 : value.id);
      for (let i = 0; i < pairs.length; i += 2) headers.set(/** @type {string} */ (pairs[i]), /** @type {string} */ (pairs[i + 1]));
      signal.throwIfAborted();
      if (body) this.#trace("sent", body);
      sent = true;
      const response = await call(this.#url, {
        redirect: "error",
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        ...requestInit,
        method,
        headers,
        body,
        signal,
      });
      const header = (/** @type {string} */ name) => response.headers.get(name) ?? "";
      const { status } = response;
      headed = true;
      const kind = http.head(exchange, status, header("content-type"), header("mcp-session-id"), delay(header("retry-after")), response.headers);
      if (this.#http === http) this.sessionId = /** @type {any} */ (http.session());
      // Something may have waited for this head.
      this.#drain(exchange);
      if (!kind) return;
      if (response.ok) this.#sent.get(exchange)?.resolve();
      if (kind === 2) leave = enter(this.#url);
      const text = await this.#read(http, exchange, response, kind === 2, own?.onresumptiontoken);
      if (signal.aborted) return;
      if (kind === 2) http.failed(exchange, sent, false, undefined, now());
      else http.message(exchange, this.parse(text), text.slice(0, EXCERPT), now());
    } catch (cause) {
      const refused = sent && !headed ? isRefused(cause) : undefined;
      if (!signal.aborted) http.failed(exchange, sent && refused !== true, refused !== undefined, cause ?? new Error("no reason was given"), now());
      // What is not read to its end would hold a connection.
      controller.abort();
    } finally {
      leave();
      this.#exchanges.delete(exchange);
      this.#drain(exchange);
      this.#sent.get(exchange)?.resolve();
      this.#sent.delete(exchange);
    }
  }

  /**
   * Reads a body: its text, or its events as they come.
   * @param {import("../wasm/core.js").Http} http
   * @param {number} exchange
   * @param {Response} response
   * @param {boolean} streams
   * @param {((id: string) => void) | undefined} tell is told the ids of events
   */
  async #read(http, exchange, response, streams, tell) {
    const reader = response.body?.getReader();
    const whole = new TextDecoder();
    let text = "";
    let size = 0;
    let last;
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) break;
      if (streams) {
        this.#chunk(http, exchange, value);
        const id = /** @type {any} */ (tell && http.lastEvent(exchange));
        if (id !== undefined && id !== last) attempt(() => tell?.((last = id)));
      } else {
        text += whole.decode(value, { stream: true });
        size += value.length;
        if (size > this.maxMessageSize) throw tooLarge(this.maxMessageSize);
      }
    }
    if (text) this.#trace("received", text);
    return text;
  }

  get #isFast() {
    return !this.onmessage || /** @type {any} */ (this.onmessage).fast;
  }

  /** @param {import("../wasm/core.js").Http} http @param {number} exchange @param {Uint8Array} chunk */
  #chunk(http, exchange, chunk) {
    http.feed(exchange, chunk);
    for (;;) {
      // Who wants to see every text cannot have it faster.
      if (!this.#options.trace && this.#isFast) this.onevents?.(http, exchange);
      const data = http.event(exchange);
      if (!data) break;
      if (data.length > this.maxMessageSize) {
        this.#refuse(http, exchange, data);
        continue;
      }
      const text = decoder.decode(data);
      this.#trace("received", text);
      http.message(exchange, this.parse(text), "", now());
      this.#drain(exchange);
    }
    // What is on its way may be too large already.
    const begins = http.cut(exchange, this.maxMessageSize);
    if (begins) this.#refuse(http, exchange, begins);
    this.#drain(exchange);
  }

  /** An event is not read: it may be the answer. @param {import("../wasm/core.js").Http} http @param {number} exchange @param {Uint8Array} begins */
  #refuse(http, exchange, begins) {
    http.refuse(exchange, outline(decoder.decode(begins)).answers === true, tooLarge(this.maxMessageSize));
  }

  /** @param {"sent" | "received"} direction @param {string} text */
  #trace(direction, text) {
    try {
      this.#options.trace?.(direction, text);
    } catch (error) {
      report(error);
    }
  }
}

throughProxies(StreamableHttpTransport);

/** What `Retry-After` asks for, in milliseconds: it holds seconds, or a date. @param {string} text */
function delay(text) {
  if (!text) return NaN;
  return Number(text) >= 0 ? Number(text) * 1000 : Math.max(Date.parse(text) - Date.now(), 0);
}

/**
 * Whether nobody is there: true where the platform says so, false where it may be so, because it says
 * nothing at all; undefined if it is something else.
 * @param {any} cause
 */
function isRefused(cause) {
  const code = cause?.cause?.code ?? cause?.code;
  if (typeof code === "string") return /REFUSED/i.test(code) || undefined;
  return cause instanceof TypeError && globalThis.navigator?.onLine !== false ? false : undefined;
}

/** The JSON value of a text, or undefined. @param {string} text */
function parse(text) {
  try {
    return read(text);
  } catch {}
}
