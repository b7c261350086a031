// For programs of `@modelcontextprotocol/client` 2.x: its names and its error classes.
import { adapt } from "./common.js";

export { InMemoryTransport, StreamableHTTPClientTransport } from "./common.js";

export const ProtocolErrorCode = Object.freeze({
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  ResourceNotFound: -32002,
  MissingRequiredClientCapability: -32021,
  UnsupportedProtocolVersion: -32022,
  UrlElicitationRequired: -32042,
});

export const SdkErrorCode = Object.freeze({
  NotConnected: "NOT_CONNECTED",
  AlreadyConnected: "ALREADY_CONNECTED",
  RequestTimeout: "REQUEST_TIMEOUT",
  ConnectionClosed: "CONNECTION_CLOSED",
  InvalidResult: "INVALID_RESULT",
  InputRequiredRoundsExceeded: "INPUT_REQUIRED_ROUNDS_EXCEEDED",
  ListPaginationExceeded: "LIST_PAGINATION_EXCEEDED",
  EraNegotiationFailed: "ERA_NEGOTIATION_FAILED",
  ClientHttpNotImplemented: "CLIENT_HTTP_NOT_IMPLEMENTED",
  ClientHttpAuthentication: "CLIENT_HTTP_AUTHENTICATION",
  ClientHttpForbidden: "CLIENT_HTTP_FORBIDDEN",
});

export class ProtocolError extends Error {
  /**
   * @param {number} code
   * @param {string} message
   * @param {unknown} [data]
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, data, options) {
    super(message, options);
    this.name = "ProtocolError";
    this.code = code;
    this.data = data;
  }

  /** What a handler that throws this is answered with. */
  get rpcCode() {
    return this.code;
  }
}

export class SdkError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {any} [data]
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, data, options) {
    super(message, options);
    this.name = "SdkError";
    this.code = code;
    this.data = data;
  }
}

export class SdkHttpError extends SdkError {
  get status() {
    return this.data.status;
  }
}

export class UnauthorizedError extends SdkHttpError {
  /** @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(message = "Unauthorized", options) {
    super(SdkErrorCode.ClientHttpAuthentication, message, { status: 401 }, options);
    this.name = "UnauthorizedError";
  }
}

/** What is the SDK's own error there, with the code that it has. */
const CODES = new Map([
  ["TIMEOUT", SdkErrorCode.RequestTimeout],
  ["ALREADY_CONNECTED", SdkErrorCode.AlreadyConnected],
  ["INVALID_OUTPUT", SdkErrorCode.InvalidResult],
  ["UNUSABLE_SCHEMA", SdkErrorCode.InvalidResult],
  ["ENDLESS_PAGES", SdkErrorCode.ListPaginationExceeded],
  ["INPUT_FAILED", SdkErrorCode.InputRequiredRoundsExceeded],
  ["INCOMPATIBLE_VERSION", SdkErrorCode.EraNegotiationFailed],
]);

/** @param {any} error one of ours @returns {unknown} */
function translate(error) {
  const { code, message } = error ?? {};
  const options = { cause: error };
  switch (code) {
    case "RPC_ERROR":
      return new ProtocolError(error.rpcCode, message, error.data, options);
    case "CLOSED":
      return new SdkError(error.mayHaveRun ? SdkErrorCode.ConnectionClosed : SdkErrorCode.NotConnected, message, undefined, options);
    case "HTTP_ERROR": {
      const { status } = error;
      if (status === 401) return new UnauthorizedError(message, options);
      const forbidden = status === 403 ? SdkErrorCode.ClientHttpForbidden : SdkErrorCode.ClientHttpNotImplemented;
      return new SdkHttpError(forbidden, message, { status }, options);
    }
    default: {
      const known = CODES.get(code);
      return known ? new SdkError(known, message, error.timeout && { timeout: error.timeout }, options) : error;
    }
  }
}

const Adapted = adapt({
  translate,
  options({ versionNegotiation, inputRequired, ...given } = /** @type {any} */ ({})) {
    const { autoFulfill, maxRounds } = inputRequired ?? {};
    return { mode: versionNegotiation?.mode, maxRounds, inputRequired: autoFulfill === false ? "manual" : undefined, ...given };
  },
  context: (client, request, context) => ({
    ...context,
    mcpReq: {
      id: context.requestId,
      method: request.method,
      _meta: request.params?._meta,
      signal: context.signal,
      notify: (/** @type {any} */ notification) => client.notification(notification),
      send: (/** @type {any[]} */ ...asked) => client.request(...asked),
    },
  }),
});

export class Client extends Adapted {
  getNegotiatedProtocolVersion() {
    return this.protocolVersion;
  }

  getProtocolEra() {
    return this.era;
  }
}
