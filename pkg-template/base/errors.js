// The error classes. `instanceof` works across two copies of the package, because it reads a mark
// that every copy sets instead of comparing constructors.

import { unwritable } from "./json.js";

/** @typedef {import("../types/inside.js").Failure} Failure */

const MARK = Symbol.for("mcp-wasm.error");

/**
 * @param {Function} constructor
 * @param {string[]} kinds
 */
export function mark(constructor, ...kinds) {
  Object.defineProperty(constructor.prototype, MARK, { value: kinds });
  Object.defineProperty(constructor, Symbol.hasInstance, {
    /** @this {Function} @param {{ [MARK]?: string[] } | null | undefined} value */
    value(value) {
      return this === constructor
        ? Boolean(value?.[MARK]?.includes(/** @type {string} */ (kinds[0])))
        : Function.prototype[Symbol.hasInstance].call(this, value);
    },
  });
}

export class McpError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = "McpError";
    this.code = code;
  }
}

export class RpcError extends McpError {
  /**
   * @param {string} message
   * @param {number} rpcCode
   * @param {unknown} [data]
   */
  constructor(message, rpcCode, data) {
    super("RPC_ERROR", message);
    this.name = "RpcError";
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

export class TimeoutError extends McpError {
  /**
   * @param {string} message
   * @param {"idle" | "total" | "connect"} clock
   * @param {number} timeout
   */
  constructor(message, clock, timeout) {
    super("TIMEOUT", message);
    this.name = "TimeoutError";
    this.clock = clock;
    this.timeout = timeout;
  }
}

export class ClosedError extends McpError {
  /**
   * @param {string} message
   * @param {boolean} mayHaveRun
   * @param {ErrorOptions} [options]
   */
  constructor(message, mayHaveRun, options) {
    super("CLOSED", message, options);
    this.name = "ClosedError";
    this.mayHaveRun = mayHaveRun;
  }
}

export class HttpError extends McpError {
  /**
   * @param {string} message
   * @param {number} status
   * @param {string} body
   * @param {{ retryAfter?: number, headers?: HeadersInit }} [more]
   */
  constructor(message, status, body, { retryAfter, headers } = {}) {
    super("HTTP_ERROR", message);
    this.name = "HttpError";
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
    this.headers = headers instanceof Headers ? headers : new Headers(headers);
  }
}

export class ProtocolError extends McpError {
  /**
   * @param {string} message
   * @param {string} [code]
   * @param {ErrorOptions} [options]
   */
  constructor(message, code = "PROTOCOL_ERROR", options) {
    super(code, message, options);
    this.name = "ProtocolError";
  }
}

export class ToolError extends McpError {
  /**
   * @param {string} message
   * @param {unknown} result
   */
  constructor(message, result) {
    super("TOOL_ERROR", message);
    this.name = "ToolError";
    this.result = result;
  }
}

/** A `DOMException` as `AbortController` users expect it, and one of ours by its `code`. */
export class AbortError extends DOMException {
  /**
   * @param {string} message
   * @param {unknown} [reason]
   */
  constructor(message, reason) {
    super(message, "AbortError");
    // `DOMException.code` is a number from before errors had names.
    Object.defineProperty(this, "code", { value: "ABORTED", enumerable: true });
    Object.defineProperty(this, "cause", { value: reason, configurable: true });
    // Nor are there accessors for a Proxy of it.
    Object.defineProperty(this, "name", { value: this.name, configurable: true });
    Object.defineProperty(this, "message", { value: this.message, configurable: true });
  }
}

mark(McpError, "McpError");
mark(RpcError, "RpcError", "McpError");
mark(TimeoutError, "TimeoutError", "McpError");
mark(ClosedError, "ClosedError", "McpError");
mark(HttpError, "HttpError", "McpError");
mark(ProtocolError, "ProtocolError", "McpError");
mark(ToolError, "ToolError", "McpError");
mark(AbortError, "AbortError", "McpError");

/**
 * @param {unknown} value
 * @returns {value is McpError}
 */
export const isMcpError = (value) => value instanceof McpError;

/**
 * Makes the error that the core describes.
 * @param {Failure} detail code, and what belongs to that code
 * @param {string} what the call or the connection that failed
 * @param {unknown} [cause]
 * @returns {Error}
 */
export function toError(detail, what, cause) {
  const { code, message } = /** @type {Failure & { message: string }} */ (detail);
  switch (code) {
    case "RPC_ERROR":
      return new RpcError(message, /** @type {number} */ (detail.rpcCode), detail.data);
    case "TIMEOUT": {
      const clock = /** @type {keyof typeof WAITED} */ (detail.clock);
      const [waited, option] = WAITED[clock];
      return new TimeoutError(`${what}: ${waited} within ${detail.after} ms (\`${option}\`)`, clock, /** @type {number} */ (detail.after));
    }
    case "ABORTED":
      // As the platform's own functions end by `AbortSignal.timeout`.
      if (isTimeout(cause)) return cause;
      return new AbortError(`${what} was aborted${message ? `: ${message}` : ""}`, cause);
    case "CLOSED": {
      const why = detail.cause ?? cause;
      if (isMcpError(why) && why.code === TOO_LARGE) return new McpError(TOO_LARGE, `${what}: ${why.message}`);
      if (isMcpError(why) || unwritable.has(/** @type {Error} */ (why))) return /** @type {Error} */ (why);
      const fate = detail.sent ? "the server may have carried it out" : "it was not sent";
      const text = `${what}: ${message}${inBrackets(wordsOf(why))}`;
      return new ClosedError(what.startsWith("connecting") ? text : `${text}; ${fate}`, /** @type {boolean} */ (detail.sent), { cause: why });
    }
    case "HTTP_ERROR": {
      // An authorizer says more than the status.
      if ("thrown" in Object(detail.headers)) return typed(/** @type {{ thrown: unknown }} */ (detail.headers).thrown, what);
      const status = /** @type {keyof typeof HINTS} */ (detail.status);
      const hint = HINTS[status] ?? "";
      return new HttpError(shown(`${what}: HTTP status ${status}${hint}${message && `: ${message}`}`), status, message, /** @type {{ headers?: HeadersInit }} */ (detail));
    }
    case "HTTP_SSE_ONLY":
      return new ProtocolError(`${what}: ${SSE_ONLY}`, code);
    case "INPUT_FAILED":
    case "TASK_FAILED":
      return new McpError(code, `${what}: ${message}`, { cause });
    default:
      return new ProtocolError(shown(`${what}: ${message}`), code, { cause });
  }
}

/** The code of a message that is larger than a transport takes, which does not know what it is for. */
export const TOO_LARGE = "MESSAGE_TOO_LARGE";

const SSE_ONLY =
  "the server speaks HTTP+SSE of 2024-11-05 at this address, and no Streamable HTTP: look for its other address, " +
  "which often ends in /mcp, or connect to `new SSEClientTransport(url)` of @modelcontextprotocol/sdk/client/sse.js";

/** Whether it is the reason of `AbortSignal.timeout`. @param {unknown} reason @returns {reason is Error} */
export const isTimeout = (reason) => reason instanceof Error && reason.name === "TimeoutError" && !isMcpError(reason);

const ADDRESSES = /\b(\w+:\/\/)(?:[^\s/?#"']*@)?([^\s?#"'<>]*)[?#]?[^\s"'<>)]*/gi;

/** A text whose addresses may be shown: what stands behind a path, or before a host, may be secret. @param {string} text */
export const shown = (text) => text.replace(ADDRESSES, "$1$2");

/** @param {string} text */
const inBrackets = (text) => (text ? ` (${text})` : "");

/**
 * What something says that was thrown, and what it says of its own cause.
 * @param {any} thrown
 * @returns {string}
 */
export function wordsOf(thrown) {
  try {
    if (typeof thrown === "string") return shown(thrown);
    const words = typeof thrown?.message === "string" ? shown(thrown.message) : "";
    const more = thrown?.cause ? wordsOf(thrown.cause) : "";
    return more && more !== words ? `${words}: ${more}` : words || thrown?.code || "";
  } catch {
    return "";
  }
}

/**
 * One of our errors, whatever a part of the application has thrown.
 * @param {unknown} thrown
 * @param {string} what failed
 * @param {boolean} [sent]
 */
export const typed = (thrown, what, sent = false) =>
  isMcpError(thrown) ? thrown : new ClosedError(`${what}${inBrackets(wordsOf(thrown))}`, sent, { cause: thrown });

/** What is loaded late, or why not. @template T @param {Promise<T>} loading @returns {Promise<T>} */
export const part = (loading) =>
  loading.catch((cause) => {
    throw new McpError("NOT_LOADED", "a part of this package could not be loaded: " + cause, { cause });
  });

/** A transport that is not started, or was closed. @param {string} what */
export const notOpen = (what) => new ClosedError(`the message was not sent: ${what} is not open; start it first, or make another if it was closed`, false);

const HINTS = {
  404: " (no Streamable HTTP there? HTTP+SSE of 2024-11-05 is not supported)",
  405: " (no Streamable HTTP there? HTTP+SSE of 2024-11-05 is not supported)",
  413: " (the message is too large for the server)",
  431: " (the headers are too large for the server)",
};

/** What has not happened, and the option that says by when. */
const WAITED = /** @type {const} */ ({
  idle: ["no answer and no progress", "timeout"],
  total: ["not finished", "maxTotalTimeout"],
  connect: ["not connected", "connectTimeout"],
});

/**
 * Reports what a page's own callback did wrong, as the platform reports uncaught errors.
 * @param {unknown} error
 */
export function report(error) {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}

/**
 * Runs a callback of the page's: what it throws, now or later, is reported.
 * @param {() => unknown} callback
 */
export function attempt(callback) {
  try {
    const pending = /** @type {PromiseLike<unknown> | undefined} */ (callback());
    if (typeof pending?.then === "function") pending.then(undefined, report);
  } catch (error) {
    report(error);
  }
}
