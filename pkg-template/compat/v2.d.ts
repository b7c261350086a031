/**
 * For programs of `@modelcontextprotocol/client` 2.x, after changing their import.
 *
 * @example
 * ```ts
 * import { Client, SdkError, SdkErrorCode, StreamableHTTPClientTransport } from "mcp-wasm/compat/v2";
 *
 * const client = new Client({ name: "app", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
 * await client.connect(new StreamableHTTPClientTransport(new URL("https://example.com/mcp")));
 * ```
 * @module
 */
import type {
  ClientOptions as Options,
  Implementation,
  InputAnswer,
  InputContext,
  JsonObject,
  Notification,
  ProtocolVersion,
  RequestId,
  Result,
  ResultSchema as Schema,
  ServerNotifications,
  ServerRequests,
} from "../index.js";
import { CommonClient } from "./common.js";

export { InMemoryTransport, StreamableHTTPClientTransport } from "./common.js";

/** The SDK's options, and ours. */
export interface ClientOptions extends Omit<Options, "inputRequired"> {
  /** Which protocol revisions may be used: our `mode`, whose default is `"auto"`. */
  versionNegotiation?: { mode?: "auto" | "legacy" | { pin: ProtocolVersion } };
  /** Whether handlers answer what a result asks for, and how often. */
  inputRequired?: { autoFulfill?: boolean; maxRounds?: number };
}

/** What a handler is told beside the request: the SDK's members, and ours. */
export interface ClientContext extends InputContext {
  mcpReq: {
    id: RequestId;
    method: string;
    _meta?: JsonObject;
    signal: AbortSignal;
    notify(notification: { method: string; params?: object }): Promise<void>;
    send<Out = Result>(request: { method: string; params?: object }, schema?: Schema<Out>): Promise<Out>;
  };
}

/** A standard schema, such as one of zod. */
export interface StandardSchema<Out> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult<Out> | Promise<StandardResult<Out>>;
    readonly types?: { readonly input: unknown; readonly output: Out } | undefined;
  };
}

type StandardResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** The client, with the SDK's handlers and errors. */
export class Client extends CommonClient {
  constructor(info?: Implementation, options?: ClientOptions);
  /** The protocol revision in use. */
  getNegotiatedProtocolVersion(): ProtocolVersion | undefined;
  /** Which of the two ways to speak MCP it belongs to. */
  getProtocolEra(): "modern" | "legacy" | undefined;
  /** Answers the server's requests of a method. */
  setRequestHandler<Method extends keyof ServerRequests>(
    method: Method,
    handler: (
      request: { method: Method; params: ServerRequests[Method]["params"] },
      context: ClientContext,
    ) => InputAnswer<ServerRequests[Method]["result"]>,
  ): void;
  /** Answers the server's requests of a method of one's own; the handler gets what the schema makes of the params. */
  setRequestHandler<Params>(
    method: string,
    schemas: { params: StandardSchema<Params>; result?: StandardSchema<unknown> },
    handler: (params: Params, context: ClientContext) => object | Promise<object>,
  ): void;
  /** Handles the notifications of a method. */
  setNotificationHandler<Method extends keyof ServerNotifications>(
    method: Method,
    handler: (notification: { method: Method; params: ServerNotifications[Method] }) => unknown,
  ): void;
  /** Handles the notifications of a method of one's own. */
  setNotificationHandler<Params>(
    method: string,
    schemas: { params: StandardSchema<Params> },
    handler: (params: Params, notification: Notification) => unknown,
  ): void;
}

/** The numbers of the protocol's errors. */
export const ProtocolErrorCode: {
  readonly ParseError: -32700;
  readonly InvalidRequest: -32600;
  readonly MethodNotFound: -32601;
  readonly InvalidParams: -32602;
  readonly InternalError: -32603;
  readonly ResourceNotFound: -32002;
  readonly MissingRequiredClientCapability: -32021;
  readonly UnsupportedProtocolVersion: -32022;
  readonly UrlElicitationRequired: -32042;
};

/** The codes of the SDK's own errors, as far as ours have a counterpart. */
export const SdkErrorCode: {
  readonly NotConnected: "NOT_CONNECTED";
  readonly AlreadyConnected: "ALREADY_CONNECTED";
  readonly RequestTimeout: "REQUEST_TIMEOUT";
  readonly ConnectionClosed: "CONNECTION_CLOSED";
  readonly InvalidResult: "INVALID_RESULT";
  readonly InputRequiredRoundsExceeded: "INPUT_REQUIRED_ROUNDS_EXCEEDED";
  readonly ListPaginationExceeded: "LIST_PAGINATION_EXCEEDED";
  readonly EraNegotiationFailed: "ERA_NEGOTIATION_FAILED";
  readonly ClientHttpNotImplemented: "CLIENT_HTTP_NOT_IMPLEMENTED";
  readonly ClientHttpAuthentication: "CLIENT_HTTP_AUTHENTICATION";
  readonly ClientHttpForbidden: "CLIENT_HTTP_FORBIDDEN";
};

/** The server answered with a JSON-RPC error. `cause` is ours. */
export class ProtocolError extends Error {
  constructor(code: number, message: string, data?: unknown, options?: { cause?: unknown });
  readonly code: number;
  readonly data?: unknown;
  /** The same number, for the answer to a server whose request a handler refuses with this. */
  readonly rpcCode: number;
}

/** A clock, a connection or a result failed. `cause` is ours. */
export class SdkError<Data = unknown> extends Error {
  constructor(code: string, message: string, data?: Data, options?: { cause?: unknown });
  readonly code: string;
  readonly data?: Data;
}

/** An HTTP status where a message was expected. */
export class SdkHttpError extends SdkError<{ status: number }> {
  readonly status: number;
}

/** The HTTP status 401. */
export class UnauthorizedError extends SdkHttpError {
  constructor(message?: string, options?: { cause?: unknown });
}
