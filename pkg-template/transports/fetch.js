// Moves what a core says by `fetch`, and tells the core what came of it.
import { attempt, headersOf, identityOf, outline, oversize, part, read, tooLarge, write } from "./common.js";
import * as words from "../wasm/words.js";
import { enter } from "./crowd.js";
import { ahead } from "./first.js";

/** How much of a body an error quotes. */
const EXCERPT = 500;
/** From how many bytes on a body is large. */
const LARGE = 256 * 1024;

const now = () => performance.now();
const decoder = new TextDecoder();

/** @typedef {import("../types/inside.js").NetOptions} NetOptions */
/** @typedef {(Error & { code?: unknown, cause?: { code?: unknown } }) | undefined} RefusedCause */
/** @typedef {import("../types/inside.js").SendOptions} SendOptions */
/**
 * What the core wants started: its number, HTTP method, headers (names and values in turn), body, and the
 * message that it is about.
 * @typedef {[exchange: number, method: string, pairs: string[], value: { method?: string, id: number } | undefined, about: object]} Action
 */

/**
 * Whom a fetcher works for.
 * @typedef {object} Host
 * @property {(exchange?: number) => void} drain does what the core wants done
 * @property {boolean} scans whether ordinary progress is taken from the bytes
 * @property {boolean} shows whether messages are handed out before the client has them
 * @property {(count: number, read: import("../wasm/records.js").Read) => void} deliver takes so many records out of the core's table
 * @property {(text: string) => unknown} [read] makes the JSON value of a text, or undefined
 * @property {(identity: string, id?: number) => void} [identify] hears whom a request is sent for
 * @property {(exchange: number) => void} [accepted] an exchange has got through
 * @property {(exchange: number) => void} [ended] an exchange is over
 */

export class Fetcher {
  /** Hears what becomes of the exchanges, if somebody is to. @type {import("../wasm/core.js").Core | undefined} */
  core;
  /** @type {Host} */
  host;
  /** The largest message either way, in bytes. */
  maxMessageSize;
  /** The latest exchange. @type {Promise<void> | undefined} */
  latest;

  /** The options of single messages. @type {WeakMap<object, SendOptions>} */
  given = new WeakMap();

  #own;
  #url;
  #options;
  /** What breaks the exchanges off that are under way. @type {Map<number, () => void>} */
  #exchanges = new Map();
  /** Takes what was sent before the core said so. @type {ReturnType<typeof ahead> | undefined} */
  #ahead;
  // Of the module's memory; detached, with length 0, when it has grown.
  #numbers = new Float64Array();

  /** @param {string} url @param {NetOptions & { maxMessageSize: number }} options @param {Host} host */
  constructor(url, options, host) {
    this.#url = url;
    this.#options = options;
    this.host = this.#own = host;
    this.maxMessageSize = options.maxMessageSize;
  }

  /** Whether a client's core has taken over. */
  get joined() {
    return this.host !== this.#own;
  }

  /** Whether an exchange is under way. */
  get busy() {
    return this.#exchanges.size > 0;
  }

  /** A client's core takes over. @param {import("../wasm/core.js").Core} core @param {Host} host */
  join(core, host) {
    if (this.core) core.join(this.core);
    this.core = core;
    this.host = host;
  }

  /** It goes on alone, and ends. */
  part() {
    const { core } = this;
    if (!core || !this.joined) return;
    // What waits to be sent fails as what was not.
    core.leave(true, true);
    this.host.drain();
    this.core = core.part();
    this.host = this.#own;
  }

  /** The numbers of the core's latest step. */
  view() {
    while (!this.#numbers.length) this.#numbers = /** @type {import("../wasm/core.js").Core} */ (this.core).view(words.VIEW_NUMBERS);
    return this.#numbers;
  }

  /** Breaks an exchange off. @param {number} exchange */
  abort(exchange) {
    this.#exchanges.get(exchange)?.();
  }

  /**
   * Starts an exchange.
   * @param {Action} action
   * @param {(about: object) => SendOptions | undefined} [own] the options of the message that it is about, unless it was sent with some
   */
  start(action, own) {
    const about = action[4];
    const options = about && (this.given.get(about) ?? own?.(about));
    // It may be said again when its call is over.
    if (options) this.given.set(about, options);
    this.latest = this.#exchange(action, options);
  }

  /**
   * One exchange, from its request to the end of its answer.
   * @param {Action} action
   * @param {SendOptions | undefined} own
   */
  async #exchange([exchange, method, pairs, value], own) {
    const controller = new AbortController();
    const { signal } = controller;
    /** @type {{ reader?: ReadableStreamDefaultReader<Uint8Array> }} */
    const hold = {};
    const stop = () => {
      controller.abort();
      // Node does not end a body by the signal once it has garbage-collected a request that refuses redirects.
      hold.reader?.cancel().catch(() => {});
    };
    this.#exchanges.set(exchange, stop);
    const { headers: given, auth } = this.#options;
    let sent = false;
    let headed = false;
    let leave = () => {};
    try {
      const body = value === undefined ? undefined : write(value);
      const error = body && oversize(body, this.maxMessageSize);
      if (error) throw error;
      const headers = headersOf(typeof given === "function" ? await given() : given, own?.headers);
      signal.throwIfAborted();
      if (body) this.#trace("sent", body);
      sent = true;
      const send = async () => {
        // By what is the caller's: the protocol's headers are others for each request.
        this.host.identify?.(identityOf(headers), value?.method ? value.id : undefined);
        const all = new Headers(headers);
        for (let i = 0; i < pairs.length; i += 2) all.set(/** @type {string} */ (pairs[i]), /** @type {string} */ (pairs[i + 1]));
        signal.throwIfAborted();
        return this.taken(body, signal) ?? this.#send(method, all, body, signal);
      };
      /** @type {Response & { refusal?: unknown }} */
      const response = await (auth ? (await part(import("./authorized.js"))).ask(/** @type {NetOptions & { auth: import("../types/authorizer.js").Authorizer }} */ (this.#options), this.#url, method, headers, signal, send) : send());
      const header = (/** @type {string} */ name) => response.headers.get(name) ?? "";
      const { status } = response;
      headed = true;
      const found = this.core?.head(exchange, status, header("content-type"), header("mcp-session-id"), delay(header("retry-after")), response.refusal ?? response.headers, now()) ?? 0;
      if (response.ok) this.host.accepted?.(exchange);
      // Something may have waited for this head.
      if (found & words.FOUND_STIRS) this.host.drain(exchange);
      const reading = found & ~words.FOUND_STIRS;
      const streams = reading === words.BODY_EVENTS;
      if (reading === words.BODY_NONE) return stop();
      if (streams) leave = enter(this.#url);
      hold.reader = response.body?.getReader();
      const text = await this.#read(exchange, hold, response.body, streams, own?.onresumptiontoken);
      if (signal.aborted || !this.core) return;
      if (!streams) this.core.message(exchange, this.#parse(text), text.slice(0, EXCERPT), this.host.shows, now());
      else if (!this.core.broken(exchange, sent, false, undefined, now())) return;
      this.host.drain(exchange);
    } catch (cause) {
      const refused = sent && !headed ? isRefused(/** @type {RefusedCause} */ (cause)) : undefined;
      if (!signal.aborted && this.core) {
        this.core.broken(exchange, sent && refused !== true, refused !== undefined, cause ?? new Error("no reason was given"), now());
        this.host.drain(exchange);
      }
      // What is not read to its end would hold a connection.
      stop();
    } finally {
      leave();
      this.#exchanges.delete(exchange);
      this.host.ended?.(exchange);
    }
  }

  /** @param {string} method @param {Headers} headers @param {string | undefined} body @param {AbortSignal} signal */
  async #send(method, headers, body, signal) {
    const { fetch: call = globalThis.fetch, requestInit } = this.#options;
    return call(this.#url, {
      redirect: "error",
      credentials: "omit",
      // No cache answers anything else, and where the page is of another origin, this would make the browser ask
      // the server for leave before each request.
      cache: method === "GET" ? "no-store" : undefined,
      referrerPolicy: "no-referrer",
      ...requestInit,
      method,
      headers,
      body,
      signal,
    });
  }

  /** Sends what the core will say first, as far as anybody knows. @param {object} message @param {Record<string, string>} more its headers */
  ahead(message, more) {
    const { headers: given, auth } = this.#options;
    // Who has to be asked for headers is asked once, as is the server.
    if (auth || this.#ahead || typeof given === "function") return;
    try {
      const headers = headersOf(given, more);
      const body = write(message);
      if (!oversize(body, this.maxMessageSize)) this.#ahead = ahead(body, (signal) => this.#send("POST", headers, body, signal));
    } catch {
      // The request itself will tell.
    }
  }

  /** The answer to what was sent ahead, if it is that; otherwise nobody wants it. @param {string} [body] @param {AbortSignal} [signal] */
  taken(body, signal) {
    const take = this.#ahead;
    this.#ahead = undefined;
    return take?.(body, signal);
  }

  /**
   * Reads a body: its text, or its events as they come.
   * @param {number} exchange
   * @param {{ reader?: ReadableStreamDefaultReader<Uint8Array> }} hold without a reader if there is no body
   * @param {ReadableStream<Uint8Array> | null} body
   * @param {boolean} streams
   * @param {((id: string) => void) | undefined} tell is told the ids of events
   */
  async #read(exchange, hold, body, streams, tell) {
    /** What has come of the body, or of a long event. @type {Uint8Array[]} */
    const chunks = [];
    let size = 0;
    let text;
    let last;
    for (let value; text === undefined && (value = (await hold.reader?.read())?.value); ) {
      if (streams) {
        this.#chunk(exchange, value, chunks);
        const id = /** @type {string | undefined} */ (tell && this.core?.lastEvent(exchange));
        if (id !== undefined && id !== last) attempt(() => tell?.((last = id)));
      } else {
        chunks.push(value);
        if ((size += value.length) > Math.min(LARGE, this.maxMessageSize)) text = await (await part(import("./seldom.js"))).rest(hold, body, chunks, this.maxMessageSize);
      }
    }
    // What there is of an event that has no end is none.
    text ??= streams ? "" : textOf(chunks);
    if (text) this.#trace("received", text);
    return text;
  }

  /** @param {number} exchange @param {Uint8Array | undefined} chunk @param {Uint8Array[]} parts what has come of a long event */
  #chunk(exchange, chunk, parts) {
    for (let more = true; more && this.core; chunk = undefined) {
      const { core, host } = this;
      // Who wants to see every text cannot have it faster.
      const found = core.feed(exchange, chunk, this.maxMessageSize, host.scans && !this.#options.trace);
      more = (found & words.FOUND_MORE) > 0;
      // All of it is taken before a handler runs, which may end the exchange and free what it is read from.
      const count = found & (words.FOUND_EVENT - 1);
      if (found & (words.FOUND_EVENT | words.FOUND_PART)) {
        if (!(found & words.FOUND_GOES_ON)) parts.length = 0;
        parts.push(this.#bytes(words.PLACE_DATA, words.PLACE_DATA_LENGTH).slice());
      }
      const event = found & words.FOUND_EVENT ? textOf(parts) : "";
      if (count) host.deliver(count, (flags) => {
        const text = decoder.decode(this.#bytes(words.PLACE_TEXT, words.PLACE_TEXT_LENGTH));
        // Parsed together, they take half the time that they take each by itself.
        return flags & words.FLAG_ESCAPED ? JSON.parse(`[${text}0]`).reverse() : text;
      });
      if (found & words.FOUND_OVERSIZE) {
        core.refuse(exchange, outline(event).answers === true, tooLarge(this.maxMessageSize));
      } else if (found & words.FOUND_EVENT) {
        this.#trace("received", event);
        core.message(exchange, this.#parse(event), "", host.shows, now());
      }
      if (found & (words.FOUND_EVENT | words.FOUND_STIRS)) host.drain(exchange);
    }
  }

  /** What lies in the memory, whose start and length the numbers say there. @param {number} start @param {number} length */
  #bytes(start, length) {
    const numbers = this.view();
    return new Uint8Array(numbers.buffer, numbers[start], numbers[length]);
  }

  /** @param {string} text */
  #parse(text) {
    return (this.host.read ?? parse)(text);
  }

  /** @param {"sent" | "received"} direction @param {string} text */
  #trace(direction, text) {
    attempt(() => this.#options.trace?.(direction, text));
  }
}

/** The text of all chunks together, which are given up: pieces of text would be copied once more to be parsed. @param {Uint8Array[]} chunks */
function textOf(chunks) {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks.splice(0)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const text = decoder.decode(bytes);
  // Given back before the text is parsed, where the engine can.
  /** @type {{ transfer?(length: number): unknown }} */ (bytes.buffer).transfer?.(0);
  return text;
}

/** What `Retry-After` asks for, in milliseconds: it holds seconds, or a date. @param {string} text */
function delay(text) {
  if (!text) return NaN;
  return Number(text) >= 0 ? Number(text) * 1000 : Math.max(Date.parse(text) - Date.now(), 0);
}

/**
 * Whether nobody is there: true where the platform says so, false where it may be so, because it says
 * nothing at all; undefined if it is something else.
 * @param {RefusedCause} cause
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
