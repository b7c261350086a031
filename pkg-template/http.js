// Streamable HTTP: moves what the core says by `fetch`, and tells the core what came of it.
import { enter } from "./crowd.js";
import { ClosedError, report, toError } from "./errors.js";
import { itself, throughProxies } from "./itself.js";
import { ready } from "./load.js";
import { MAX_MESSAGE_SIZE, outline, oversize, tooLarge } from "./size.js";
import { read, write } from "./text.js";

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
  /** Gets all that has happened instead of the others. @type {((http: import("./core.js").Http) => void) | undefined} */
  onnews;
  /** Takes events of a stream that it can read faster. @type {((http: import("./core.js").Http, exchange: number) => void) | undefined} */
  onevents;
  /** Makes the JSON value of a text, or undefined. @type {(text: string) => any} */
  parse = parse;

  /** The session in use. @type {string | undefined} */
  sessionId;
  /** The largest message either way, in bytes. */
  maxMessageSize;

  #url;
  #options;
  /** @type {import("./core.js").Http | undefined} */
  #http;
  /** The exchanges under way. @type {Map<number, AbortController>} */
  #exchanges = new Map();
  /** Headers of single messages. @type {WeakMap<object, any>} */
  #headers = new WeakMap();
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
  }

  async start() {
    const { Http } = await ready();
    this.#http ??= new Http();
  }

  /** @param {any} message @param {any} [options] @returns {Promise<void>} */
  async send(message, options) {
    const http = this.#http;
    if (!http) throw new ClosedError("the transport is not open", false);
    if (options?.headers) this.#headers.set(message, options.headers);
    const exchange = http.send(message);
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
    http.close();
    const { last } = this.#act(http);
    this.onclose?.();
    await last;
  }

  /** Does what is to be done; returns when to do so again. @param {import("./core.js").Http} http */
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
      }, Math.max(deadline - now(), 0));
      // A connection that may go on later is no reason for a Node process to stay.
      if (!this.#exchanges.size) this.#timer.unref?.();
    }
  }

  /** @param {import("./core.js").Http} http @param {number} [exchange] */
  #tell(http, exchange) {
    const news = http.news();
    for (let i = 0; i < news.length; i += 2) {
      const [kind, value] = [news[i], news[i + 1]];
      const sent = this.#sent.get(exchange ?? 0);
      if (kind === 1) this.onmessage?.(value);
      else if (kind === 2 && sent) sent.reject(toError(value, "the request"));
      else if (kind === 4) this.close();
      else this.onerror?.(toError(value, "the connection"));
    }
  }

  /**
   * One exchange, from its request to the end of its answer.
   * @param {import("./core.js").Http} http
   * @param {[exchange: number, method: string, pairs: string[], value: any]} action
   */
  async #exchange(http, [exchange, method, pairs, value]) {
    const controller = new AbortController();
    const { signal } = controller;
    this.#exchanges.set(exchange, controller);
    const { fetch: call = globalThis.fetch, headers: given } = this.#options;
    let sent = false;
    let leave = () => {};
    try {
      const body = value === undefined ? undefined : write(value);
      const error = body && oversize(body, this.maxMessageSize);
      if (error) throw error;
      const headers = new Headers(typeof given === "function" ? await given() : given);
      new Headers(this.#headers.get(value)).forEach((text, name) => headers.set(name, text));
      for (let i = 0; i < pairs.length; i += 2) headers.set(/** @type {string} */ (pairs[i]), /** @type {string} */ (pairs[i + 1]));
      signal.throwIfAborted();
      this.sessionId = headers.get("mcp-session-id") ?? undefined;
      if (body) this.#trace("sent", body);
      sent = true;
      const response = await call(this.#url, {
        method,
        headers,
        body,
        signal,
        redirect: "error",
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
      });
      const header = (/** @type {string} */ name) => response.headers.get(name) ?? "";
      const kind = http.head(exchange, response.status, header("content-type"), header("mcp-session-id"));
      // Something may have waited for this head.
      this.#drain(exchange);
      if (!kind) return;
      if (response.ok) this.#sent.get(exchange)?.resolve();
      if (kind === 2) leave = enter(this.#url);
      const text = await this.#read(http, exchange, response, kind === 2);
      if (signal.aborted) return;
      if (kind === 2) http.failed(exchange, sent, undefined, now());
      else http.message(exchange, this.parse(text), text.slice(0, EXCERPT), now());
    } catch (cause) {
      if (!signal.aborted) http.failed(exchange, sent, cause ?? "unknown", now());
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
   * @param {import("./core.js").Http} http
   * @param {number} exchange
   * @param {Response} response
   * @param {boolean} streams
   */
  async #read(http, exchange, response, streams) {
    const reader = response.body?.getReader();
    const whole = new TextDecoder();
    let text = "";
    let size = 0;
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) break;
      if (streams) {
        this.#chunk(http, exchange, value);
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

  /** @param {import("./core.js").Http} http @param {number} exchange @param {Uint8Array} chunk */
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

  /** An event is not read: it may be the answer. @param {import("./core.js").Http} http @param {number} exchange @param {Uint8Array} begins */
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

/** The JSON value of a text, or undefined. @param {string} text */
function parse(text) {
  try {
    return read(text);
  } catch {}
}
