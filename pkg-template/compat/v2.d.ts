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
import type { Call, InputAnswer, InputContext, ListenOptions, Subscription } from "../index.js";
import {
  CommonClient,
  type CommonListOptions,
  type CommonRequestOptions,
  type OwnClientOptions,
  type OwnConnectOptions,
  type Target,
} from "./common.js";
import type { CacheMode, ResponseCacheStore } from "./cache.js";
import type * as protocol from "./messages.js";
import type * as modern from "./modern.js";
import type { AuthInfo } from "./oauth.js";
import type { SpecTypes } from "./spec-types.js";
import type { StandardSchemaV1, StandardSchemaV1Sync } from "./standard.js";
import type { jsonSchemaValidator } from "./validation.js";

export {
  DEFAULT_NEGOTIATED_PROTOCOL_VERSION,
  DEFAULT_REQUEST_TIMEOUT_MSEC,
  InMemoryTransport,
  JSONRPC_VERSION,
  LATEST_PROTOCOL_VERSION,
  type ProgressCallback,
  RELATED_TASK_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  applyMiddlewares,
  createFetchWithInit,
  createMiddleware,
  deserializeMessage,
  extractResourceMetadataUrl,
  extractWWWAuthenticateParams,
  getDisplayName,
  getSupportedElicitationModes,
  isCallToolResult,
  isInitializeRequest,
  isInitializedNotification,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  isJSONRPCResultResponse,
  isJsonContentType,
  isTaskAugmentedRequestParams,
  mergeCapabilities,
  serializeMessage,
  withLogging,
} from "./common.js";
export * from "./cache.js";
export * from "./messages.js";
export * from "./modern.js";
export * from "./modern-errors.js";
export * from "./oauth.js";
export * from "./oauth-errors.js";
export * from "./oauth-modern.js";
export * from "./oauth-programs.js";
export * from "./transport-modern.js";
export * from "./spec-types.js";
export * from "./standard.js";
export * from "./validation.js";
export * from "./wire.js";

// Options.

/** Which of the two ways to speak MCP. */
export type ProtocolEra = "legacy" | "modern";
/** What holds for every request of a client. */
export type ProtocolOptions = {
  /**
   * The revisions that may be used, the best first.
   * @default SUPPORTED_PROTOCOL_VERSIONS
   */
  supportedProtocolVersions?: string[];
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
};
/** Which revisions may be used: our `mode`, whose default is `"auto"`. */
export type VersionNegotiationMode = "legacy" | "auto" | { pin: string };
export interface VersionNegotiationProbeOptions {
  /**
   * Milliseconds to wait for the answer to the probe: our `probeTimeout`.
   * @default 1_500 over a single channel
   */
  timeoutMs?: number;
  /** How often the probe is sent again. It is sent once here. */
  maxRetries?: number;
}
export interface VersionNegotiationOptions {
  mode?: VersionNegotiationMode;
  probe?: VersionNegotiationProbeOptions;
}
/** Whether handlers answer what a result asks for, and how often. */
export interface InputRequiredOptions {
  autoFulfill?: boolean;
  maxRounds?: number;
}
/** The SDK's options, and ours. */
export type ClientOptions = ProtocolOptions &
  OwnClientOptions & {
    capabilities?: modern.ClientCapabilities;
    jsonSchemaValidator?: jsonSchemaValidator;
    listChanged?: modern.ListChangedHandlers;
    versionNegotiation?: VersionNegotiationOptions;
    inputRequired?: InputRequiredOptions;
    /** Where results are kept; see {@link ResponseCacheStore}. */
    responseCacheStore?: ResponseCacheStore;
    /** Whose results those are, in a store that several clients share. */
    cachePartition?: string;
    /**
     * Milliseconds for which a result is kept whose server does not say.
     * @default 0
     */
    defaultCacheTtlMs?: number;
    /**
     * Whether the handlers answer a call that the server refuses until the user has opened a URL, or the caller gets
     * `UrlElicitationRequiredError`.
     * @default "manual"
     */
    urlElicitation?: "auto" | "manual";
  };
export type RequestOptions = CommonRequestOptions & {
  /** Returns a result that asks for input, instead of an error, where `autoFulfill` is off. */
  allowInputRequired?: boolean;
};
export type NotificationOptions = { relatedRequestId?: protocol.RequestId };
/** What an earlier connection has found out: {@link Client.getDiscoverResult}. */
export type PriorDiscovery = { kind: "modern"; discover: modern.DiscoverResult } | { kind: "legacy" };
export type ConnectOptions = RequestOptions & OwnConnectOptions & { prior?: PriorDiscovery };
export type CacheableRequestOptions = RequestOptions & CommonListOptions & { cacheMode?: CacheMode };
/** The options of a tool call. */
export type CallToolRequestOptions = RequestOptions & {
  /** The tool, if it is not of the latest list: which arguments become headers, and what its result is checked against. */
  toolDefinition?: modern.Tool;
};
/** Hearing of what changes on the server. */
export interface McpSubscription {
  readonly honoredFilter: modern.SubscriptionFilter;
  close(): Promise<void>;
  readonly closed: Promise<"local" | "graceful" | "remote">;
}
/** What a request's state says, to the handlers of servers. */
export type RequestStateAccessor = <T = unknown>() => T | undefined;

// Handlers.

/** What a handler is told beside the request, in both kinds of peer. */
export type BaseContext = {
  sessionId?: string;
  mcpReq: {
    id: protocol.RequestId;
    method: string;
    _meta?: protocol.RequestMeta;
    envelope?: Partial<modern.RequestMetaEnvelope>;
    inputResponses?: Record<string, unknown>;
    droppedInputResponseKeys?: string[];
    requestState: RequestStateAccessor;
    signal: AbortSignal;
    send: {
      <Method extends modern.RequestMethod>(
        request: { method: Method; params?: Record<string, unknown> },
        options?: RequestOptions,
      ): Promise<modern.ResultTypeMap[Method]>;
      <Schema extends StandardSchemaV1>(
        request: protocol.Request,
        resultSchema: Schema,
        options?: RequestOptions,
      ): Promise<StandardSchemaV1.InferOutput<Schema>>;
    };
    notify: (notification: protocol.Notification) => Promise<void>;
  };
  http?: { authInfo?: AuthInfo };
};
/** What a handler of this client is told: the SDK's members, and ours. */
export type ClientContext = BaseContext & Partial<InputContext>;
/** What a server's handler is told. */
export type ServerContext = BaseContext & {
  mcpReq: {
    log: (level: protocol.LoggingLevel, data: unknown, logger?: string) => Promise<void>;
    elicitInput: (
      params: protocol.ElicitRequestFormParams | protocol.ElicitRequestURLParams,
      options?: RequestOptions,
    ) => Promise<protocol.ElicitResult>;
    requestSampling: (
      params: modern.CreateMessageRequestParams,
      options?: RequestOptions,
    ) => Promise<protocol.CreateMessageResult | modern.CreateMessageResultWithTools>;
  };
  http?: { req?: globalThis.Request; closeSSE?: () => void; closeStandaloneSSE?: () => void };
};
/** The schemas of a method of one's own. */
export interface RequestHandlerSchemas<
  Params extends StandardSchemaV1 = StandardSchemaV1,
  Out extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
> {
  params: Params;
  result?: Out;
}
type Handled<Out> = Out extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Out> : protocol.Result;

/** The client, with the SDK's handlers and errors. */
export class Client extends CommonClient {
  constructor(info?: protocol.Implementation, options?: ClientOptions);
  /** Answers the server's requests that no handler is for. */
  fallbackRequestHandler?: (request: protocol.JSONRPCRequest, context: ClientContext) => Promise<protocol.Result>;
  /** Handles the notifications that no handler is for. */
  fallbackNotificationHandler?: (notification: protocol.Notification) => Promise<void>;
  connect(target: Target, options?: ConnectOptions): Promise<void>;
  /** Declares more capabilities, before the client is connected. */
  registerCapabilities(capabilities: modern.ClientCapabilities): void;
  /** Changes which revisions may be used, before the client is connected. */
  setVersionNegotiation(options: VersionNegotiationOptions | undefined): void;
  getServerCapabilities(): modern.ServerCapabilities | undefined;
  getServerVersion(): protocol.Implementation | undefined;
  /** The protocol revision in use. */
  getNegotiatedProtocolVersion(): string | undefined;
  /** Which of the two ways to speak MCP it belongs to. */
  getProtocolEra(): ProtocolEra | undefined;
  /** What the server has told of itself, from 2026-07-28 on; for the next {@link Client.connect}. */
  getDiscoverResult(): modern.DiscoverResult | undefined;
  /** The subscription that `listChanged` has opened, from 2026-07-28 on. */
  get autoOpenedSubscription(): McpSubscription | undefined;
  /** Asks the server what it is and can do. */
  discover(options?: RequestOptions): Call<modern.DiscoverResult>;
  ping(options?: RequestOptions): Call<protocol.EmptyResult>;
  complete(params: protocol.CompleteRequestParams, options?: RequestOptions): Call<protocol.CompleteResult>;
  setLoggingLevel(level: protocol.LoggingLevel, options?: RequestOptions): Promise<protocol.EmptyResult>;
  getPrompt(name: string, args?: Record<string, string>, options?: RequestOptions): Call<protocol.GetPromptResult>;
  getPrompt(params: protocol.GetPromptRequestParams, options?: RequestOptions): Call<protocol.GetPromptResult>;
  /** All of the server's prompts; none if it has none. */
  listPrompts(
    params?: protocol.PaginatedRequestParams,
    options?: CacheableRequestOptions,
  ): Call<protocol.ListPromptsResult>;
  /** All of the server's resources; none if it has none. */
  listResources(
    params?: protocol.PaginatedRequestParams,
    options?: CacheableRequestOptions,
  ): Call<protocol.ListResourcesResult>;
  /** All of the server's templates of resource URIs; none if it has none. */
  listResourceTemplates(
    params?: protocol.PaginatedRequestParams,
    options?: CacheableRequestOptions,
  ): Call<protocol.ListResourceTemplatesResult>;
  /** All of the server's tools; none if it has none. */
  listTools(params?: protocol.PaginatedRequestParams, options?: CacheableRequestOptions): Call<modern.ListToolsResult>;
  readResource(
    params: protocol.ReadResourceRequestParams | string,
    options?: CacheableRequestOptions,
  ): Call<protocol.ReadResourceResult>;
  subscribeResource(params: protocol.SubscribeRequestParams | string, options?: RequestOptions): Call<protocol.EmptyResult>;
  unsubscribeResource(params: protocol.UnsubscribeRequestParams | string, options?: RequestOptions): Call<protocol.EmptyResult>;
  listen(filter: modern.SubscriptionFilter, options?: RequestOptions & ListenOptions): Promise<Subscription>;
  /** Runs a tool, in this package's shape. */
  callTool(name: string, args?: object, options?: CallToolRequestOptions): Call<modern.CallToolResult>;
  // The last one is what TypeScript takes for `Parameters<Client["callTool"]>`.
  callTool(params: protocol.CallToolRequestParams, options?: CallToolRequestOptions): Call<modern.CallToolResult>;
  /** Sends a request of the protocol. */
  request<Method extends modern.RequestMethod>(
    request: { method: Method; params?: Record<string, unknown> },
    options?: RequestOptions,
  ): Call<modern.ResultTypeMap[Method]>;
  /** Sends a request. What the server answers is what the schema makes of it. */
  request<Schema extends StandardSchemaV1>(
    request: protocol.Request,
    resultSchema: Schema,
    options?: RequestOptions,
  ): Call<StandardSchemaV1.InferOutput<Schema>>;
  /** Sends a notification. */
  notification(notification: protocol.Notification, options?: NotificationOptions): Promise<void>;
  /** Answers the server's requests of a method. */
  setRequestHandler<Method extends modern.RequestMethod>(
    method: Method,
    handler: (
      request: modern.RequestTypeMap[Method],
      context: ClientContext,
    ) => InputAnswer<modern.HandlerResultTypeMap[Method]>,
  ): void;
  /** Answers the server's requests of a method of one's own; the handler gets what the schema makes of the params. */
  setRequestHandler<Params extends StandardSchemaV1, Out extends StandardSchemaV1 | undefined = undefined>(
    method: string,
    schemas: { params: Params; result?: Out },
    handler: (
      params: StandardSchemaV1.InferOutput<Params>,
      context: ClientContext,
    ) => Handled<Out> | Promise<Handled<Out>>,
  ): void;
  /** Handles the notifications of a method. */
  setNotificationHandler<Method extends modern.NotificationMethod>(
    method: Method,
    handler: (notification: modern.NotificationTypeMap[Method]) => unknown,
  ): void;
  /** Handles the notifications of a method of one's own. */
  setNotificationHandler<Params extends StandardSchemaV1>(
    method: string,
    schemas: { params: Params },
    handler: (params: StandardSchemaV1.InferOutput<Params>, notification: protocol.Notification) => unknown,
  ): void;
}

/** The values of a URI template's variables. */
export type Variables = Record<string, string | string[]>;

/** The names of the protocol's types. */
export type SpecTypeName = keyof SpecTypes;
/** Schemas of the protocol's types, by the types' names. They look at the outline and return what they parse as it is. */
export const specTypeSchemas: { readonly [Name in SpecTypeName]: StandardSchemaV1Sync<unknown, SpecTypes[Name]> };
/** Whether a value has the outline of a type, by the types' names. */
export const isSpecType: { readonly [Name in SpecTypeName]: (value: unknown) => value is SpecTypes[Name] };

/** A JSON-RPC message out of a value. @throws {TypeError} for anything else */
export function parseJSONRPCMessage(value: unknown): protocol.JSONRPCMessage;
/** Whether a result asks for input. */
export const isInputRequiredResult: (value: unknown) => value is modern.InputRequiredResult;
/** A schema that takes a result which asks for input as well; for `request` with `allowInputRequired`. */
export function withInputRequired<Schema extends StandardSchemaV1>(
  schema: Schema,
): StandardSchemaV1<unknown, StandardSchemaV1.InferOutput<Schema> | modern.InputRequiredResult>;
/** There is nothing to load beforehand. */
export function preloadSchemas(): void;
/** @throws {TypeError} for a completion that is not of a prompt's argument */
export function assertCompleteRequestPrompt(
  request: protocol.CompleteRequest,
): asserts request is protocol.CompleteRequestPrompt;
/** @throws {TypeError} for a completion that is not of a template's variable */
export function assertCompleteRequestResourceTemplate(
  request: protocol.CompleteRequest,
): asserts request is protocol.CompleteRequestResourceTemplate;

export const PARSE_ERROR: -32700;
export const INVALID_REQUEST: -32600;
export const METHOD_NOT_FOUND: -32601;
export const INVALID_PARAMS: -32602;
export const INTERNAL_ERROR: -32603;
export const PROTOCOL_VERSION_META_KEY: "io.modelcontextprotocol/protocolVersion";
export const CLIENT_INFO_META_KEY: "io.modelcontextprotocol/clientInfo";
export const SERVER_INFO_META_KEY: "io.modelcontextprotocol/serverInfo";
export const CLIENT_CAPABILITIES_META_KEY: "io.modelcontextprotocol/clientCapabilities";
export const SUBSCRIPTION_ID_META_KEY: "io.modelcontextprotocol/subscriptionId";
export const LOG_LEVEL_META_KEY: "io.modelcontextprotocol/logLevel";
export const TRACEPARENT_META_KEY: "traceparent";
export const TRACESTATE_META_KEY: "tracestate";
export const BAGGAGE_META_KEY: "baggage";
export {};
