/** The errors of the SDK 2.x, and their codes. */
import type * as protocol from "./messages.js";
import type * as modern from "./modern.js";

/** The numbers of the protocol's errors. */
export enum ProtocolErrorCode {
  ParseError = -32700,
  InvalidRequest = -32600,
  MethodNotFound = -32601,
  InvalidParams = -32602,
  InternalError = -32603,
  ResourceNotFound = -32002,
  MissingRequiredClientCapability = -32021,
  UnsupportedProtocolVersion = -32022,
  UrlElicitationRequired = -32042,
}

/** The codes of the SDK's own errors. */
export enum SdkErrorCode {
  NotConnected = "NOT_CONNECTED",
  AlreadyConnected = "ALREADY_CONNECTED",
  NotInitialized = "NOT_INITIALIZED",
  CapabilityNotSupported = "CAPABILITY_NOT_SUPPORTED",
  RequestTimeout = "REQUEST_TIMEOUT",
  ConnectionClosed = "CONNECTION_CLOSED",
  SendFailed = "SEND_FAILED",
  InvalidResult = "INVALID_RESULT",
  UnsupportedResultType = "UNSUPPORTED_RESULT_TYPE",
  InputRequiredRoundsExceeded = "INPUT_REQUIRED_ROUNDS_EXCEEDED",
  ListPaginationExceeded = "LIST_PAGINATION_EXCEEDED",
  MethodNotSupportedByProtocolVersion = "METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION",
  EraNegotiationFailed = "ERA_NEGOTIATION_FAILED",
  ClientHttpNotImplemented = "CLIENT_HTTP_NOT_IMPLEMENTED",
  ClientHttpAuthentication = "CLIENT_HTTP_AUTHENTICATION",
  ClientHttpForbidden = "CLIENT_HTTP_FORBIDDEN",
  ClientHttpUnexpectedContent = "CLIENT_HTTP_UNEXPECTED_CONTENT",
  ClientHttpFailedToOpenStream = "CLIENT_HTTP_FAILED_TO_OPEN_STREAM",
  ClientHttpFailedToTerminateSession = "CLIENT_HTTP_FAILED_TO_TERMINATE_SESSION",
}

/** A class, also one that cannot be made. */
type AnyClass = abstract new (...args: never[]) => unknown;

/** The server answered with a JSON-RPC error. `cause` is ours. */
export class ProtocolError extends Error {
  constructor(code: number, message: string, data?: unknown, options?: { cause?: unknown });
  readonly code: number;
  readonly data?: unknown;
  /** The same number, for the answer to a server whose request a handler refuses with this. */
  get rpcCode(): number;
  /** Whether a value is one, also of another copy of this package or of the SDK. */
  static isInstance<Class extends AnyClass>(this: Class, value: unknown): value is InstanceType<Class>;
  /** The error for a number: of the class that is for it, if the data fits. */
  static fromError(code: number, message: string, data?: unknown): ProtocolError;
}

/** The server has no such resource. */
export class ResourceNotFoundError extends ProtocolError {
  constructor(uri: string, message?: string);
  get uri(): string;
}

/** The server waits for the user to have opened URLs. */
export class UrlElicitationRequiredError extends ProtocolError {
  constructor(elicitations: protocol.ElicitRequestURLParams[], message?: string, options?: { cause?: unknown });
  get elicitations(): protocol.ElicitRequestURLParams[];
}

/** The server does not speak the revision. */
export class UnsupportedProtocolVersionError extends ProtocolError {
  constructor(data: modern.UnsupportedProtocolVersionErrorData, message?: string);
  get supported(): string[];
  get requested(): string;
}

/** The server asks for a capability that this client has not declared. */
export class MissingRequiredClientCapabilityError extends ProtocolError {
  constructor(data: modern.MissingRequiredClientCapabilityErrorData, message?: string);
  get requiredCapabilities(): modern.ClientCapabilities;
}

/** A clock, a connection or a result failed. `cause` is ours. */
export class SdkError extends Error {
  constructor(code: SdkErrorCode, message: string, data?: unknown, options?: { cause?: unknown });
  readonly code: SdkErrorCode;
  readonly data?: unknown;
  /** Whether a value is one, also of another copy of this package or of the SDK. */
  static isInstance<Class extends AnyClass>(this: Class, value: unknown): value is InstanceType<Class>;
}

/** What is known of an HTTP answer that was no message. */
export interface SdkHttpErrorData {
  status: number;
  statusText?: string;
  [key: string]: unknown;
}

/** An HTTP status where a message was expected. */
export class SdkHttpError extends SdkError {
  constructor(code: SdkErrorCode, message: string, data: SdkHttpErrorData, options?: { cause?: unknown });
  readonly data: SdkHttpErrorData;
  get status(): number;
  get statusText(): string | undefined;
}

/** The provider has to log in: it has sent the user away, or has no token that is taken. */
export class UnauthorizedError extends Error {
  constructor(message?: string, options?: { cause?: unknown });
  /** Whether a value is one, also of another copy of this package or of the SDK. */
  static isInstance<Class extends AnyClass>(this: Class, value: unknown): value is InstanceType<Class>;
}
export {};
