/** What the entries for programs of the TypeScript SDKs have in common. */
import type { CallOptions, ClientOptions, Client as Base, ConnectOptions, ListOptions, PortLike, Server, Trace } from "../index.js";
import type {
  BaseMetadata,
  CallToolResultOf,
  ClientCapabilitiesOf,
  InitializeRequestOf,
  InitializedNotification,
  JSONRPCErrorResponse,
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  JSONRPCResponse,
  JSONRPCResultResponse,
  Progress,
  RequestId,
  ServerCapabilitiesOf,
  TaskAugmentedRequestParams,
} from "./messages.js";
import type { AuthInfo, OAuthProviderOf } from "./oauth.js";
import type {
  FetchLike,
  LoggingOptions,
  MessageExtraInfo,
  Middleware,
  ReconnectionScheduler,
  StreamableHTTPReconnectionOptions,
  Transport,
  TransportSendOptions,
} from "./wire.js";

/** Is told the progress of one call. */
export type ProgressCallback = (progress: Progress) => void;

/** The options of a request that both SDKs have, and those of this package. */
export type CommonRequestOptions = TransportSendOptions &
  Omit<CallOptions, "onprogress" | "headers" | "task"> & { onprogress?: ProgressCallback };

/** The options of a list, beside those of a request. */
export type CommonListOptions = Pick<ListOptions, "pages">;

/** The options of a client that are this package's alone. */
export type OwnClientOptions = Omit<ClientOptions, "capabilities" | "jsonSchemaValidator" | "listChanged" | "inputRequired" | "mode">;

/** What a client connects to: a transport, or anything else that this package takes. */
export type Target = Transport | Parameters<Base["connect"]>[0] | PortLike | Server;

/** The options of `connect` that are this package's alone. */
export type OwnConnectOptions = Omit<ConnectOptions, "prior">;

/** Brings the access token of each request. It is not asked to log in: a 401 is an error. */
export interface TokenProvider {
  /** The token, now or later. */
  token(): string | undefined | Promise<string | undefined>;
}

/** The options of the HTTP transport that both SDKs have, and those of this package. */
export type CommonHTTPOptions<Provider> = {
  /** Brings the access token of each request; it may answer at once or later. */
  authProvider?: Provider;
  /** What every request is made with: headers, credentials and the like. */
  requestInit?: RequestInit;
  /**
   * Makes the HTTP requests.
   * @default globalThis.fetch
   */
  fetch?: FetchLike;
  /** How a stream of events that broke off is opened again. */
  reconnectionOptions?: StreamableHTTPReconnectionOptions;
  /** The session of an earlier connection, to go on with. */
  sessionId?: string;
  /** Sees the text of every message. */
  trace?: Trace;
  /**
   * Authorization servers that know PKCE without saying so; this package's own option.
   * @default []
   */
  assumePkce?: string[];
};

/** Streamable HTTP, by the SDKs' name and members. */
export class CommonHTTPTransport implements Transport {
  start(): Promise<void>;
  send(message: JSONRPCMessage | JSONRPCMessage[], options?: TransportSendOptions): Promise<void>;
  /** Ends the connection. The session stays, to go on with by `sessionId`. */
  close(): Promise<void>;
  /** Ends the session: the server is told, and `sessionId` is `undefined`. The connection stays. Rejects if the server refuses, and the session goes on. */
  terminateSession(): Promise<void>;
  /** The session of a server from before 2026-07-28, if it gave one. */
  get sessionId(): string | undefined;
  /** The revision that requests name. */
  get protocolVersion(): string | undefined;
  /** Has requests name a revision. */
  setProtocolVersion(version: string): void;
  /** Opens a stream that broke off, from the event after this one on. */
  resumeStream(lastEventId: string, options?: { onresumptiontoken?: (token: string) => void }): Promise<void>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
}

/** A WebSocket, by the SDK's name. */
export class WebSocketClientTransport implements Transport {
  constructor(url: string | URL, options?: { protocols?: string[]; trace?: Trace });
  start(): Promise<void>;
  send(message: JSONRPCMessage): Promise<void>;
  close(): Promise<void>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
}

/** A pair of transports, by the SDK's name. */
export class InMemoryTransport implements Transport {
  private constructor();
  /** Two transports that are connected to each other. */
  static createLinkedPair(): [InMemoryTransport, InMemoryTransport];
  start(): Promise<void>;
  send(message: JSONRPCMessage, options?: { relatedRequestId?: RequestId; authInfo?: AuthInfo }): Promise<void>;
  close(): Promise<void>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage, extra?: { authInfo?: AuthInfo }) => void;
  sessionId?: string;
}

/** What is left of this package's client where the SDKs spell things otherwise. */
export type Common = Omit<
  Base,
  | "connect"
  | "setRequestHandler"
  | "setNotificationHandler"
  | "transport"
  | "request"
  | "notification"
  | "getServerCapabilities"
  | "getServerVersion"
  | "callTool"
  | "listTools"
  | "listResources"
  | "listResourceTemplates"
  | "listPrompts"
  | "readResource"
  | "getPrompt"
  | "complete"
  | "ping"
  | "setLoggingLevel"
  | "subscribeResource"
  | "unsubscribeResource"
  | "listen"
>;

/** Makes one. */
export const Common: new () => Common;

/** What both SDKs' clients have beside. */
export class CommonClient extends Common {
  /** The transport in use. */
  get transport(): Transport | undefined;
  /** Tells the server that the folders have changed. */
  sendRootsListChanged(): Promise<void>;
  /** Stops answering the server's requests of a method. */
  removeRequestHandler(method: string): void;
  /** @throws {Error} when the method has a handler */
  assertCanSetRequestHandler(method: string): void;
}

/** Whether a value is a JSON-RPC request. */
export const isJSONRPCRequest: (value: unknown) => value is JSONRPCRequest;
/** Whether a value is a JSON-RPC notification. */
export const isJSONRPCNotification: (value: unknown) => value is JSONRPCNotification;
/** Whether a value is the answer to a request. */
export const isJSONRPCResultResponse: (value: unknown) => value is JSONRPCResultResponse;
/** Whether a value is an answer that is an error. */
export const isJSONRPCErrorResponse: (value: unknown) => value is JSONRPCErrorResponse;
/** Whether a value is an answer of either kind. */
export const isJSONRPCResponse: (value: unknown) => value is JSONRPCResponse;
/** Whether a value is the first request of an older session. */
export const isInitializeRequest: (value: unknown) => value is InitializeRequestOf<AnyClientCapabilities>;
/** Whether a value is what ends that handshake. */
export const isInitializedNotification: (value: unknown) => value is InitializedNotification;
/** Whether params ask for a task. */
export const isTaskAugmentedRequestParams: (value: unknown) => value is TaskAugmentedRequestParams;
/** Whether a value is what a tool returns. */
export const isCallToolResult: (value: unknown) => value is CallToolResultOf<any>;

/** Capabilities as either SDK writes them. */
type AnyServerCapabilities = ServerCapabilitiesOf<any>;
/** Capabilities as either SDK writes them. */
type AnyClientCapabilities = ClientCapabilitiesOf<any, any>;

/** The name to show: `title`, a tool's `annotations.title`, or `name`. */
export function getDisplayName(metadata: BaseMetadata | (BaseMetadata & { annotations?: { title?: string } })): string;
/** Capabilities with others, member by member. */
export function mergeCapabilities(
  base: AnyServerCapabilities,
  additional: Partial<AnyServerCapabilities>,
): AnyServerCapabilities;
export function mergeCapabilities(
  base: AnyClientCapabilities,
  additional: Partial<AnyClientCapabilities>,
): AnyClientCapabilities;
/** Which kinds of elicitation a client has declared; one that names none has declared forms. */
export function getSupportedElicitationModes(capabilities: AnyClientCapabilities["elicitation"]): {
  supportsFormMode: boolean;
  supportsUrlMode: boolean;
};
/** Whether a content type is that of JSON. */
export function isJsonContentType(header: string | null | undefined): boolean;
/** A `fetch` that begins with these options. */
export function createFetchWithInit(baseFetch?: FetchLike, baseInit?: RequestInit): FetchLike;
/** One middleware out of several, the first outermost. */
export const applyMiddlewares: (...middleware: Middleware[]) => Middleware;
/** A middleware out of a function that gets the next `fetch` and a request. */
export const createMiddleware: (
  handler: (next: FetchLike, input: string | URL, init?: RequestInit) => Promise<Response>,
) => Middleware;
/** A middleware that tells of every request. */
export const withLogging: (options?: LoggingOptions) => Middleware;
/** What a 401 or 403 says about who may come in, by its `WWW-Authenticate` header. */
export function extractWWWAuthenticateParams(response: Response): {
  resourceMetadataUrl?: URL;
  scope?: string;
  error?: string;
  errorDescription?: string;
};
/** Where a 401 says that the metadata of its resource is. */
export function extractResourceMetadataUrl(response: Response): URL | undefined;
/** A message out of a line of JSON. */
export function deserializeMessage(line: string): JSONRPCMessage;
/** A line of JSON out of a message. */
export function serializeMessage(message: JSONRPCMessage): string;

export const JSONRPC_VERSION: "2.0";
export const LATEST_PROTOCOL_VERSION: string;
export const DEFAULT_NEGOTIATED_PROTOCOL_VERSION: string;
export const SUPPORTED_PROTOCOL_VERSIONS: string[];
export const RELATED_TASK_META_KEY: "io.modelcontextprotocol/related-task";
/** Milliseconds. */
export const DEFAULT_REQUEST_TIMEOUT_MSEC: 60000;
export {};
