/**
 * Model Context Protocol client for the browser, with progress done right.
 *
 * @example
 * ```js
 * import { Client } from "mcp-wasm";
 *
 * const client = await Client.connect("wss://example.com/mcp");
 * const result = await client.callTool("process_items", { items: ["a", "b"] }, {
 *   progressHandler(progress, total, message) {
 *     console.log(progress, total, message);
 *   },
 * });
 * ```
 * @module
 */

/** A JSON object whose members the protocol leaves open. */
export type JsonObject = { [key: string]: unknown };

// ---- progress ----

/**
 * Is told how far a request has come. Deliveries of one call never overlap: when the handler
 * returns a promise, the next delivery and the call's own promise wait for it. What it throws is
 * reported (`reportError`), and breaks nothing.
 *
 * @param progress how far; the server's number, unchanged
 * @param total how far it will go; `undefined` if the server does not know
 * @param message what the server is doing; `undefined` if it does not say
 * @param context which call this is
 *
 * @example
 * ```js
 * const client = new Client({ name: "app", version: "1.0.0" }, {
 *   progressHandler(progress, total, message, { name }) {
 *     bar(name).update(total ? progress / total : undefined, message);
 *   },
 * });
 * ```
 */
export type ProgressHandler = (
  progress: number,
  total: number | undefined,
  message: string | undefined,
  context: ProgressContext,
) => void | Promise<void>;

/** Which call a progress notification belongs to. */
export interface ProgressContext {
  /** The request's method, such as `tools/call`. */
  method: string;
  /** The name of the tool or prompt, or the URI of the resource. */
  name?: string;
  /** The id of the request on the wire. */
  requestId: string | number;
  /** The id of the call; the same as {@link ToolCall.id}. */
  callId: number;
  /**
   * Which request of the call it is, from 2 on: a server that asks for input lets the call be made
   * again, and its numbers may start again. `undefined` for the first.
   */
  leg?: number;
  /** The whole notification, if it has members that the handler is not given by themselves. */
  notification?: ProgressNotification;
}

/** One report of a call and what can be told from it, as a loop over {@link Call.progress} gets it. */
export interface Progress {
  /** How far; the server's number, unchanged. */
  progress: number;
  /** How far it will go; `undefined` if the server does not know. */
  total: number | undefined;
  /** What the server is doing. */
  message: string | undefined;
  /** `progress / total`, between 0 and 1; `undefined` without a total above 0. */
  fraction: number | undefined;
  /** Milliseconds since the call began. */
  elapsed: number;
  /** Units of `progress` per second, lately; `undefined` until half a second of numbers is there. */
  rate: number | undefined;
  /** Milliseconds until `total` at that rate; `undefined` while there is no rate or no total. */
  remaining: number | undefined;
  /** Counts from 1; the next one begins when the numbers start again, as in the next round of a call. */
  phase: number;
}

/** A progress notification without its token; unknown members are kept. */
export interface ProgressNotification {
  progress: number;
  total?: number;
  message?: string;
  [key: string]: unknown;
}

/**
 * The handler of calls that have no other: logs `Progress: 3/10 (30.0%) - message` at debug level
 * (`console.debug`), without the percentage when the total is missing or 0, without the dash when
 * there is no message.
 *
 * @example
 * ```js
 * defaultProgressHandler(3, 10, "halfway there"); // Progress: 3/10 (30.0%) - halfway there
 * ```
 */
export function defaultProgressHandler(progress: number, total?: number, message?: string): void;

// ---- options ----

/** What a client and each of its calls can be told; a call's setting replaces the client's. */
export interface CallDefaults {
  /**
   * Milliseconds without an answer and without progress, after which the call is cancelled on the
   * server and fails with {@link TimeoutError}. `Infinity` for no limit. May strike late by a
   * sixteenth of itself, never early.
   * @default 60_000
   */
  timeout?: number;
  /**
   * Whether progress restarts `timeout`.
   * @default true
   */
  resetTimeoutOnProgress?: boolean;
  /**
   * Milliseconds in all, whatever the progress. `Infinity` for no limit.
   * @default 3_600_000
   */
  maxTotalTimeout?: number;
  /**
   * Milliseconds without progress after which {@link Call.stalled} is true. Nothing fails by it.
   * @default 10_000
   */
  stallAfter?: number;
  /**
   * Delivers progress at most once in so many milliseconds, or once per animation frame: the first
   * at once, then the newest of each interval, and the last before the result. Without it, every
   * notification is delivered. Hidden pages have no frames; there a clock takes their place.
   * @default undefined
   *
   * @example
   * ```js
   * await client.callTool("scan", {}, { throttle: "frame", progressHandler: draw });
   * ```
   */
  throttle?: number | "frame";
  /**
   * Drops progress that does not increase, instead of delivering and counting it.
   * @default false
   */
  strict?: boolean;
  /**
   * Checks a tool's `structuredContent` against the tool's output schema: `"strict"` fails the call
   * with {@link ProtocolError} `INVALID_OUTPUT` (or `UNUSABLE_SCHEMA`), whose `result` has what the
   * tool returned; `"warn"` gives that error to `onerror` and returns the result all the same. The
   * schemas are those of the latest `listTools`; without one the tools are listed once.
   * @default "off"
   */
  outputValidation?: "off" | "warn" | "strict";
  /**
   * Throws {@link ToolError} when a tool's result says `isError`, instead of returning the result.
   * @default false
   */
  throwOnToolError?: boolean;
  /**
   * What happens when a 2026-07-28 server asks for input before it answers: `"auto"` lets the
   * handlers answer and goes on with the call, `"manual"` returns the result that asks
   * (`resultType: "input_required"`), to be called again with `inputResponses` and `requestState`.
   * With `"manual"`, calls do not become tasks behind the scenes either.
   * @default "auto"
   */
  inputRequired?: "auto" | "manual";
  /**
   * How often the server may ask for input before the call fails with `INPUT_FAILED`. While a
   * handler works on that, `timeout` does not run, because a person may have to think;
   * `maxTotalTimeout` does.
   * @default 10
   */
  maxRounds?: number;
  /**
   * Is told how the task stands that a tool call has become, whenever that changes: the server's
   * task, with `status` and `statusMessage`.
   */
  onTaskStatus?: (task: Task, context: ProgressContext) => void | Promise<void>;
}

/** The options of a client. */
export interface ClientOptions extends CallDefaults {
  /**
   * Is told the progress of every call that has no handler of its own; `null` for none.
   * @default defaultProgressHandler
   */
  progressHandler?: ProgressHandler | null;
  /**
   * Gets the server's log messages. With it, 2026-07-28 requests ask for all levels.
   *
   * @example
   * ```js
   * new Client(info, { logHandler: ({ level, data }) => console.log(level, data) });
   * ```
   */
  logHandler?: (message: LoggingMessage) => void | Promise<void>;
  /** Sees every notification and request of the server, beside the handlers for its method. */
  messageHandler?: (message: Notification | Request) => void | Promise<void>;
  /**
   * Whether lists and resources may be answered from what the server allowed to keep (`ttlMs`,
   * 2026-07-28). It is kept in memory, by this client alone, until the server says that it has
   * changed or the connection ends.
   * @default true
   */
  cache?: boolean;
  /**
   * Checks values against JSON schemas: that of `mcp-wasm/validate`, or one of the TypeScript SDK's.
   *
   * @example
   * ```js
   * import { jsonSchemaValidator } from "mcp-wasm/validate";
   * new Client(info, { outputValidation: "strict", jsonSchemaValidator });
   * ```
   */
  jsonSchemaValidator?: JsonSchemaValidator;
  /**
   * Hears of lists that have changed, and fetches them again.
   *
   * @example
   * ```js
   * new Client(info, { listChanged: { tools: { onChanged: (error, tools) => tools && show(tools) } } });
   * ```
   */
  listChanged?: {
    tools?: ListChangedHandler<Tool>;
    prompts?: ListChangedHandler<Prompt>;
    resources?: ListChangedHandler<Resource>;
  };
  /**
   * How many pages a list may have before `listTools()` and its like give up; 0 for any number.
   * @default 1000
   */
  listMaxPages?: number;
  /**
   * Answers when the server wants something written by the client's model. Nothing returned is a
   * refusal, and so is whatever is thrown. Handlers declare their capability by themselves; name
   * it in `capabilities` only for more, such as `{ sampling: { tools: {} } }`.
   *
   * @example
   * ```js
   * new Client(info, {
   *   samplingHandler: async ({ messages, maxTokens }, { signal }) => ({
   *     role: "assistant",
   *     model: "local",
   *     content: { type: "text", text: await generate(messages, { maxTokens, signal }) },
   *   }),
   * });
   * ```
   */
  samplingHandler?: (params: SamplingParams, context: InputContext) => InputAnswer<JsonObject>;
  /**
   * Answers when the server asks the user: by a form (`requestedSchema`), or, if `capabilities`
   * say `{ elicitation: { url: {} } }`, at a URL, which must not be opened without the user's
   * consent. What an accepted form leaves out is filled in from the schema's defaults. Nothing
   * returned is `{ action: "cancel" }`.
   *
   * @example
   * ```js
   * new Client(info, {
   *   async elicitationHandler({ message, requestedSchema }, { signal }) {
   *     const content = await showForm(message, requestedSchema, signal);
   *     return content ? { action: "accept", content } : { action: "decline" };
   *   },
   * });
   * ```
   */
  elicitationHandler?: (params: ElicitationParams, context: InputContext) => InputAnswer<ElicitationResult>;
  /** The folders that the server may look at, or what lists them. */
  roots?: Root[] | ((context: InputContext) => InputAnswer<Root[] | { roots: Root[] }>);
  /**
   * Whether tool calls may become tasks, which are looked at until they end; the call is one call
   * all the same. Declares the extension `io.modelcontextprotocol/tasks`, and calls tools that
   * run as tasks only (2025-11-25) as such.
   * @default false
   */
  tasks?: boolean;
  /**
   * The client's capabilities, as the protocol writes them. What handlers bring along is added.
   * @default {}
   */
  capabilities?: JsonObject;
  /**
   * Which protocol revisions may be used: `"auto"` probes for the newest and falls back to the
   * `initialize` handshake, `"legacy"` does not probe, `{ pin }` is that revision or an error.
   * @default "auto"
   */
  mode?: "auto" | "legacy" | { pin: ProtocolVersion };
}

/** The options of `connect`. */
export interface ConnectOptions {
  /**
   * Milliseconds from the call to the end of the handshake.
   * @default 30_000
   */
  connectTimeout?: number;
  /**
   * Milliseconds that the server may leave the first probe unanswered before it counts as one of
   * the `initialize` era.
   * @default 5_000, over ports and in memory 1_000
   */
  probeTimeout?: number;
  /**
   * The WebSocket subprotocols to offer; the server must select one of them.
   * @default ["mcp"]
   */
  protocols?: string[];
  /**
   * Headers of every HTTP request, beside the protocol's own; or a function that gives them, and is
   * asked for each request.
   *
   * @example
   * ```js
   * await client.connect(url, { headers: async () => ({ Authorization: `Bearer ${await token()}` }) });
   * ```
   */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);
  /**
   * Makes the HTTP requests.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch;
  /**
   * Sees the text of every frame.
   *
   * @example
   * ```js
   * await client.connect(url, { trace: (direction, text) => console.log(direction, text) });
   * ```
   */
  trace?: (direction: "sent" | "received", text: string) => void;
  /**
   * Lets a dedicated worker hold the connection to a URL. What arrives is read there and reaches the
   * page in batches, in order: progress at most every 16 milliseconds, what somebody waits for at
   * once. Everything else about the client stays as it is. Closing the client ends the worker; a
   * worker that fails ends the connection.
   *
   * `true` makes the worker out of the package itself, for which a Content-Security-Policy has to
   * allow `worker-src blob:`. Or a function makes it, anew for each connection, out of a module script
   * of yours that imports `mcp-wasm/worker`.
   *
   * `fetch` cannot go along. `headers` can, also as a function, which is called in the page.
   * @default false
   *
   * @example
   * ```js
   * const client = await Client.connect("wss://example.com/mcp", { worker: true });
   * // Or, with `import "mcp-wasm/worker";` in mcp-worker.js:
   * const worker = () => new Worker(new URL("./mcp-worker.js", import.meta.url), { type: "module" });
   * const other = await Client.connect("wss://example.com/mcp", { worker });
   * ```
   */
  worker?: boolean | (() => Worker);
}

/** The options of one call. */
export interface CallOptions extends CallDefaults {
  /** Replaces the client's handler for this call; `null` for none. */
  progressHandler?: ProgressHandler | null;
  /**
   * The TypeScript SDK's spelling: one object with every member of the notification but the token,
   * unknown ones too. Also replaces the client's handler.
   *
   * @example
   * ```js
   * await client.callTool({ name: "scan" }, { onprogress: ({ progress }) => show(progress) });
   * ```
   */
  onprogress?: (progress: ProgressNotification) => void | Promise<void>;
  /** `false` does without what is kept, for this call. */
  cache?: boolean;
  /** Aborts the call: the server is told, and the call fails at once with {@link AbortError}. */
  signal?: AbortSignal;
  /**
   * Lets a 2025-11-25 server run a tool as a task, if it can; with `ttl`, how long it is to keep
   * the task, in milliseconds. Newer servers decide by themselves.
   */
  task?: boolean | { ttl?: number };
}

/** The options of a list. */
export interface ListOptions extends CallOptions {
  /**
   * After how many pages to stop; the result's `nextCursor` then says where the next one starts.
   * @default Infinity
   */
  pages?: number;
}

// ---- recording ----

/** Remembers the frames of a connection, with their times. */
export class FrameRecorder {
  /** For the option `trace` of `connect`. */
  readonly trace: (direction: "sent" | "received", text: string) => void;
  /** Puts the recorder between a client and a transport of one's own. */
  wrap(transport: Transport): Transport;
  /** The log: a line of JSON for each frame. It holds all that was said, secrets too. */
  toString(): string;
}

/**
 * A recorder of frames.
 *
 * @example
 * ```js
 * const recorder = recordFrames();
 * const client = await Client.connect(url, { trace: recorder.trace });
 * // …
 * console.log(String(recorder));
 * ```
 */
export function recordFrames(): FrameRecorder;

/** A server that says again what a log holds. */
export interface ReplayTransport extends Transport {
  /** Sends the requests of the log again; what becomes of each. */
  drive(client: Client): Promise<PromiseSettledResult<JsonObject>[]>;
}

/**
 * A transport that plays a log without a server: each frame comes as long after what the client
 * said before it as it came then.
 *
 * @param log what {@link FrameRecorder.toString} gave
 * @param options `speed`: how much faster than it was; `Infinity` for at once
 * @throws {McpError} `INVALID_ARGUMENT` if it is no log
 *
 * @example
 * ```js
 * const transport = replay(log, { speed: Infinity });
 * const client = await Client.connect(transport, { progressHandler: console.log });
 * await transport.drive(client);
 * ```
 */
export function replay(log: string, options?: { speed?: number }): ReplayTransport;

// ---- the client ----

/** A request under way: a promise of its result, with a handle to it. */
export interface Call<Result> extends Promise<Result> {
  /** The request's id; 0 if it was never sent. */
  readonly id: number;
  /** Whether nothing has been heard of the call for `stallAfter`; false again with the next progress. */
  readonly stalled: boolean;
  /**
   * Gives up the call: the server is told, and the promise fails at once with {@link AbortError}.
   * Does nothing if the call has ended.
   * @param reason for the server's log
   */
  cancel(reason?: string): void;
  /**
   * The progress from now on, to loop over. The loop ends with the call, and throws its error. It
   * may lag behind by 1,024 reports; then the oldest give way.
   *
   * @example
   * ```js
   * const call = client.callTool("scan");
   * for await (const { fraction, remaining } of call.progress()) show(fraction, remaining);
   * const result = await call;
   * ```
   */
  progress(): AsyncIterableIterator<Progress>;
}

/** What a {@link CallBoard} shows of a call. */
export interface CallView extends Omit<Progress, "progress"> {
  readonly id: number;
  /** The server's name, as it says. */
  readonly server: string | undefined;
  /** The request's method, such as `tools/call`. */
  readonly method: string;
  /** The name of the tool or prompt, or the URI of the resource. */
  readonly name: string | undefined;
  /** How far; `undefined` before the first report. */
  readonly progress: number | undefined;
  /** Whether nothing has been heard of the call for `stallAfter`. */
  readonly stalled: boolean;
  /** Whether the caller has just given it up. */
  readonly cancelling: boolean;
}

/**
 * All calls of a client that are in flight, as one value to show. It tells of changes by a `change`
 * event, at most one per animation frame.
 *
 * @example
 * ```js
 * client.calls.addEventListener("change", () => draw(client.calls.snapshot));
 * // React:
 * const calls = useSyncExternalStore(client.calls.subscribe, client.calls.getSnapshot);
 * ```
 */
export class CallBoard extends EventTarget {
  private constructor();
  /** Grows with every change. */
  readonly version: number;
  /** The calls, oldest first: the same array until something has changed. */
  readonly snapshot: readonly CallView[];
  /** The same, for stores that are given functions. */
  readonly getSnapshot: () => readonly CallView[];
  /** Is told of changes; returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Several calls as one line of progress. */
export interface CombinedProgress {
  /** How many are in flight. */
  running: number;
  /** How many have ended, as given. */
  ended: number;
  /** The mean of all fractions; one that is unknown counts as 0, an ended call as 1. */
  fraction: number | undefined;
  /** Whether the fraction of every call in flight is known. */
  determinate: boolean;
  /** Whether all that are in flight are stalled. */
  stalled: boolean;
}

/**
 * Puts several calls together, such as the tools of one turn of a chat.
 *
 * @param calls what the board shows of them
 * @param ended how many calls of the group have ended already
 *
 * @example
 * ```js
 * const { fraction } = combinedProgress(client.calls.snapshot.filter(({ id }) => turn.has(id)));
 * ```
 */
export function combinedProgress(calls: Iterable<CallView>, ended?: number): CombinedProgress;

/** A tool call under way. */
export type ToolCall = Call<CallToolResult>;

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
    target: string | URL | Transport | PortLike,
    options?: ClientOptions & ConnectOptions & { info?: Implementation },
  ): Promise<Client>;

  /**
   * Opens the connection and finds out which protocol revision the server speaks.
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
   *   script of another worker did not load or run; `UNSUPPORTED` where there are no workers
   */
  connect(target: string | URL | Transport | PortLike, options?: ConnectOptions): Promise<void>;

  /** The protocol revision in use; `undefined` while not connected. */
  readonly protocolVersion: ProtocolVersion | undefined;
  /** Which of the two ways to speak MCP that revision belongs to. */
  readonly era: "modern" | "legacy" | undefined;
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
   */
  callTool(name: string, args?: object, options?: CallOptions): ToolCall;
  /** Runs a tool, in the TypeScript SDK's shape. */
  callTool(params: CallToolParams, options?: CallOptions): ToolCall;
  /** Runs a tool, in the first TypeScript SDK's shape; the schema is not used. */
  callTool(params: CallToolParams, schema: unknown, options?: CallOptions): ToolCall;

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
  subscribeResource(uri: string | ResourceParams, options?: CallOptions): Call<JsonObject>;
  /** Takes that back. */
  unsubscribeResource(uri: string | ResourceParams, options?: CallOptions): Call<JsonObject>;
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
  ping(options?: CallOptions): Call<JsonObject>;
  /** Asks for log messages from this level up. */
  setLoggingLevel(level: LoggingLevel, options?: CallOptions): Promise<JsonObject>;

  /**
   * Sends any request.
   *
   * @example
   * ```js
   * const { resources } = await client.request({ method: "resources/list" });
   * ```
   */
  request<Result = JsonObject>(request: Request, options?: CallOptions): Call<Result>;
  /** Sends any request, in the first TypeScript SDK's shape; the schema is not used. */
  request<Result = JsonObject>(request: Request, schema: unknown, options?: CallOptions): Call<Result>;
  /** Sends any notification. */
  notification(notification: Notification): Promise<void>;

  /**
   * Handles the notifications of a method. One for `notifications/progress` sees all progress, and
   * takes none away from the calls' own handlers.
   */
  setNotificationHandler(method: string, handler: (notification: Notification) => void | Promise<void>): void;
  /** Stops handling the notifications of a method. */
  removeNotificationHandler(method: string): void;
  /**
   * Answers the server's requests of a method, also those inside 2026-07-28 results. What the
   * handler throws becomes a JSON-RPC error, with the number `error.rpcCode` if it has one; where
   * there is no request to answer with it, the call fails with `INPUT_FAILED`.
   */
  setRequestHandler(
    method: string,
    handler: (request: Request, context: InputContext) => JsonObject | Promise<JsonObject>,
  ): void;

  /** The calls in flight, as one value to show. */
  readonly calls: CallBoard;

  /** How much progress was delivered, and how much was odd and in which way. */
  diagnostics(): Diagnostics;

  /** Ends the connection; calls in flight fail with {@link ClosedError}. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes checks out of JSON schemas; the TypeScript SDK's interface. */
export interface JsonSchemaValidator {
  /**
   * @param schema throws if it cannot be used
   * @returns says whether a value follows the schema
   */
  getValidator<T = unknown>(
    schema: any,
  ): (value: unknown) =>
    | { valid: true; data: T; errorMessage: undefined }
    | { valid: false; data: undefined; errorMessage: string };
}

/** What a subscription wants to hear of. */
export interface SubscriptionFilter {
  toolsListChanged?: boolean;
  promptsListChanged?: boolean;
  resourcesListChanged?: boolean;
  /** The URIs of resources. News may also be of a part of one. */
  resourceSubscriptions?: string[];
  /** The ids of tasks (2026-07-28, with the tasks extension). */
  taskIds?: string[];
}

/** The options of `listen`. */
export interface ListenOptions {
  /**
   * Milliseconds to wait for the server's acknowledgement.
   * @default 60_000
   */
  timeout?: number;
  /** Ends the subscription. */
  signal?: AbortSignal;
  /** Gets every notification, from the first on. */
  onnotification?: (notification: Notification) => void | Promise<void>;
}

/**
 * What the server tells of changes, until one side ends it. Give `onnotification`, or iterate:
 * what nobody has taken waits (the newest 1,024).
 *
 * @example
 * ```js
 * await using subscription = await client.listen({ toolsListChanged: true });
 * subscription.onnotification = async () => show(await client.listTools());
 * ```
 */
export interface Subscription extends AsyncIterable<Notification> {
  /** The id of the listen request; in the `initialize` era one that was never sent. */
  readonly id: number;
  /** What the server will tell of: the filter, or a part of it. */
  readonly honored: SubscriptionFilter;
  /** The same, by the TypeScript SDK's name. */
  readonly honoredFilter: SubscriptionFilter;
  /**
   * How it ended: `"local"` by `close` or the signal, `"graceful"` by the server's answer,
   * `"remote"` with the connection or by the server's cancellation. Never rejects.
   */
  readonly closed: Promise<"local" | "graceful" | "remote">;
  /** Gets every notification; also, when it is set, those that wait. */
  onnotification: ((notification: Notification) => void | Promise<void>) | undefined;
  /** Ends it; the server is told. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How to hear of a list that has changed. */
export interface ListChangedHandler<Item> {
  /** Gets the list as it is now, or why it could not be fetched. */
  onChanged: (error: Error | null, items: Item[] | null) => void | Promise<void>;
  /**
   * Whether to fetch the list; without, `items` is null.
   * @default true
   */
  autoRefresh?: boolean;
  /**
   * Milliseconds without another change to wait before fetching.
   * @default 300
   */
  debounceMs?: number;
}

/** What {@link Client.diagnostics} tells. */
export interface Diagnostics {
  /** The server's name. */
  server: string | undefined;
  /** Counts of progress notifications since the client was made. */
  progress: {
    /** Delivered to a call. */
    delivered: number;
    /** For a token that was never handed out. */
    unknown: number;
    /** For a call that had ended. */
    late: number;
    /** Below the value before it. */
    backward: number;
    /** Equal to the value before it. */
    duplicate: number;
    /** Without a usable token, number or message; dropped. */
    malformed: number;
    /** Gave way to newer ones behind a slow handler. */
    overflowed: number;
    /** Gave way to newer ones by `throttle`. */
    coalesced: number;
  };
  /** Counts of notifications for subscriptions. */
  subscriptions: {
    /** For a subscription that there is not; dropped. */
    unknown: number;
  };
}

// ---- what servers ask for ----

/** What a handler returns, at once or later. */
export type InputAnswer<Result> = Result | null | undefined | void | Promise<Result | null | undefined | void>;

/** What a handler of a server's request is told beside the request. */
export interface InputContext {
  /** Aborts when the answer is wanted no more: the call or the connection ended, or the server says so. */
  signal: AbortSignal;
  /** The id of the server's request, or of the call's latest request if a result asks. */
  requestId: string | number;
  /** Tells the server how far the answer has come. Does nothing if the server did not ask for that. */
  reportProgress(progress: number, total?: number, message?: string): Promise<void>;
  /** For an `elicitationId`: is kept when the server says that what happens at the URL is done. */
  completed?: Promise<void>;
  /** The call that waits for the answer, if a result asks: its method. */
  method?: string;
  /** Its tool, prompt or URI. */
  name?: string;
  /** Its id. */
  callId?: number;
  /** The server's name for what is asked. */
  key?: string;
}

/** What the server wants the client's model to continue. */
export interface SamplingParams {
  messages: { role: "user" | "assistant"; content: any; [key: string]: unknown }[];
  /** Must be kept to. */
  maxTokens: number;
  systemPrompt?: string;
  temperature?: number;
  stopSequences?: string[];
  modelPreferences?: JsonObject;
  tools?: Tool[];
  toolChoice?: { mode?: "auto" | "required" | "none"; [key: string]: unknown };
  [key: string]: unknown;
}

/** What the server asks the user. */
export interface ElicitationParams {
  message: string;
  /** Absent for a form. */
  mode?: "form" | "url";
  /** Of a form: a flat object. */
  requestedSchema?: JsonObject;
  /** Of a URL: shown in full before it is opened. */
  url?: string;
  elicitationId?: string;
  [key: string]: unknown;
}

/** What the user answered. Accepting a URL is consent to open it, and does not say that all is done. */
export interface ElicitationResult {
  action: "accept" | "decline" | "cancel";
  content?: { [key: string]: string | number | boolean | string[] };
  [key: string]: unknown;
}

/** A folder that the server may look at. */
export interface Root {
  /** Starts with `file://`. */
  uri: string;
  name?: string;
  [key: string]: unknown;
}

/** A tool call that the server works on while nobody waits; 2025-11-25 has `ttl` and `pollInterval`. */
export interface Task {
  taskId: string;
  status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  statusMessage?: string;
  createdAt?: string;
  lastUpdatedAt?: string;
  ttlMs?: number | null;
  pollIntervalMs?: number;
  [key: string]: unknown;
}

// ---- transports ----

/** The TypeScript SDK's transport, so that any of its ecosystem plugs in. */
export interface Transport {
  /** Opens the connection. */
  start?(): Promise<void> | void;
  /** Sends one message, a JSON value. */
  send(message: any): Promise<void> | void;
  /** Ends the connection. */
  close?(): Promise<void> | void;
  /** Set by the client: gets each message, parsed. */
  onmessage?: (message: any) => void;
  /** Set by the client: the connection has ended. */
  onclose?: () => void;
  /** Set by the client: something went wrong. */
  onerror?: (error: Error) => void;
  /**
   * Set by the client if the transport has this property at all: gets the text of each frame
   * instead of `onmessage`, which is what makes progress fast.
   */
  onframe?: (text: string) => void;
  /**
   * Read by the client: the `probeTimeout` of {@link ConnectOptions} over this transport, if it is
   * not given.
   */
  readonly probeTimeout?: number;
}

/**
 * One WebSocket: text frames with one JSON-RPC message each.
 *
 * @example
 * ```js
 * const transport = new WebSocketTransport("wss://example.com/mcp", {
 *   trace: (direction, text) => console.log(direction, text),
 * });
 * await client.connect(transport);
 * ```
 */
export class WebSocketTransport implements Transport {
  constructor(
    url: string | URL,
    options?: {
      /**
       * The subprotocols to offer; the server must select one of them.
       * @default ["mcp"]
       */
      protocols?: string[];
      /** Sees the text of every frame. */
      trace?: (direction: "sent" | "received", text: string) => void;
    },
  );
  start(): Promise<void>;
  send(message: any): Promise<void>;
  /** Sends one frame of text. */
  sendText(text: string): void;
  close(): Promise<void>;
  onmessage?: (message: any) => void;
  onframe?: (text: string) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
}

/**
 * Streamable HTTP: each message is a POST, each answer JSON or a stream of events.
 *
 * @example
 * ```js
 * const transport = new StreamableHttpTransport("https://example.com/mcp", {
 *   headers: { Authorization: "Bearer …" },
 * });
 * await client.connect(transport);
 * ```
 */
export class StreamableHttpTransport implements Transport {
  constructor(
    url: string | URL,
    options?: {
      /** Headers of every request, beside the protocol's own; or a function that gives them. */
      headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);
      /**
       * Makes the requests.
       * @default globalThis.fetch
       */
      fetch?: typeof globalThis.fetch;
      /** Sees the text of every message; reading progress is slower with it. */
      trace?: (direction: "sent" | "received", text: string) => void;
    },
  );
  start(): Promise<void>;
  /** Sends one message; fails when the server does not take it. */
  send(message: any): Promise<void>;
  /** Ends all streams, and the session if there is one. */
  close(): Promise<void>;
  /** The session of a server from before 2026-07-28, if it gave one. */
  readonly sessionId: string | undefined;
  onmessage?: (message: any) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
}

/**
 * What a {@link MessagePortTransport} talks over: a `MessagePort`, a `Worker`, a worker's own scope.
 * For a window use {@link openPort}.
 */
export interface PortLike {
  postMessage(message: any): void;
  onmessage?: ((event: any) => any) | null;
  addEventListener?(type: string, listener: (event: any) => void): void;
  removeEventListener?(type: string, listener: (event: any) => void): void;
  start?(): void;
  close?(): void;
  terminate?(): unknown;
}

/**
 * One port, with one JSON-RPC message per `postMessage`: as an object, or as JSON text to a peer
 * that sends text. Both are read. What arrives is checked as if it came from the network.
 *
 * Ports do not say that the other end is gone, so this one sends `{ mcp: "close" }` when it closes
 * and when its page is left; who terminates a worker or removes a frame closes the client as well.
 * `client.connect(port)` makes one.
 *
 * @example
 * ```js
 * const worker = new Worker(new URL("server.js", import.meta.url), { type: "module" });
 * await client.connect(new MessagePortTransport(worker));
 * ```
 */
export class MessagePortTransport implements Transport {
  constructor(
    port: PortLike,
    options?: {
      /**
       * Sends JSON text from the start.
       * @default false
       */
      text?: boolean;
      /** Sees the text of every message. */
      trace?: (direction: "sent" | "received", text: string) => void;
    },
  );
  start(): Promise<void>;
  send(message: any): Promise<void>;
  /** Sends one message that is JSON text already. */
  sendText(text: string): void;
  close(): Promise<void>;
  onmessage?: (message: any) => void;
  onframe?: (text: string) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly probeTimeout: number | undefined;
}

/**
 * A transport to a window, a frame or a worker in which {@link acceptPorts} listens. The two talk
 * over a port of their own, handed over when the transport starts.
 *
 * @param target such as `iframe.contentWindow` after the frame's `load` event
 *
 * @example
 * ```js
 * await client.connect(openPort(iframe.contentWindow, { origin: "https://tools.example.com" }));
 * ```
 */
export function openPort(
  target: Window | PortLike,
  options?: {
    /**
     * The origin that a window must have to get the port; `"null"` for a sandboxed frame of your
     * own. Required for windows, meaningless for workers.
     */
    origin?: string;
    /**
     * What the other side has to repeat.
     * @default random
     */
    nonce?: string;
    /**
     * Milliseconds that the other side may take to accept.
     * @default 10_000
     */
    timeout?: number;
    /** Sees the text of every message. */
    trace?: (direction: "sent" | "received", text: string) => void;
  },
): MessagePortTransport;

/**
 * Takes the ports that {@link openPort} hands to this window or worker, from then on. Others than
 * those named are not answered.
 *
 * @param accept gets a transport, not yet started, for each port
 * @returns ends it; ports already taken stay
 *
 * @example
 * ```js
 * // In a frame: its parent, if it is the page that it should be.
 * acceptPorts((transport) => client.connect(transport), { origins: ["https://app.example.com"] });
 * ```
 */
export function acceptPorts(
  accept: (transport: MessagePortTransport) => unknown,
  options?: {
    /** The origins to accept from; `"null"` for sandboxed frames. Required in windows. */
    origins?: string[];
    /**
     * The window to accept from.
     * @default the parent of a frame, else the opener
     */
    source?: Window | null;
    /** What the other side has to know; without it, it may say anything. */
    nonce?: string;
    /** Sees the text of every message. */
    trace?: (direction: "sent" | "received", text: string) => void;
  },
): () => void;

/**
 * Two transports that are connected to each other. Messages are copied, stay in order, and arrive
 * in a later microtask, once the receiving end has been started. Closing one end closes both.
 *
 * @example
 * ```js
 * const [here, there] = createInMemoryPair();
 * await Promise.all([server.connect(there), client.connect(here)]);
 * ```
 */
export function createInMemoryPair(): [InMemoryTransport, InMemoryTransport];

/** One end of {@link createInMemoryPair}. */
export interface InMemoryTransport extends Transport {
  start(): Promise<void>;
  send(message: any): Promise<void>;
  /** Sends one message that is JSON text already. */
  sendText(text: string): void;
  close(): Promise<void>;
}

// ---- errors ----

/** The stable codes of this package's errors. */
export type ErrorCode =
  | "RPC_ERROR"
  | "TIMEOUT"
  | "ABORTED"
  | "CLOSED"
  | "HTTP_ERROR"
  | "PROTOCOL_ERROR"
  | "INCOMPATIBLE_VERSION"
  | "ENDLESS_PAGES"
  | "INVALID_OUTPUT"
  | "UNUSABLE_SCHEMA"
  | "TOOL_ERROR"
  | "INPUT_FAILED"
  | "TASK_FAILED"
  | "INVALID_ARGUMENT"
  | "ALREADY_CONNECTED"
  | "NOT_INITIALIZED"
  | "WASM_BLOCKED"
  | "WORKER_BLOCKED"
  | "WORKER_FAILED"
  | "MESSAGE_TOO_LARGE"
  | "UNSUPPORTED"
  | "HANDLER_HUNG";

/** The base of the errors. `instanceof` also recognises those of another copy of the package. */
export class McpError extends Error {
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown });
  /** Says what happened; stable, unlike the message. */
  readonly code: ErrorCode;
}

/** The server answered with a JSON-RPC error. */
export class RpcError extends McpError {
  constructor(message: string, rpcCode: number, data?: unknown);
  /** The server's number, such as -32602. */
  readonly rpcCode: number;
  /** What else the server said. */
  readonly data: unknown;
}

/** A clock ran out. The server has been told to stop. */
export class TimeoutError extends McpError {
  constructor(message: string, clock: "idle" | "total" | "connect", timeout: number);
  /** Which clock: `timeout`, `maxTotalTimeout` or `connectTimeout`. */
  readonly clock: "idle" | "total" | "connect";
  /** Its setting, in milliseconds. */
  readonly timeout: number;
}

/** The connection is not open, or was lost. */
export class ClosedError extends McpError {
  constructor(message: string, mayHaveRun: boolean, options?: { cause?: unknown });
  /** Whether the request had left, so that the server may have carried it out. */
  readonly mayHaveRun: boolean;
}

/** The server answered a request with an HTTP status instead of a message. */
export class HttpError extends McpError {
  constructor(message: string, status: number, body: string);
  /** The HTTP status; 401 and 403 mean that the server wants other credentials. */
  readonly status: number;
  /** How the body begins. */
  readonly body: string;
}

/** The server broke the protocol, or speaks no revision in common. */
export class ProtocolError extends McpError {
  constructor(
    message: string,
    code?: "PROTOCOL_ERROR" | "INCOMPATIBLE_VERSION" | "ENDLESS_PAGES" | "INVALID_OUTPUT" | "UNUSABLE_SCHEMA",
    options?: { cause?: unknown },
  );
  /** What the tool returned; there for `INVALID_OUTPUT` and `UNUSABLE_SCHEMA`. */
  readonly result?: CallToolResult;
}

/** A tool failed, and `throwOnToolError` was set. */
export class ToolError extends McpError {
  constructor(message: string, result: CallToolResult);
  /** The tool's whole result. */
  readonly result: CallToolResult;
}

/** The caller aborted the call: a `DOMException` named `AbortError`, with a `code` of ours. */
export interface AbortError extends Omit<DOMException, "code"> {
  readonly code: "ABORTED";
  /** The signal's reason. */
  readonly cause: unknown;
}
export const AbortError: {
  new (message: string, reason?: unknown): AbortError;
  readonly prototype: AbortError;
};

/** Whether a value is an error of this package, or of another copy of it. */
export function isMcpError(value: unknown): value is McpError | AbortError;

// ---- protocol types ----

/** The protocol revisions this package speaks. */
export type ProtocolVersion = "2024-11-05" | "2025-03-26" | "2025-06-18" | "2025-11-25" | "2026-07-28";

/** Who is at one end of a connection. For display only. */
export interface Implementation {
  name: string;
  version: string;
  title?: string;
  [key: string]: unknown;
}

/** What a server can do. */
export interface ServerCapabilities {
  tools?: { listChanged?: boolean; [key: string]: unknown };
  resources?: { subscribe?: boolean; listChanged?: boolean; [key: string]: unknown };
  prompts?: { listChanged?: boolean; [key: string]: unknown };
  logging?: JsonObject;
  completions?: JsonObject;
  [key: string]: unknown;
}

/** A request, without the envelope. */
export interface Request {
  method: string;
  params?: JsonObject;
}

/** A notification, without the envelope. */
export interface Notification {
  method: string;
  params?: any;
}

/** The levels of log messages, from least to most severe. */
export type LoggingLevel =
  | "debug"
  | "info"
  | "notice"
  | "warning"
  | "error"
  | "critical"
  | "alert"
  | "emergency";

/** A log message of the server. */
export interface LoggingMessage {
  level: LoggingLevel;
  logger?: string;
  data: unknown;
  _meta?: JsonObject;
}

/** The params of a tool call. */
export interface CallToolParams {
  name: string;
  arguments?: object;
  _meta?: JsonObject;
}

/** What a list is asked with. */
export interface ListParams {
  /** Where the page starts: a `nextCursor`. Any text is one, also the empty one. */
  cursor?: string;
  _meta?: JsonObject;
}

/** Which resource a request is about. */
export interface ResourceParams {
  uri: string;
  _meta?: JsonObject;
}

/** The params of `getPrompt`. */
export interface GetPromptParams {
  name: string;
  arguments?: Record<string, string>;
  _meta?: JsonObject;
}

/** The params of `complete`. */
export interface CompleteParams {
  /** What is being filled in. */
  ref: { type: "ref/prompt"; name: string; title?: string } | { type: "ref/resource"; uri: string };
  /** The argument, and what its value is so far. */
  argument: { name: string; value: string };
  /** The values that are already chosen. */
  context?: { arguments?: Record<string, string> };
  _meta?: JsonObject;
}

/** What to know about a piece of content. Hints of the server, not to be trusted. */
export interface Annotations {
  audience?: ("user" | "assistant")[];
  /** From 0, optional, to 1, needed. */
  priority?: number;
  /** An ISO 8601 time. */
  lastModified?: string;
  [key: string]: unknown;
}

/** A picture to show. Check where `src` leads before fetching it. */
export interface Icon {
  src: string;
  mimeType?: string;
  sizes?: string[];
  theme?: "light" | "dark";
  [key: string]: unknown;
}

/** One part of a tool's result. */
export type ContentBlock =
  | { type: "text"; text: string; annotations?: Annotations; [key: string]: unknown }
  | { type: "image" | "audio"; data: string; mimeType: string; annotations?: Annotations; [key: string]: unknown }
  | ({ type: "resource_link" } & Resource)
  | { type: "resource"; resource: ResourceContents; annotations?: Annotations; [key: string]: unknown };

/** What a tool returned, with every member the server sent. */
export interface CallToolResult {
  content: ContentBlock[];
  structuredContent?: unknown;
  isError?: boolean;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** What a tool does to the world. Hints of the server, not to be trusted. */
export interface ToolAnnotations {
  title?: string;
  /** @default false */
  readOnlyHint?: boolean;
  /** @default true */
  destructiveHint?: boolean;
  /** @default false */
  idempotentHint?: boolean;
  /** @default true */
  openWorldHint?: boolean;
  [key: string]: unknown;
}

/** A tool. */
export interface Tool {
  name: string;
  title?: string;
  description?: string;
  inputSchema: JsonObject;
  outputSchema?: JsonObject;
  annotations?: ToolAnnotations;
  icons?: Icon[];
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** A resource. */
export interface Resource {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  /** In bytes. */
  size?: number;
  icons?: Icon[];
  annotations?: Annotations;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** Many resources: their URIs by RFC 6570. */
export interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  icons?: Icon[];
  annotations?: Annotations;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** What is in a resource, or in a part of it: text, or bytes in base64. */
export interface ResourceContents {
  uri: string;
  mimeType?: string;
  text?: string;
  blob?: string;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** A prompt. */
export interface Prompt {
  name: string;
  title?: string;
  description?: string;
  arguments?: { name: string; title?: string; description?: string; required?: boolean; [key: string]: unknown }[];
  icons?: Icon[];
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** One message of a prompt. */
export interface PromptMessage {
  role: "user" | "assistant";
  content: ContentBlock;
  [key: string]: unknown;
}

/** What every list has. */
export interface Page {
  /** Where the next page starts; `undefined` on the last. */
  nextCursor?: string;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** The server's tools. */
export interface ListToolsResult extends Page {
  tools: Tool[];
}

/** The server's resources. */
export interface ListResourcesResult extends Page {
  resources: Resource[];
}

/** The server's templates of resource URIs. */
export interface ListResourceTemplatesResult extends Page {
  resourceTemplates: ResourceTemplate[];
}

/** The server's prompts. */
export interface ListPromptsResult extends Page {
  prompts: Prompt[];
}

/** What a resource holds. */
export interface ReadResourceResult {
  contents: ResourceContents[];
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** A prompt, filled in. */
export interface GetPromptResult {
  description?: string;
  messages: PromptMessage[];
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** What `complete` suggests. */
export interface CompleteResult {
  completion: {
    /** At most 100, the best first. */
    values: string[];
    total?: number;
    hasMore?: boolean;
  };
  _meta?: JsonObject;
  [key: string]: unknown;
}
