// The error classes of the SDK 2.x, and which of them ours are there.
import { tokenChallenge } from "../auth/challenge.js";
import { isUnreadable } from "./client.js";
import { Marked, mark } from "./marked.js";
import { AuthorizationServerMismatchError, InsecureTokenEndpointError, InsufficientScopeError, IssuerMismatchError, OAuthError, RegistrationRejectedError } from "./oauth-errors.js";
import { isProvided, statusTextOf } from "./transport.js";

/** @type {Record<string | number, any>} the codes by name, and the names by code */
export const ProtocolErrorCode = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  ResourceNotFound: -32002,
  MissingRequiredClientCapability: -32021,
  UnsupportedProtocolVersion: -32022,
  UrlElicitationRequired: -32042,
};
// An enum knows its names too.
for (const [name, code] of Object.entries(ProtocolErrorCode)) ProtocolErrorCode[code] = name;
Object.freeze(ProtocolErrorCode);

export const SdkErrorCode = Object.freeze({
  NotConnected: "NOT_CONNECTED",
  AlreadyConnected: "ALREADY_CONNECTED",
  NotInitialized: "NOT_INITIALIZED",
  CapabilityNotSupported: "CAPABILITY_NOT_SUPPORTED",
  RequestTimeout: "REQUEST_TIMEOUT",
  ConnectionClosed: "CONNECTION_CLOSED",
  SendFailed: "SEND_FAILED",
  InvalidResult: "INVALID_RESULT",
  UnsupportedResultType: "UNSUPPORTED_RESULT_TYPE",
  InputRequiredRoundsExceeded: "INPUT_REQUIRED_ROUNDS_EXCEEDED",
  ListPaginationExceeded: "LIST_PAGINATION_EXCEEDED",
  MethodNotSupportedByProtocolVersion: "METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION",
  EraNegotiationFailed: "ERA_NEGOTIATION_FAILED",
  ClientHttpNotImplemented: "CLIENT_HTTP_NOT_IMPLEMENTED",
  ClientHttpAuthentication: "CLIENT_HTTP_AUTHENTICATION",
  ClientHttpForbidden: "CLIENT_HTTP_FORBIDDEN",
  ClientHttpUnexpectedContent: "CLIENT_HTTP_UNEXPECTED_CONTENT",
  ClientHttpFailedToOpenStream: "CLIENT_HTTP_FAILED_TO_OPEN_STREAM",
  ClientHttpFailedToTerminateSession: "CLIENT_HTTP_FAILED_TO_TERMINATE_SESSION",
});

export class ProtocolError extends Marked {
  /**
   * @param {number} code
   * @param {string} message
   * @param {any} [data] as the code has it
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

  /**
   * @param {number} code
   * @param {string} message
   * @param {any} [data] as the code has it
   * @param {{ cause?: unknown }} [options]
   */
  static fromError(code, message, data, options) {
    switch (code) {
      case ProtocolErrorCode.UrlElicitationRequired:
        if (Array.isArray(data?.elicitations)) return new UrlElicitationRequiredError(data.elicitations, message, options);
        break;
      case ProtocolErrorCode.UnsupportedProtocolVersion:
        if (Array.isArray(data?.supported) && typeof data.requested === "string") return new UnsupportedProtocolVersionError(data, message, options);
        break;
      case ProtocolErrorCode.MissingRequiredClientCapability:
        if (data?.requiredCapabilities && typeof data.requiredCapabilities === "object") return new MissingRequiredClientCapabilityError(data, message, options);
        break;
      case ProtocolErrorCode.ResourceNotFound:
      case ProtocolErrorCode.InvalidParams:
        if (typeof data?.uri === "string" && (code !== ProtocolErrorCode.InvalidParams || Object.keys(data).length === 1)) {
          return new ResourceNotFoundError(data.uri, message, options);
        }
    }
    return new ProtocolError(code, message, data, options);
  }
}

export class ResourceNotFoundError extends ProtocolError {
  /** @param {string} uri @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(uri, message = `Resource not found: ${uri}`, options) {
    super(ProtocolErrorCode.InvalidParams, message, { uri }, options);
  }

  get uri() {
    return this.data.uri;
  }
}

export class UrlElicitationRequiredError extends ProtocolError {
  /** @param {unknown[]} elicitations @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(elicitations, message = `URL elicitation${elicitations.length > 1 ? "s" : ""} required`, options) {
    super(ProtocolErrorCode.UrlElicitationRequired, message, { elicitations }, options);
  }

  get elicitations() {
    return this.data.elicitations;
  }
}

export class UnsupportedProtocolVersionError extends ProtocolError {
  /** @param {{ supported: string[], requested: string }} data @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(data, message = `Unsupported protocol version: ${data.requested}`, options) {
    super(ProtocolErrorCode.UnsupportedProtocolVersion, message, data, options);
  }

  get supported() {
    return this.data.supported;
  }

  get requested() {
    return this.data.requested;
  }
}

export class MissingRequiredClientCapabilityError extends ProtocolError {
  /** @param {{ requiredCapabilities: object }} data @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(data, message = `Missing required client capabilities: ${Object.keys(data.requiredCapabilities).join(", ")}`, options) {
    super(ProtocolErrorCode.MissingRequiredClientCapability, message, data, options);
  }

  get requiredCapabilities() {
    return this.data.requiredCapabilities;
  }
}

export class SdkError extends Marked {
  /**
   * @param {string} code
   * @param {string} message
   * @param {any} [data] as the code has it
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

  get statusText() {
    return this.data.statusText;
  }
}

export class UnauthorizedError extends Marked {
  /** @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(message = "Unauthorized", options) {
    super(message, options);
    this.name = "UnauthorizedError";
  }
}

for (const [name, kind] of Object.entries({
  ProtocolError,
  ResourceNotFoundError,
  UrlElicitationRequiredError,
  UnsupportedProtocolVersionError,
  MissingRequiredClientCapabilityError,
  SdkError,
  SdkHttpError,
  UnauthorizedError,
})) {
  mark(kind, name);
}

/** What is the SDK's own error there, with the code that it has. */
const CODES = new Map([
  ["TIMEOUT", SdkErrorCode.RequestTimeout],
  ["ALREADY_CONNECTED", SdkErrorCode.AlreadyConnected],
  ["NOT_INITIALIZED", SdkErrorCode.NotInitialized],
  ["INVALID_OUTPUT", SdkErrorCode.InvalidResult],
  ["UNUSABLE_SCHEMA", SdkErrorCode.InvalidResult],
  ["PROTOCOL_ERROR", SdkErrorCode.InvalidResult],
  ["ENDLESS_PAGES", SdkErrorCode.ListPaginationExceeded],
  ["INPUT_FAILED", SdkErrorCode.InputRequiredRoundsExceeded],
  ["INCOMPATIBLE_VERSION", SdkErrorCode.EraNegotiationFailed],
]);

/** @param {any} error one of ours, each with members of its own @returns {unknown} */
export function translate(error) {
  const { code, message } = Object(error);
  const options = { cause: error };
  switch (code) {
    case "RPC_ERROR":
      return ProtocolError.fromError(error.rpcCode, message, error.data, options);
    case "CLOSED":
      return new SdkError(error.mayHaveRun ? SdkErrorCode.ConnectionClosed : SdkErrorCode.NotConnected, message, undefined, options);
    case "HTTP_SSE_ONLY":
      // Programs try the older transport at a 404.
      return new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, `404 Not Found: ${message}`, { status: 404, statusText: "Not Found" }, options);
    case "AUTH_REQUIRED":
    case "AUTH_SCOPE":
      return new UnauthorizedError(message, options);
    case "AUTH_LOOP": {
      const { status = 401, statusText } = error;
      return new SdkHttpError(status === 403 ? SdkErrorCode.ClientHttpForbidden : SdkErrorCode.ClientHttpAuthentication, message, { status, statusText }, options);
    }
    case "HTTP_ERROR": {
      const { status, body: text } = error;
      if (status === 401 && isProvided(error)) return new UnauthorizedError(message, options);
      const challenge = status === 403 ? tokenChallenge(error.headers.get("www-authenticate")) : undefined;
      if (challenge?.error === "insufficient_scope") {
        const { scope: requiredScope, resource_metadata: url = "", error_description: errorDescription } = challenge;
        return new InsufficientScopeError({ requiredScope, resourceMetadataUrl: URL.canParse(url) ? new URL(url) : undefined, errorDescription }, options);
      }
      return new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, message, { status, statusText: statusTextOf(error), text }, options);
    }
    case "AUTH_ISSUER_MISMATCH":
      return new IssuerMismatchError("answered" in error ? "authorization_response" : "metadata", error.issuer, error.answered, options);
    case "AUTH_REGISTRATION": {
      const { error: name, description, refused } = error;
      return refused ? new RegistrationRejectedError({ ...refused, body: JSON.stringify({ error: name, error_description: description }) }, options) : error;
    }
    case "AUTH_METADATA":
      return error.url && message.includes("the token_endpoint") ? new InsecureTokenEndpointError(error.url, options) : error;
    case "AUTH_CLIENT":
    case "AUTH_DENIED":
    case "AUTH_TOKEN":
      if (error.recorded) return new AuthorizationServerMismatchError(error.recorded, error.issuer, options);
      return error.error === undefined ? error : new OAuthError(error.error, message, undefined, options);
    default: {
      if (isUnreadable(error)) return new SdkError(SdkErrorCode.ClientHttpUnexpectedContent, message, {}, options);
      if (code === "PROTOCOL_ERROR" && message.includes("unusable `resultType`")) return new SdkError(SdkErrorCode.UnsupportedResultType, message, {}, options);
      const known = CODES.get(code);
      return known ? new SdkError(known, message, error.timeout && { timeout: error.timeout }, options) : error;
    }
  }
}
