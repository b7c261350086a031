/** What a client and its connection can be told. */
import type { ElicitationParams, ElicitationResult, ListRootsResult, Root, SamplingParams, SamplingResult } from "./asked.js";
import type { Authorizer } from "./authorizer.js";
import type { CallDefaults } from "./call-options.js";
import type { InputAnswer, InputContext } from "./input.js";
import type { Notification, Request } from "./jsonrpc.js";
import type { ProgressHandler } from "./progress.js";
import type { Prompt } from "./prompts.js";
import type { ClientCapabilities, LoggingMessage, ProtocolVersion } from "./protocol.js";
import type { Resource } from "./resources.js";
import type { ListChangedHandler } from "./subscription.js";
import type { Tool } from "./tools.js";
import type { HeaderList, Trace } from "./transports.js";
import type { JsonSchemaValidator } from "./validator.js";

/** How to hear of the lists that have changed; of those that are not named, nothing is heard. */
export interface ListChangedHandlers {
  tools?: ListChangedHandler<Tool>;
  prompts?: ListChangedHandler<Prompt>;
  resources?: ListChangedHandler<Resource>;
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
   * @default none
   *
   * @example
   * ```js
   * new Client(info, { logHandler: ({ level, data }) => console.log(level, data) });
   * ```
   */
  logHandler?: (message: LoggingMessage) => unknown;
  /**
   * Sees every notification and request of the server, beside the handlers for its method.
   * @default none
   *
   * @example
   * ```js
   * new Client(info, { messageHandler: ({ method, params }) => console.log(method, params) });
   * ```
   */
  messageHandler?: (message: Notification | Request) => unknown;
  /**
   * Whether lists and resources may be answered from what the server allowed to keep (`ttlMs`,
   * 2026-07-28). It is kept in memory, 8 MiB at most, by this client alone, until the server says that
   * it has changed or the connection ends; unless the server calls it public, for one authorization:
   * when the headers of the connection or of a call change, it is forgotten, and so is what was learnt
   * of tools from lists. With a `headers` function that answers by a promise, only what is public is
   * answered from memory.
   * @default true
   */
  cache?: boolean;
  /**
   * Checks values against JSON schemas: that of `mcp-wasm/validate`, or one of the TypeScript SDK's.
   * @default none
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
   * @default none
   *
   * @example
   * ```js
   * new Client(info, { listChanged: { tools: { onChanged: (error, tools) => tools && show(tools) } } });
   * ```
   */
  listChanged?: ListChangedHandlers;
  /**
   * How many pages a list may have before `listTools()` and its like give up; 0 for no limit.
   * @default 1000
   */
  listMaxPages?: number;
  /**
   * Answers when the server wants something written by the client's model. Nothing returned is a
   * refusal, and so is whatever is thrown. Handlers declare their capability by themselves; name
   * it in `capabilities` only for more, such as `{ sampling: { tools: {} } }`.
   * @default none: such requests are refused
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
  samplingHandler?: (params: SamplingParams, context: InputContext) => InputAnswer<SamplingResult>;
  /**
   * Answers when the server asks the user: by a form (`requestedSchema`), or, if `capabilities`
   * say `{ elicitation: { form: {}, url: {} } }`, at a URL, which must not be opened without the
   * user's consent; `url` alone means no forms. What an accepted form leaves out is filled in from the schema's defaults. Nothing
   * returned is `{ action: "cancel" }`.
   * @default none: such requests are refused
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
  /**
   * The folders that the server may look at, or what lists them.
   * @default none: such requests are refused
   *
   * @example
   * ```js
   * new Client(info, { roots: [{ uri: "file:///project", name: "project" }] });
   * ```
   */
  roots?: Root[] | ((context: InputContext) => InputAnswer<Root[] | ListRootsResult>);
  /**
   * Whether tool calls may become tasks, which are looked at until they end; the call is one call
   * all the same. Declares the extension `io.modelcontextprotocol/tasks`, and calls tools that
   * run as tasks only (2025-11-25) as such: those that the list names, or that say so when they are called.
   * @default false
   */
  tasks?: boolean;
  /**
   * The client's capabilities, as the protocol writes them. What handlers bring along is added.
   * @default {}
   */
  capabilities?: ClientCapabilities;
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
   * The largest message either way, in bytes; `Infinity` for no limit. A larger one fails the call that
   * it answers, by the code `MESSAGE_TOO_LARGE`; what is none call's goes to `onerror`.
   * @default 67_108_864
   * @example
   * ```js
   * await client.connect(url, { maxMessageSize: 200 * 1024 * 1024 });
   * ```
   */
  maxMessageSize?: number;
  /**
   * Milliseconds that the server may leave the first probe unanswered before it counts as one of
   * the `initialize` era.
   * @default 1_500, over ports and in memory 1_000, over HTTP a third of `connectTimeout`
   */
  probeTimeout?: number;
  /**
   * The era that the server has shown before, from {@link Client.knownEra}: with `"legacy"` there is no
   * probe first. A server that has changed since is found out all the same, and every other text is as
   * good as none. Without it, servers that are reached by URL are remembered for a day, as long as the
   * page lives.
   * @default undefined
   */
  knownEra?: string | null;
  /**
   * What {@link Client.prior} gave on an earlier connection: a modern server that has not changed is
   * connected to without a round trip; one that has is found out by its first answer.
   * @default undefined
   */
  prior?: unknown;
  /**
   * The WebSocket subprotocols to offer; the server must select one of them. With none, every
   * socket will do.
   * @default ["mcp"]
   */
  protocols?: string[];
  /**
   * Headers of every HTTP request, beside the protocol's own; or a function that gives them, and is
   * asked for each request.
   * @default none
   *
   * @example
   * ```js
   * await client.connect(url, { headers: async () => ({ Authorization: `Bearer ${await token()}` }) });
   * ```
   */
  headers?: HeaderList | (() => HeaderList | Promise<HeaderList>);
  /**
   * Lets requests in: `new OAuth()` or `bearer(token)` of `mcp-wasm/auth`. A call that needs a log-in
   * fails with `AUTH_REQUIRED`, and opens no window.
   * @default none
   *
   * @example
   * ```js
   * import { OAuth } from "mcp-wasm/auth";
   * const auth = new OAuth();
   * button.onclick = () => auth.login(url).then(() => client.connect(url, { auth }));
   * ```
   */
  auth?: Authorizer;
  /**
   * Makes the HTTP requests.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch;
  /**
   * Sees the text of every frame.
   * @default none
   *
   * @example
   * ```js
   * await client.connect(url, { trace: (direction, text) => console.log(direction, text) });
   * ```
   */
  trace?: Trace;
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
  worker?: boolean | (() => WorkerLike);
}

/** A `Worker`. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  terminate(): unknown;
}
