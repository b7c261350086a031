/**
 * For programs of `@modelcontextprotocol/sdk` 1.x, after changing their import.
 *
 * @example
 * ```ts
 * import { Client, CreateMessageRequestSchema, ErrorCode, McpError, StreamableHTTPClientTransport } from "mcp-wasm/compat/v1";
 *
 * const client = new Client({ name: "app", version: "1.0.0" }, { capabilities: { sampling: {} } });
 * client.setRequestHandler(CreateMessageRequestSchema, async ({ params }) => answer(params.messages));
 * await client.connect(new StreamableHTTPClientTransport(new URL("https://example.com/mcp")));
 * ```
 * @module
 */
import type { Call, InputAnswer, InputContext } from "../index.js";
import {
  CommonClient,
  type CommonHTTPOptions,
  CommonHTTPTransport,
  type CommonListOptions,
  type CommonRequestOptions,
  type OwnClientOptions,
  type OwnConnectOptions,
  type Target,
} from "./common.js";
import type {
  CallToolResult,
  ClientCapabilities,
  ClientNotification,
  ClientRequest,
  ClientResult,
  ListChangedHandlers,
  ListToolsResult,
  ServerCapabilities,
} from "./legacy.js";
import type * as protocol from "./messages.js";
import type { AuthInfo, AuthResult, OAuthClientInformationMixed, OAuthProviderOf, OAuthTokens } from "./oauth.js";
import type { JsonSchemaType, jsonSchemaValidator } from "./validation.js";
import type { FetchLike, Middleware, RequestInfo } from "./wire.js";

export {
  DEFAULT_NEGOTIATED_PROTOCOL_VERSION,
  DEFAULT_REQUEST_TIMEOUT_MSEC,
  InMemoryTransport,
  JSONRPC_VERSION,
  LATEST_PROTOCOL_VERSION,
  type ProgressCallback,
  RELATED_TASK_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  WebSocketClientTransport,
  applyMiddlewares,
  createFetchWithInit,
  createMiddleware,
  deserializeMessage,
  extractResourceMetadataUrl,
  extractWWWAuthenticateParams,
  getDisplayName,
  getSupportedElicitationModes,
  isInitializeRequest,
  isInitializedNotification,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  isJSONRPCResultResponse,
  isTaskAugmentedRequestParams,
  mergeCapabilities,
  serializeMessage,
  withLogging,
} from "./common.js";
export * from "./legacy.js";
export * from "./messages.js";
export * from "./oauth.js";
export * from "./oauth-programs.js";
export * from "./schemas.js";
export * from "./validation.js";
export * from "./wire.js";

// Options.

/** What holds for every request of a client. */
export type ProtocolOptions = {
  /**
   * Refuses requests that the server has no capability for, without sending them.
   * @default false
   */
  enforceStrictCapabilities?: boolean;
  /**
   * Methods of notifications that are sent once, however often they are given in one turn.
   * @default []
   */
  debouncedNotificationMethods?: string[];
  /** Of `experimental.tasks`, which is not there: not used. */
  taskStore?: any;
  /** Of `experimental.tasks`, which is not there: not used. */
  taskMessageQueue?: any;
  /** Of `experimental.tasks`, which is not there: not used. */
  defaultTaskPollInterval?: number;
  /** Of `experimental.tasks`, which is not there: not used. */
  maxTaskQueueSize?: number;
};
export type ClientOptions = ProtocolOptions &
  OwnClientOptions & {
    capabilities?: ClientCapabilities;
    jsonSchemaValidator?: jsonSchemaValidator;
    listChanged?: ListChangedHandlers;
    /**
     * Which way to speak MCP: the SDK's, by `initialize`, or the one that the server is found to speak.
     * @default "legacy"
     */
    mode?: "legacy" | "auto" | { pin: string };
    /**
     * Whether the handlers answer a call that the server refuses until the user has opened a URL, or the caller gets
     * `UrlElicitationRequiredError`.
     * @default "manual"
     */
    urlElicitation?: "auto" | "manual";
  };
export type RequestOptions = CommonRequestOptions & {
  task?: protocol.TaskCreationParams;
  relatedTask?: protocol.RelatedTaskMetadata;
};
export type TaskRequestOptions = Omit<RequestOptions, "relatedTask">;
export type NotificationOptions = { relatedRequestId?: protocol.RequestId; relatedTask?: protocol.RelatedTaskMetadata };
/** The options of `connect`. */
export type ConnectOptions = RequestOptions & OwnConnectOptions;

/** Where a handler of a task keeps what it has come to; there is none in this package. */
export interface RequestTaskStore {
  createTask(params: { ttl?: number | null; pollInterval?: number; context?: Record<string, unknown> }): Promise<protocol.Task>;
  getTask(taskId: string): Promise<protocol.Task>;
  storeTaskResult(taskId: string, status: "completed" | "failed", result: protocol.Result): Promise<void>;
  getTaskResult(taskId: string): Promise<protocol.Result>;
  updateTaskStatus(taskId: string, status: protocol.TaskStatus, statusMessage?: string): Promise<void>;
  listTasks(cursor?: string): Promise<{ tasks: protocol.Task[]; nextCursor?: string }>;
}

/** A schema of a result: of zod, or anything with `parse`. */
export type ResultSchemaOf<Out> =
  | { parse(value: unknown): Out }
  | { readonly _zod: { readonly output: Out } }
  | { readonly _output: Out };

/** What a handler is told beside the request: the SDK's members, and ours. */
export type RequestHandlerExtra<
  SendRequest extends protocol.Request = protocol.Request,
  SendNotification extends protocol.Notification = protocol.Notification,
> = Partial<InputContext> & {
  signal: AbortSignal;
  requestId: protocol.RequestId;
  authInfo?: AuthInfo;
  sessionId?: string;
  _meta?: protocol.RequestMeta;
  taskId?: string;
  taskStore?: RequestTaskStore;
  taskRequestedTtl?: number;
  requestInfo?: RequestInfo;
  sendNotification: (notification: SendNotification) => Promise<void>;
  sendRequest<Out = protocol.Result>(
    request: SendRequest,
    schema: ResultSchemaOf<Out>,
    options?: TaskRequestOptions,
  ): Promise<Out>;
  closeSSEStream?: () => void;
  closeStandaloneSSEStream?: () => void;
};

/** A schema that names a method: a zod object, of either major, with `method: z.literal("…")`. */
export interface MethodSchema<Message extends { method: string }> {
  parse(message: unknown): Message;
}

/** The client, with the SDK's handlers, errors and pages. */
export class Client<
  RequestT extends protocol.Request = protocol.Request,
  NotificationT extends protocol.Notification = protocol.Notification,
  ResultT extends protocol.Result = protocol.Result,
> extends CommonClient {
  constructor(info?: protocol.Implementation, options?: ClientOptions);
  /** Answers the server's requests that no handler is for. */
  fallbackRequestHandler?: (
    request: protocol.JSONRPCRequest,
    extra: RequestHandlerExtra<ClientRequest | RequestT, ClientNotification | NotificationT>,
  ) => Promise<ClientResult | ResultT>;
  /** Handles the notifications that no handler is for. */
  fallbackNotificationHandler?: (notification: protocol.Notification) => Promise<void>;
  connect(target: Target, options?: ConnectOptions): Promise<void>;
  /** Declares more capabilities, before the client is connected. */
  registerCapabilities(capabilities: ClientCapabilities): void;
  getServerCapabilities(): ServerCapabilities | undefined;
  getServerVersion(): protocol.Implementation | undefined;
  ping(options?: RequestOptions): Call<protocol.EmptyResult>;
  complete(params: protocol.CompleteRequestParams, options?: RequestOptions): Call<protocol.CompleteResult>;
  setLoggingLevel(level: protocol.LoggingLevel, options?: RequestOptions): Promise<protocol.EmptyResult>;
  getPrompt(name: string, args?: Record<string, string>, options?: RequestOptions): Call<protocol.GetPromptResult>;
  getPrompt(params: protocol.GetPromptRequestParams, options?: RequestOptions): Call<protocol.GetPromptResult>;
  listPrompts(
    params?: protocol.PaginatedRequestParams,
    options?: RequestOptions & CommonListOptions,
  ): Call<protocol.ListPromptsResult>;
  listResources(
    params?: protocol.PaginatedRequestParams,
    options?: RequestOptions & CommonListOptions,
  ): Call<protocol.ListResourcesResult>;
  listResourceTemplates(
    params?: protocol.PaginatedRequestParams,
    options?: RequestOptions & CommonListOptions,
  ): Call<protocol.ListResourceTemplatesResult>;
  listTools(params?: protocol.PaginatedRequestParams, options?: RequestOptions & CommonListOptions): Call<ListToolsResult>;
  readResource(params: protocol.ReadResourceRequestParams | string, options?: RequestOptions): Call<protocol.ReadResourceResult>;
  subscribeResource(params: protocol.SubscribeRequestParams | string, options?: RequestOptions): Call<protocol.EmptyResult>;
  unsubscribeResource(params: protocol.UnsubscribeRequestParams | string, options?: RequestOptions): Call<protocol.EmptyResult>;
  listen: import("../index.js").Client["listen"];
  /** Runs a tool, in this package's shape. */
  callTool(name: string, args?: object, options?: RequestOptions): Call<CallToolResult>;
  /** Runs a tool. The schema is not used: the result is what the server sent. */
  // The last one is what TypeScript takes for `Parameters<Client["callTool"]>`.
  callTool(
    params: protocol.CallToolRequestParams,
    schema?: ResultSchemaOf<unknown>,
    options?: RequestOptions,
  ): Call<CallToolResult>;
  /** Sends a request. What the server answers is what the schema makes of it. */
  request<Out = protocol.Result>(
    request: ClientRequest | RequestT,
    schema?: ResultSchemaOf<Out>,
    options?: RequestOptions,
  ): Call<Out>;
  /** Sends a notification. */
  notification(notification: ClientNotification | NotificationT, options?: NotificationOptions): Promise<void>;
  /** Answers the server's requests of a schema's method. */
  setRequestHandler<Message extends { method: string }>(
    schema: MethodSchema<Message>,
    handler: (
      request: Message,
      extra: RequestHandlerExtra<ClientRequest | RequestT, ClientNotification | NotificationT>,
    ) => InputAnswer<ClientResult | ResultT>,
  ): void;
  /** Handles the notifications of a schema's method. */
  setNotificationHandler<Message extends { method: string }>(
    schema: MethodSchema<Message>,
    handler: (notification: Message) => unknown,
  ): void;
}

/** Keeps a client's registration and tokens, and sends its user to log in. */
export interface OAuthClientProvider extends OAuthProviderOf<OAuthTokens, OAuthClientInformationMixed, []> {}
export type StreamableHTTPClientTransportOptions = CommonHTTPOptions<OAuthClientProvider> & {
  redirectPolicy?: "same-origin" | "follow";
};
/** Streamable HTTP, by the SDK's name and options. */
export class StreamableHTTPClientTransport extends CommonHTTPTransport {
  constructor(url: string | URL, options?: StreamableHTTPClientTransportOptions);
  /** Ends a log-in with the code that the program was called back with; connect by another transport then. */
  finishAuth(authorizationCode: string): Promise<void>;
}
/** The options of the SDK's own transport; that goes into `connect`. */
export type SSEClientTransportOptions = {
  authProvider?: OAuthClientProvider;
  eventSourceInit?: object;
  requestInit?: RequestInit;
  fetch?: import("./wire.js").FetchLike;
  redirectPolicy?: "same-origin" | "follow";
};
/** The options of the SDK's own transport; that goes into `connect`. */
export type StdioServerParameters = {
  command: string;
  args?: string[];
  env?: Record<string, string>;
  stderr?: unknown;
  cwd?: string;
  maxBufferSize?: number;
};
/** The values of a URI template's variables. */
export type Variables = Record<string, string | string[]>;

/** The SDK's numbers of errors. */
export enum ErrorCode {
  ConnectionClosed = -32000,
  RequestTimeout = -32001,
  ParseError = -32700,
  InvalidRequest = -32600,
  MethodNotFound = -32601,
  InvalidParams = -32602,
  InternalError = -32603,
  UrlElicitationRequired = -32042,
}

/** The SDK's error: of the server, of a clock, of a connection. `cause` is ours. */
export class McpError extends Error {
  constructor(code: number, message: string, data?: unknown, options?: { cause?: unknown });
  readonly code: number;
  readonly data?: unknown;
  /** The same number, for the answer to a server whose request a handler refuses with this. */
  get rpcCode(): number;
  /** The error for a number: {@link UrlElicitationRequiredError} for -32042, if the data is its. */
  static fromError(code: number, message: string, data?: unknown): McpError;
}

/** The server waits for the user to have opened URLs. */
export class UrlElicitationRequiredError extends McpError {
  constructor(elicitations: protocol.ElicitRequestURLParams[], message?: string, options?: { cause?: unknown });
  get elicitations(): protocol.ElicitRequestURLParams[];
}

/** An HTTP status where a message was expected. */
export class StreamableHTTPError extends Error {
  constructor(code: number | undefined, message: string | undefined, options?: { cause?: unknown });
  /** The HTTP status. */
  readonly code: number | undefined;
}

/** The provider has to log in: it has sent the user away, or has no token that is taken. */
export class UnauthorizedError extends Error {
  constructor(message?: string, options?: { cause?: unknown });
}

/** Logs in by a provider: with its tokens, by a code, or by sending its user away (`"REDIRECT"`). */
export function auth(
  provider: OAuthClientProvider,
  options: { serverUrl: string | URL; authorizationCode?: string; scope?: string; resourceMetadataUrl?: URL; fetchFn?: FetchLike },
): Promise<AuthResult>;
/** Sends the token of a provider with requests, and logs in by it at a 401. */
export const withOAuth: (provider: OAuthClientProvider, baseUrl?: string | URL) => Middleware;

/** @throws {TypeError} for a completion that is not of a prompt's argument */
export function assertCompleteRequestPrompt(
  request: protocol.CompleteRequest,
): asserts request is protocol.CompleteRequestPrompt;
/** @throws {TypeError} for a completion that is not of a template's variable */
export function assertCompleteRequestResourceTemplate(
  request: protocol.CompleteRequest,
): asserts request is protocol.CompleteRequestResourceTemplate;
/** The same as {@link isJSONRPCErrorResponse}, by the name that it had. */
export const isJSONRPCError: (value: unknown) => value is protocol.JSONRPCErrorResponse;
export {};
