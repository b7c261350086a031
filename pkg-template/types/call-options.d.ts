/** What a call can be told. */
import type { ProgressContext, ProgressHandler, ProgressNotification } from "./progress.js";
import type { Task } from "./tools.js";
import type { HeaderList } from "./transports.js";

/** What a client and each of its calls can be told; a call's setting replaces the client's. */
export interface CallDefaults {
  /**
   * Milliseconds without an answer and without progress, after which the call is cancelled on the
   * server and fails with `TimeoutError`. `Infinity` for no limit. May strike late by a
   * sixteenth of itself, never early. A page that slept, or whose timers were throttled, first hears
   * what has arrived meanwhile, and the clock gets the time back.
   * @default 60_000
   */
  timeout?: number;
  /**
   * Whether progress restarts `timeout`.
   * @default true
   */
  resetTimeoutOnProgress?: boolean;
  /**
   * Milliseconds in all, whatever the progress. `Infinity` for no limit. After sleep, the call has
   * one second for what arrived meanwhile.
   * @default 3_600_000
   */
  maxTotalTimeout?: number;
  /**
   * Milliseconds without progress after which `Call.stalled` is true. Nothing fails by it.
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
   * with `ProtocolError` `INVALID_OUTPUT` (or `UNUSABLE_SCHEMA`), whose `result` has what the
   * tool returned; `"warn"` gives that error to `onerror` and returns the result all the same. The
   * schemas are those of the latest `listTools`; without one the tools are listed once.
   * @default "off"
   */
  outputValidation?: "off" | "warn" | "strict";
  /**
   * Throws `ToolError` when a tool's result says `isError`, instead of returning the result.
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
   * What happens when a server of 2025-11-25 wants a person to open links before it does what a call
   * is for (error -32042): `"auto"` asks `elicitationHandler`, if the client declares
   * `elicitation: { url: {} }`, and then sends the request once more; `"manual"` rejects the call with
   * that `RpcError`, whose `data.elicitations` has the links. When nobody can be asked, or the answer
   * is no, the call rejects with that error all the same. With `"auto"`, the call also goes on when the
   * server tells by `notifications/elicitation/complete` that the last of them is done, whether or not
   * the handler has answered by then.
   * @default "auto"
   */
  urlElicitation?: "auto" | "manual";
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
   * @default none
   *
   * @example
   * ```js
   * await client.callTool("train", {}, { onTaskStatus: ({ status, statusMessage }) => show(status, statusMessage) });
   * ```
   */
  onTaskStatus?: (task: Task, context: ProgressContext) => unknown;
}

/** The options of one call. */
export interface CallOptions extends CallDefaults {
  /**
   * Replaces the client's handler for this call; `null` for none.
   * @default the client's
   *
   * @example
   * ```js
   * await client.callTool("scan", {}, { progressHandler: (progress, total) => show(progress, total) });
   * ```
   */
  progressHandler?: ProgressHandler | null;
  /**
   * The TypeScript SDK's spelling: one object with every member of the notification but the token,
   * unknown ones too. Also replaces the client's handler.
   * @default none
   *
   * @example
   * ```js
   * await client.callTool({ name: "scan" }, { onprogress: ({ progress }) => show(progress) });
   * ```
   */
  onprogress?: (progress: ProgressNotification) => unknown;
  /**
   * `false` does without what is kept, for this call; `"refresh"` asks the server and keeps what it answers.
   * @default true
   */
  cache?: boolean | "refresh";
  /**
   * Aborts the call: the server is told, and the call fails at once with `AbortError`.
   * @default none
   *
   * @example
   * ```js
   * await client.callTool("scan", {}, { signal: AbortSignal.timeout(5_000) });
   * ```
   */
  signal?: AbortSignal;
  /**
   * Headers of this call's HTTP requests, beside those of the connection and above them; the protocol's
   * own win. Other transports have no headers and ignore them.
   * @default none
   *
   * @example
   * ```js
   * await client.callTool("deploy", {}, { headers: { "X-Tenant": "blue" } });
   * ```
   */
  headers?: HeaderList;
  /**
   * Lets a 2025-11-25 server run a tool as a task, if it can; with `ttl`, how long it is to keep
   * the task, in milliseconds. Newer servers decide by themselves.
   * @default false
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
