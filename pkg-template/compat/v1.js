// For programs of `@modelcontextprotocol/sdk` 1.x: its names, and its error classes.
import { adapt, follow, isUnreadable } from "./client.js";
import { isJSONRPCErrorResponse } from "./guards.js";
import { StreamableHTTPClientTransport as HTTPTransport, SPEECH, isProvided } from "./transport.js";
import { authBy, withOAuthBy } from "./auth.js";

export * from "./schemas.js";
export {
  isInitializeRequest,
  isInitializedNotification,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  isJSONRPCResultResponse,
  isTaskAugmentedRequestParams,
} from "./guards.js";
export {
  DEFAULT_NEGOTIATED_PROTOCOL_VERSION,
  DEFAULT_REQUEST_TIMEOUT_MSEC,
  JSONRPC_VERSION,
  LATEST_PROTOCOL_VERSION,
  RELATED_TASK_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  applyMiddlewares,
  assertCompleteRequestPrompt,
  assertCompleteRequestResourceTemplate,
  createFetchWithInit,
  createMiddleware,
  deserializeMessage,
  extractResourceMetadataUrl,
  extractWWWAuthenticateParams,
  getDisplayName,
  getSupportedElicitationModes,
  mergeCapabilities,
  serializeMessage,
  withLogging,
} from "./helpers.js";
export * from "./addresses.js";
export { ClientCredentialsProvider, PrivateKeyJwtProvider, StaticPrivateKeyJwtProvider, createPrivateKeyJwtAuth } from "./providers.js";
export { InMemoryTransport, WebSocketClientTransport } from "./transport.js";
export const isJSONRPCError = isJSONRPCErrorResponse;

/** @type {Record<string | number, any>} the codes by name, and the names by code */
export const ErrorCode = {
  ConnectionClosed: -32000,
  RequestTimeout: -32001,
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  UrlElicitationRequired: -32042,
};
// An enum knows its names too.
for (const [name, code] of Object.entries(ErrorCode)) ErrorCode[code] = name;
Object.freeze(ErrorCode);

export class McpError extends Error {
  /**
   * @param {number} code
   * @param {string} message
   * @param {unknown} [data]
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, data, options) {
    super(`MCP error ${code}: ${message}`, options);
    this.name = "McpError";
    this.code = code;
    this.data = data;
  }

  /**
   * @param {number} code
   * @param {string} message
   * @param {{ elicitations?: unknown } | undefined} [data]
   * @param {{ cause?: unknown }} [options]
   */
  static fromError(code, message, data, options) {
    if (code === ErrorCode.UrlElicitationRequired && Array.isArray(data?.elicitations)) {
      return new UrlElicitationRequiredError(data.elicitations, message, options);
    }
    return new McpError(code, message, data, options);
  }

  /** What a handler that throws this is answered with. */
  get rpcCode() {
    return this.code;
  }
}

export class UrlElicitationRequiredError extends McpError {
  /** @param {unknown[]} elicitations @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(elicitations, message = `URL elicitation${elicitations.length > 1 ? "s" : ""} required`, options) {
    super(ErrorCode.UrlElicitationRequired, message, { elicitations }, options);
  }

  get elicitations() {
    return /** @type {{ elicitations: unknown[] }} */ (this.data).elicitations;
  }
}

export class StreamableHTTPError extends Error {
  /** @param {number | undefined} code the HTTP status @param {string | undefined} message @param {{ cause?: unknown }} [options] */
  constructor(code, message, options) {
    super(`Streamable HTTP error: ${message}`, options);
    this.code = code;
  }
}

export class UnauthorizedError extends Error {
  /** @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(message = "Unauthorized", options) {
    super(message, options);
    this.name = "UnauthorizedError";
  }
}

/** @param {any} error one of ours, each with members of its own @returns {unknown} */
function translate(error) {
  const options = { cause: error };
  switch (error?.code) {
    case "RPC_ERROR":
      return McpError.fromError(error.rpcCode, error.message, error.data, options);
    case "TIMEOUT": {
      const [text, name] = error.clock === "total" ? ["Maximum total timeout exceeded", "maxTotalTimeout"] : ["Request timed out", "timeout"];
      return new McpError(ErrorCode.RequestTimeout, text, { [name]: error.timeout }, options);
    }
    case "CLOSED":
      return new McpError(ErrorCode.ConnectionClosed, `Connection closed: ${error.message}`, undefined, options);
    case "INVALID_OUTPUT":
    case "UNUSABLE_SCHEMA":
      return new McpError(ErrorCode.InvalidParams, error.message, undefined, options);
    case "HTTP_SSE_ONLY":
      // Programs try the older transport at a 404.
      return new StreamableHTTPError(404, `404 Not Found: ${error.message}`, options);
    case "AUTH_REQUIRED":
    case "AUTH_SCOPE":
      return new UnauthorizedError(error.message, options);
    case "AUTH_LOOP":
      return new StreamableHTTPError(error.status ?? 401, error.message, options);
    case "HTTP_ERROR":
      return error.status === 401 && isProvided(error) ? new UnauthorizedError(error.message, options) : new StreamableHTTPError(error.status, error.message, options);
    default:
      return isUnreadable(error) ? new StreamableHTTPError(-1, error.message, options) : error;
  }
}

/** How the SDK goes about log-ins. */
const MANNER = { ownScope: true };

export class StreamableHTTPClientTransport extends HTTPTransport {
  get [SPEECH]() {
    return {
      translate,
      refused: (/** @type {"open" | "end" | "ask"} */ what, /** @type {number} */ status, /** @type {string} */ text) =>
        new StreamableHTTPError(status, `Failed to ${what === "open" ? "open SSE stream" : "terminate session"}: ${text}`),
      unexpected: (/** @type {string | null} */ type) => new StreamableHTTPError(-1, `Unexpected content type: ${type}`),
      manner: MANNER,
    };
  }

  /** @param {string} code */
  async finishAuth(code) {
    await follow(super.finishAuth(code), translate);
  }
}

const ways = { translate, Unauthorized: UnauthorizedError, manner: MANNER };
export const auth = /* @__PURE__ */ authBy(ways);
export const withOAuth = /* @__PURE__ */ withOAuthBy(ways);

/** @typedef {import("../types/inside.js").Told} Told */
/** @typedef {import("../types/call-options.js").CallOptions} CallOptions */
/** @typedef {import("../types/call-options.js").ListOptions} ListOptions */
/** @typedef {import("../types/inside.js").Params} ListParams */

const Adapted = adapt({
  translate,
  // The SDK starts by `initialize`.
  options: (given) => ({ mode: "legacy", ...given }),
  refuse: (_, message) => new Error(message),
  context: (client, request, context) => ({
    ...context,
    _meta: request.params?._meta,
    sessionId: client.transport?.sessionId,
    sendNotification: (/** @type {Told} */ notification) => client.notification(notification),
    sendRequest: (/** @type {Told} */ asked, /** @type {import("../types/client.js").ResultSchema | undefined} */ schema, /** @type {CallOptions | undefined} */ options) => client.request(asked, schema, options),
  }),
});

export class Client extends Adapted {
  /** @override @param {ListParams} [params] @param {ListOptions} [options] */
  listTools(params, options) {
    return super.listTools(params, /** @type {ListOptions} */ ({ pages: 1, ...options }));
  }

  /** @override @param {ListParams} [params] @param {ListOptions} [options] */
  listResources(params, options) {
    return super.listResources(params, /** @type {ListOptions} */ ({ pages: 1, ...options }));
  }

  /** @override @param {ListParams} [params] @param {ListOptions} [options] */
  listResourceTemplates(params, options) {
    return super.listResourceTemplates(params, /** @type {ListOptions} */ ({ pages: 1, ...options }));
  }

  /** @override @param {ListParams} [params] @param {ListOptions} [options] */
  listPrompts(params, options) {
    return super.listPrompts(params, /** @type {ListOptions} */ ({ pages: 1, ...options }));
  }
}
