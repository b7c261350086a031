/// <reference lib="esnext.disposable" />
/** The client. */
import type { CallBoard } from "./board.js";
import type { Call, ToolCall } from "./call.js";
import type { CallOptions, ListOptions } from "./call-options.js";
import type { Diagnostics } from "./diagnostics.js";
import type { DiagnoseOptions, Diagnosis } from "./diagnosis.js";
import type { ClosedError, HttpError, McpError, ProtocolError, RpcError, TimeoutError } from "./errors.js";
import type { InputAnswer, InputContext } from "./input.js";
import type { JsonObject, Notification, Request } from "./jsonrpc.js";
import type { ClientRequests, ServerNotifications, ServerRequests } from "./methods.js";
import type { ClientOptions, ConnectOptions } from "./options.js";
import type { PortLike } from "./ports.js";
import type {
  CompleteParams,
  CompleteResult,
  GetPromptParams,
  GetPromptResult,
  ListPromptsResult,
} from "./prompts.js";
import type { Implementation, ListParams, LoggingLevel, ProtocolVersion, Result, ServerCapabilities } from "./protocol.js";
import type {
  ListResourcesResult,
  ListResourceTemplatesResult,
  ReadResourceResult,
  ResourceParams,
} from "./resources.js";
import type { Server } from "./server.js";
import type { ListenOptions, Subscription, SubscriptionFilter } from "./subscription.js";
import type { CallToolParams, ListToolsResult } from "./tools.js";
import type { Transport } from "./transports.js";

/**
 * A client of one MCP server. It can be connected again after it was closed; the ids of its
 * requests go on.
 *
 * @example
 * ```js
 * const client = new Client({ name: "app", version: "1.0.0" });
 * await client.connect("wss://example.com/mcp");
 * const { tools } = await client.listTools();
 * ```
 */
export class Client {
  /**
   * @param info who the client is; for the server's display and logs
   * @param options what holds for every call
   */
  constructor(info?: Implementation, options?: ClientOptions);

  /**
   * Makes a client and connects it.
   *
   * @example
   * ```js
   * const client = await Client.connect("wss://example.com/mcp", { timeout: 10_000 });
   * ```
   */
  static connect(
    target: string | URL | Transport | PortLike | Server,
    options?: ClientOptions & ConnectOptions & { info?: Implementation },
  ): Promise<Client>;

  /**
   * Opens the connection and finds out which protocol revision the server speaks. Over HTTP to a server of before
   * 2026, who has a handler for what the server says by itself is connected when there is a stream for that, or after
   * 150 milliseconds without one: set handlers before. Otherwise only calls wait for it.
   *
   * @param target a `ws:`, `wss:`, `http:` or `https:` URL (relative ones count from the page's),
   *   or a transport
   * @throws {ClosedError} when the connection cannot be opened
   * @throws {TimeoutError} when it is not open within `connectTimeout`
   * @throws {RpcError} when the server refuses the handshake
   * @throws {HttpError} when it does so by an HTTP status, such as 401
   * @throws {ProtocolError} when the two sides have no protocol revision in common
   * @throws {McpError} `INVALID_ARGUMENT` for a target that is none; `ALREADY_CONNECTED`;
   *   `WASM_BLOCKED` when the page's Content-Security-Policy lacks `'wasm-unsafe-eval'`;
   *   `WORKER_BLOCKED` when it lacks `worker-src blob:`, for `worker: true`; `WORKER_FAILED` when the
   *   script of another worker did not load or run; `UNSUPPORTED` where there are no workers; `NOT_LOADED` when a
   *   part that is loaded when it is needed did not come
   */
  connect(target: string | URL | Transport | PortLike | Server, options?: ConnectOptions): Promise<void>;

  /** The protocol revision in use; `undefined` while not connected. */
  readonly protocolVersion: ProtocolVersion | undefined;
  /** Which of the two ways to speak MCP that revision belongs to. */
  readonly era: "modern" | "legacy" | undefined;
  /**
   * The era that the server itself has shown, to be kept and given to the next `connect` as `knownEra`;
   * `undefined` while not connected, with a forced `mode`, and where the era was only guessed, as after
   * a probe that CORS kept back.
   *
   * @example
   * ```js
   * await client.connect(url, { knownEra: localStorage.getItem(url) });
   * localStorage.setItem(url, client.knownEra ?? "");
   * ```
   */
  readonly knownEra: "modern" | "legacy" | undefined;
  /**
   * What is known of the server, JSON to be kept and given to the next `connect` as `prior`; undefined
   * while nothing is certain.
   *
   * @example
   * ```js
   * await client.connect(url, { prior: JSON.parse(localStorage.getItem(url) ?? "null") ?? undefined });
   * localStorage.setItem(url, JSON.stringify(client.prior ?? null));
   * ```
   */
  readonly prior: { kind: "modern"; discover: unknown } | { kind: "legacy" } | undefined;
  /** The transport in use. */
  readonly transport: Transport | undefined;
  /** Is called when the connection has ended, after every call has failed. */
  onclose?: () => void;
  /** Is told what the server or the transport did wrong; nothing else is affected by it. */
  onerror?: (error: Error) => void;

  /** The server's name and version. */
  getServerVersion(): Implementation | undefined;
  /** What the server can do. */
  getServerCapabilities(): ServerCapabilities | undefined;
  /** What the server wants a model to know. */
  getInstructions(): string | undefined;

  /**
   * Runs a tool. A tool that fails is a result with `isError: true`, unless `throwOnToolError`.
   *
   * @example
   * ```js
   * const call = client.callTool("download_file", { url }, { progressHandler: show });
   * stopButton.onclick = () => call.cancel("the user pressed stop");
   * const { content } = await call;
   * ```
   *
   * @example What a tool with an output schema returns, with its type:
   * ```ts
   * const { structuredContent } = await client.callTool<{ celsius: number }>("weather", { city: "Bern" });
   * ```
   */
  callTool<Out = unknown>(name: string, args?: object, options?: CallOptions): ToolCall<Out>;
  /** Runs a tool, in the TypeScript SDK's shape. */
  callTool<Out = unknown>(params: CallToolParams, options?: CallOptions): ToolCall<Out>;
  /** Runs a tool, in the first TypeScript SDK's shape; the schema is not used. */
  callTool<Out = unknown>(params: CallToolParams, schema: ResultSchema | undefined, options?: CallOptions): ToolCall<Out>;

  /**
   * The server's tools. Without a cursor all pages are put together in one result, and progress,
   * `maxTotalTimeout` and `cancel` are about all of them; with a cursor it is that page.
   *
   * @throws {ProtocolError} `ENDLESS_PAGES` for more pages than `listMaxPages`, or a cursor that
   *   comes twice
   *
   * @example
   * ```js
   * const { tools } = await client.listTools();
   * const first = await client.listTools({}, { pages: 1 });
   * const second = await client.listTools({ cursor: first.nextCursor });
   * ```
   */
  listTools(params?: ListParams, options?: ListOptions): Call<ListToolsResult>;
  /** The server's resources; pages as in {@link Client.listTools}. */
  listResources(params?: ListParams, options?: ListOptions): Call<ListResourcesResult>;
  /** The server's templates of resource URIs; pages as in {@link Client.listTools}. */
  listResourceTemplates(params?: ListParams, options?: ListOptions): Call<ListResourceTemplatesResult>;
  /**
   * Reads a resource.
   *
   * @example
   * ```js
   * const { contents } = await client.readResource("file:///notes.txt");
   * ```
   */
  readResource(uri: string, options?: CallOptions): Call<ReadResourceResult>;
  /** Reads a resource, in the TypeScript SDK's shape. */
  readResource(params: ResourceParams, options?: CallOptions): Call<ReadResourceResult>;
  /** The server's prompts; pages as in {@link Client.listTools}. */
  listPrompts(params?: ListParams, options?: ListOptions): Call<ListPromptsResult>;
  /**
   * The messages of a prompt.
   *
   * @example
   * ```js
   * const { messages } = await client.getPrompt("summarize", { style: "short" });
   * ```
   */
  getPrompt(name: string, args?: Record<string, string>, options?: CallOptions): Call<GetPromptResult>;
  /** The messages of a prompt, in the TypeScript SDK's shape. */
  getPrompt(params: GetPromptParams, options?: CallOptions): Call<GetPromptResult>;
  /**
   * Suggests values for an argument of a prompt, or for a variable of a resource template.
   *
   * @example
   * ```js
   * const { completion } = await client.complete({
   *   ref: { type: "ref/prompt", name: "summarize" },
   *   argument: { name: "style", value: "sh" },
   * });
   * ```
   */
  complete(params: CompleteParams, options?: CallOptions): Call<CompleteResult>;
  /**
   * Asks a server of the `initialize` era to say when a resource changes. {@link Client.listen}
   * does the same in both eras.
   */
  subscribeResource(uri: string | ResourceParams, options?: CallOptions): Call<Result>;
  /** Takes that back. */
  unsubscribeResource(uri: string | ResourceParams, options?: CallOptions): Call<Result>;
  /**
   * Asks the server to tell of changes, in both eras. What it tells also goes to the notification
   * handlers.
   *
   * @param filter what to hear of
   * @returns the subscription, once the server has acknowledged it
   * @throws {RpcError} when the server refuses; {@link TimeoutError} when it does not answer within
   *   `timeout`, which is the only clock of a subscription
   *
   * @example
   * ```js
   * const subscription = await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] });
   * for await (const { method, params } of subscription) console.log(method, params.uri);
   * console.log("it ended:", await subscription.closed);
   * ```
   */
  listen(filter: SubscriptionFilter, options?: ListenOptions): Promise<Subscription>;
  /** Asks whether the server is there. */
  ping(options?: CallOptions): Call<Result>;
  /** Asks for log messages from this level up. */
  setLoggingLevel(level: LoggingLevel, options?: CallOptions): Promise<Result>;

  /**
   * Sends a request of whatever method.
   *
   * @example
   * ```js
   * const { resources } = await client.request({ method: "resources/list" });
   * ```
   */
  request<Method extends keyof ClientRequests>(
    request: { method: Method; params?: ClientRequests[Method]["params"] },
    options?: CallOptions,
  ): Call<ClientRequests[Method]["result"]>;
  /** Sends a request that the protocol does not know. */
  request<Out = Result>(request: { method: string; params?: object }, options?: CallOptions): Call<Out>;
  /** Sends a request of whatever method, in the first TypeScript SDK's shape; the schema is not used. */
  request<Out = Result>(
    request: { method: string; params?: object },
    schema: ResultSchema<Out> | undefined,
    options?: CallOptions,
  ): Call<Out>;
  /** Sends a notification of whatever method. */
  notification(notification: { method: string; params?: object }): Promise<void>;

  /**
   * Handles the notifications of a method. One for `notifications/progress` sees all progress, and
   * takes none away from the calls' own handlers.
   *
   * @example
   * ```js
   * client.setNotificationHandler("notifications/resources/updated", ({ params }) => reload(params.uri));
   * ```
   */
  setNotificationHandler<Method extends keyof ServerNotifications>(
    method: Method,
    handler: (notification: { method: Method; params: ServerNotifications[Method] }) => unknown,
  ): void;
  /** Handles the notifications of a method that the protocol does not know. */
  setNotificationHandler<Method extends string>(
    method: Method extends keyof ServerNotifications ? never : Method,
    handler: (notification: Notification) => unknown,
  ): void;
  /** Stops handling the notifications of a method. */
  removeNotificationHandler(method: string): void;
  /**
   * Answers the server's requests of a method, also those inside 2026-07-28 results. What the
   * handler throws becomes a JSON-RPC error, with the number `error.rpcCode` if it has one; where
   * there is no request to answer with it, the call fails with `INPUT_FAILED`.
   *
   * @example
   * ```js
   * client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///project" }] }));
   * ```
   */
  setRequestHandler<Method extends keyof ServerRequests>(
    method: Method,
    handler: (
      request: { method: Method; params: ServerRequests[Method]["params"] },
      context: InputContext,
    ) => InputAnswer<ServerRequests[Method]["result"]>,
  ): void;
  /** Answers the server's requests of a method that the protocol does not know. */
  setRequestHandler<Method extends string>(
    method: Method extends keyof ServerRequests ? never : Method,
    handler: (request: Request, context: InputContext) => JsonObject | Promise<JsonObject>,
  ): void;

  /** The calls in flight, as one value to show. */
  readonly calls: CallBoard;

  /** How much progress was delivered, and how much was odd and in which way. */
  diagnostics(): Diagnostics;

  /**
   * Says in words what keeps this page from connecting to a server, with the line to add there: CORS headers, mixed
   * content, the page's policy, the path, the subprotocol. The client itself may be connected or not. Bundlers take what
   * it needs along for apps that import `mcp-wasm/diagnose`.
   *
   * @throws {McpError} `NOT_INITIALIZED` in a bundle of an app that does not import `mcp-wasm/diagnose`
   *
   * @example
   * ```js
   * try {
   *   await client.connect(url);
   * } catch (error) {
   *   const { findings } = await client.diagnose(url);
   *   show(findings.map(({ what, fix }) => `${what} ${fix}`));
   * }
   * ```
   */
  diagnose(url: string | URL, options?: DiagnoseOptions): Promise<Diagnosis>;

  /** Ends the connection; calls in flight fail with {@link ClosedError}. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A schema of a result, which is taken and not used: results are returned as the server sent them. */
export interface ResultSchema<Out = unknown> {
  parse(value: unknown): Out;
}
