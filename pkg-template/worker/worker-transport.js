// A connection that a worker holds, seen from the page: what the worker posts goes to the core.
import { ABILITIES, ClosedError, factsOf, headersOf, identityNow, itself, MAX_MESSAGE_SIZE, McpError, oversize, ready, readyForHttp, report, textsOf, throughProxies, toError, wasmModule, wasmRest, write } from "../transports/common.js";
import * as words from "../wasm/words.js";
import { unpack } from "./errors.js";
import { blocked, own } from "./own.js";
import { speaking } from "./speaking.js";

/** How long a worker may take to end, in milliseconds. */
const GRACE = 2000;

const now = () => performance.now();

/**
 * How to open a transport to `url` in a worker.
 * @param {string | undefined} url
 * @param {Options} options those of `connect`
 */
export function inWorker(url, options) {
  const { worker, fetch } = options;
  /** @param {string} text */
  const misfit = (text) => {
    throw new McpError("INVALID_ARGUMENT", text);
  };
  if (worker !== true && typeof worker !== "function") misfit("worker must be true, or a function that makes a Worker");
  if (!url) misfit("a worker can hold a connection to a URL only: connect to anything else without `worker`");
  if (fetch) misfit("`fetch` cannot be handed to a worker: give `headers`, or connect without `worker`");
  return () => new WorkerTransport(/** @type {string} */ (url), options);
}

/** @typedef {import("../types/options.js").ConnectOptions & { server?: string }} Options */

class WorkerTransport {
  /** Who takes what arrives. @type {import("../client/connection.js").Connection | undefined} */
  #connection;
  /** What has come before somebody takes it. @type {any[]} */
  #early = [];
  /** @type {import("../types/inside.js").Marked<(message: unknown) => void> | undefined} */
  onmessage;
  /** @type {(() => void) | undefined} */
  onclose;
  /** The session in use. @type {string | undefined} */
  sessionId;
  /** The client whose transport this is. @type {import("../transports/first.js").Speaker | undefined} */
  speaker;
  /** The largest message either way, in bytes. */
  maxMessageSize = MAX_MESSAGE_SIZE;
  /** Whether the server has ended it with its authorization. */
  expired = false;

  #url;
  #options;
  /** @type {Worker | undefined} */
  #worker;
  /** Waits for the connection. @type {{ resolve: () => void, reject: (error: unknown) => void } | undefined} */
  #opening;
  /** Whether the worker's script runs. */
  #ready = false;
  #closed = false;
  /** Ends what watches the worker. */
  #watch = new AbortController();
  /** What functions of the application have thrown. @type {Map<number, unknown>} */
  #kept = new Map();

  /** @param {string} url @param {Options} options */
  constructor(url, options) {
    itself(this);
    this.#url = url;
    // Over a WebSocket there are no headers, and so nobody to tell apart.
    if (!url.startsWith("http")) /** @type {{ identity?: unknown }} */ (this).identity = undefined;
    this.#options = options;
    const { auth, server = url } = options;
    this.access = { auth, server };
  }

  /** @returns {import("../base/abilities.js").Own} */
  get [ABILITIES]() {
    return {
      attach: (connection) => {
        this.#connection = connection;
        for (const batch of this.#early.splice(0)) this.#batch(batch);
      },
      exchanges: true,
      announces: this.#url.startsWith("http"),
    };
  }

  async start() {
    const { worker: make, protocols = ["mcp"], headers, trace, auth } = this.#options;
    // The worker's script starts while the module is compiled.
    const loading = this.#url.startsWith("http") ? readyForHttp() : ready();
    loading.catch(() => {});
    const worker = make === true ? own(this.#watch.signal) : /** @type {() => Worker} */ (make)();
    if (typeof worker?.addEventListener !== "function" || typeof worker.terminate !== "function") {
      throw new McpError("INVALID_ARGUMENT", "the function `worker` must return a Worker");
    }
    if (this.#closed) return worker.terminate();
    this.#worker = worker;
    const { signal } = this.#watch;
    worker.addEventListener("message", (/** @type {MessageEvent} */ { data }) => this.#take(data), { signal });
    worker.addEventListener("error", (/** @type {ErrorEvent} */ { message }) => this.#failed(message), { signal });
    worker.addEventListener("messageerror", () => this.#died("the worker said what cannot be read"), { signal });
    /** @type {Promise<void>} */
    const opened = new Promise((resolve, reject) => (this.#opening = { resolve, reject }));
    const asks = typeof headers === "function";
    this.#post({
      mcp: "open",
      url: this.#url,
      protocols: [...protocols],
      maxMessageSize: this.maxMessageSize,
      headers: asks ? undefined : [...headersOf(headers)],
      asks,
      speaker: speaking(this.speaker),
      auth: auth && { server: this.access.server, tickets: Boolean(auth.ticket) },
      traces: Boolean(trace),
    });
    await Promise.race([loading, opened]);
    this.#post({ mcp: "modules", module: wasmModule, rest: wasmRest });
    return opened;
  }

  /** As that of HTTP. @param {import("../types/inside.js").SendOptions} [options] */
  identity(options) {
    return identityNow(this.#options, options?.headers);
  }

  /** @param {object} message @param {import("../types/inside.js").SendOptions} [options] the call's */
  async send(message, options) {
    const text = write(message);
    const http = this.#url.startsWith("http");
    const error = oversize(text, this.maxMessageSize);
    if (error) throw error;
    const headers = http && options?.headers ? [...headersOf(options.headers)] : undefined;
    this.#post({ mcp: "send", text, headers, timeout: options?.timeout, resumptionToken: options?.resumptionToken });
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    const worker = this.#worker;
    this.#watch.abort();
    if (!worker) return;
    const gone = new Promise((resolve) => {
      const timer = setTimeout(resolve, GRACE);
      worker.addEventListener("message", ({ data }) => {
        // Ending a session is a request too.
        if (data?.mcp === "ask") return void this.#answer(data);
        if (data?.mcp !== "bye") return;
        clearTimeout(timer);
        resolve(undefined);
      });
    });
    this.#post({ mcp: "close" });
    await gone;
    worker.terminate();
    this.onclose?.();
  }

  /** @param {object} message */
  #post(message) {
    this.#worker?.postMessage(message);
  }

  /** The worker has said something. @param {any} data whatever it has posted */
  #take(data) {
    switch (data?.mcp) {
      case "batch":
        if (this.#connection) return this.#batch(data);
        this.#early.push(data);
        for (const [, kind, value] of data.others) if (kind === "opened" || kind === "refused") this.#act(kind, value);
        return;
      case "ask":
        return void this.#answer(data);
      case "ready":
        this.#ready = true;
        return;
      case "lock":
        return this.#guard(data.lock);
    }
  }

  /** Learns of the worker's end by a lock that it holds. @param {string} lock */
  #guard(lock) {
    const { signal } = this.#watch;
    navigator.locks.request(lock, { signal }, () => this.#died("the worker was terminated")).catch(() => {});
  }

  /**
   * Asks the application for the worker.
   * @param {{ question: number, about: "pairs" | "headers" | "answered" | "ticket", value?: any }} asked the value as the function takes it
   */
  async #answer({ question, about, value }) {
    const { headers, auth } = /** @type {Options & { auth: Required<import("../types/authorizer.js").Authorizer> }} */ (this.#options);
    try {
      if (about === "pairs") value = [...headersOf(await /** @type {() => HeadersInit} */ (headers)())];
      else value = await (about === "ticket" ? auth.ticket(.../** @type {[string]} */ (value)) : auth[about](about === "answered" ? { ...value, signal: this.#watch.signal } : value));
      this.#post({ mcp: "answer", question, value });
    } catch (error) {
      this.#kept.set(question, error);
      this.#post({ mcp: "answer", question, failed: /** @type {Partial<Error> | undefined} */ (error)?.name ?? "Error" });
    }
  }

  /**
   * @param {{ numbers: Float64Array, text: string, others: [record: number, kind: string, value: unknown][] }} batch
   */
  #batch({ numbers, text, others }) {
    let record = 0;
    for (const [before, kind, value] of others) {
      this.#progress(numbers, text, record, before);
      record = before;
      this.#act(kind, value);
    }
    this.#progress(numbers, text, record, numbers.length / words.FIELDS);
  }

  /**
   * @param {Float64Array} numbers
   * @param {string} text
   * @param {number} from the first record
   * @param {number} to the record behind the last
   */
  #progress(numbers, text, from, to) {
    for (let start = from, end; start < to; start = end) {
      const connection = this.#connection;
      if (!connection?.core) return;
      end = Math.min(start + words.RECORDS, to);
      const part = numbers.subarray(start * words.FIELDS, end * words.FIELDS);
      if (!connection.scans || !this.onmessage?.fast) this.#messages(part, text);
      else this.#deliver(connection, part, text);
    }
  }

  /**
   * @param {import("../client/connection.js").Connection} connection
   * @param {Float64Array} part
   * @param {string} text
   */
  #deliver(connection, part, text) {
    const records = connection.records();
    records.set(part);
    const count = part.length / words.FIELDS;
    connection.core?.take(count);
    connection.deliver(count, () => text);
  }

  /** Somebody wants to see every notification. @param {Float64Array} part @param {string} text */
  #messages(part, text) {
    for (let at = 0; at < part.length; at += words.FIELDS) {
      // What came on a foreign stream is only counted.
      if (/** @type {number} */ (part[at + words.FIELD_FLAGS]) & words.FLAG_STRAY) {
        if (this.#connection) this.#deliver(this.#connection, part.subarray(at, at + words.FIELDS), text);
        continue;
      }
      const { message, params } = textsOf(part, at, text);
      const { total, ...facts } = factsOf(part, at);
      const told = { ...facts, ...(total !== undefined && { total }), ...(message !== undefined && { message }) };
      this.onmessage?.({ jsonrpc: "2.0", method: "notifications/progress", params: params ? JSON.parse(/** @type {string} */ (params)) : told });
    }
  }

  /** @param {string} kind @param {any} value as that kind has it */
  #act(kind, value) {
    const connection = this.#connection;
    switch (kind) {
      case "frame":
        return connection?.parse(value, this.onmessage?.fast ? undefined : this.onmessage);
      case "asked":
        return connection?.parse(value[0], this.onmessage?.fast ? (message) => connection.receive(message, value[1]) : this.onmessage);
      case "opened":
        return this.#opening?.resolve();
      case "refused":
        return this.#opening?.reject(this.#cause(value));
      case "closed":
        this.expired = value;
        connection?.closed(this, "the connection was closed");
        return this.onclose?.();
      case "expired":
        connection?.core?.closed("the session has expired, and no other was opened", true, NaN);
        return connection?.drain();
      case "failed": {
        const { id, code, status, sent, message, cause, headers, retryAfter = NaN } = this.#whole(value);
        const why = status ?? (code === "HTTP_SSE_ONLY" ? words.FAILED_SSE_ONLY : sent === undefined ? words.FAILED_PROTOCOL : sent ? words.FAILED_LOST : words.FAILED_UNSENT);
        connection?.core?.failed(id, why, message, status ? headers : cause, retryAfter, now());
        return connection?.drain();
      }
      case "begun":
        connection?.core?.begun(now());
        return connection?.drain();
      case "notBegun":
        return connection?.unsent(words.GREETING, toError(this.#whole(value), connection.what));
      case "identity":
        return connection?.identify(.../** @type {[string, number]} */ (value));
      case "stray":
        connection?.core?.stray(value);
        return connection?.drain();
      case "unsent":
        return connection?.unsent(value[0], unpack(value[1]));
      case "fault":
        return connection?.fault(toError(this.#whole(value), "the connection"));
      case "error":
        return connection?.fault(unpack(value));
      case "session":
        this.sessionId = value;
        return;
      case "trace":
        try {
          /** @type {Function} */ (this.#options.trace)(...value);
        } catch (error) {
          report(error);
        }
    }
  }

  /** A failure with what was thrown here. @param {any} failure as the worker has it */
  #whole({ cause, headers, ...failure }) {
    return { ...failure, cause: this.#cause(cause), headers: headers?.thrown ? { thrown: this.#cause(headers.thrown) } : headers };
  }

  /** @param {any} cause whatever it is, as the worker has it */
  #cause(cause) {
    if (!this.#kept.has(cause?.kept)) return unpack(cause);
    const kept = this.#kept.get(cause.kept);
    this.#kept.delete(cause.kept);
    return kept;
  }

  /** @param {string | undefined} message without one, the script did not load */
  #failed(message) {
    if (this.#ready) return this.#died(`the worker failed: ${message}`);
    const isOwn = this.#options.worker === true;
    const error =
      isOwn && message === undefined
        ? blocked()
        : new McpError("WORKER_FAILED", `the worker did not start: ${message ?? "its script did not load"}`);
    this.#opening?.reject(error);
  }

  /** @param {string} reason */
  #died(reason) {
    const connection = this.#connection;
    if (!connection) {
      this.#early.push({ numbers: [], text: "", others: [[0, "closed"]] });
      return this.#opening?.reject(new ClosedError(reason, false));
    }
    connection.fault(new ClosedError(reason, true));
    connection.closed(this, reason);
    this.onclose?.();
  }
}

throughProxies(WorkerTransport);
