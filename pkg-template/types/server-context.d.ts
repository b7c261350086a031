/** What the handlers of a {@link Server} are given. */
import type { ElicitationParams, ElicitationResult, FormSchema, Root, SamplingParams, SamplingResult } from "./asked.js";
import type { AbortError, McpError } from "./errors.js";
import type { LoggingLevel, ProtocolVersion } from "./protocol.js";
import type { Server } from "./server.js";

/** How a question is told from the others of its call. */
export interface AskOptions {
  /**
   * A name for the question, the same whenever the handler runs.
   * @default made of what is asked
   */
  key?: string;
  /**
   * Takes the question back when it aborts: the handler goes on without an answer, and the client is told, or never
   * asked.
   * @default none: the question ends with the call
   * @example const answer = await ctx.elicit("Go on?", undefined, { signal: AbortSignal.timeout(60_000) }).catch(() => null);
   */
  signal?: AbortSignal;
}

/** A call to a handler that may not ask back. After its end, all of it does nothing. */
export interface BaseContext {
  /** The caller's id for the request. */
  readonly requestId: string | number;
  /** The name of the tool or the prompt, or the URI of the resource. */
  readonly name: string;
  /** The protocol revision that the call is served by. */
  readonly protocolVersion: ProtocolVersion;
  /** The way to speak the protocol that this revision belongs to. */
  readonly era: "modern" | "legacy";
  /** Whether the caller wants to know about progress. Reports are free if not. */
  readonly wantsProgress: boolean;
  /**
   * Aborts when the call is over before its handler: its caller gave it up, the connection is gone,
   * or a question goes out and the handler will run again (see {@link ServerContext.elicit}). What
   * a handler returns after that is dropped.
   */
  readonly signal: AbortSignal;
  /**
   * Reports how far the call has come. Numbers reach the caller unchanged; they ought to increase.
   * NaN and infinities are not sent, since JSON has no word for them.
   *
   * While the caller keeps up, every report is sent. When it reads slowly, the newest report
   * replaces the one that waits, and the last one is sent before the result. The report is made at
   * once; awaiting it lets the page breathe, so that it stays smooth and a cancellation takes
   * effect even if the handler waits for nothing else.
   *
   * @example
   * ```js
   * server.tool("add_all", { description: "Adds numbers" }, async ({ numbers }, ctx) => {
   *   let sum = 0;
   *   for (const [i, number] of numbers.entries()) {
   *     sum += number;
   *     await ctx.reportProgress(i + 1, numbers.length, `added ${number}`);
   *   }
   *   return { sum };
   * });
   * ```
   */
  reportProgress(progress: number, total?: number | null, message?: string | null): Promise<void>;
  /** Waits until no report of this call is held back. After each report, none is lost to a slow caller. */
  flush(): Promise<void>;
  /** Sends a log message, whatever JSON can hold, if the caller wants messages of that level. Waits while there is no room. */
  log(level: LoggingLevel, data: unknown, logger?: string): Promise<void>;
  /** {@link log} for whoever looks for a bug. */
  debug(data: unknown, logger?: string): Promise<void>;
  /** {@link log} of what happens. */
  info(data: unknown, logger?: string): Promise<void>;
  /** {@link log} that something is off. */
  warning(data: unknown, logger?: string): Promise<void>;
  /** {@link log} that something failed. */
  error(data: unknown, logger?: string): Promise<void>;
  /**
   * Whether the client can do this. Asking for what it cannot do ends the call: with the error that
   * names the capability (-32021) in the modern era, with a result that says so before.
   */
  can(
    capability: "elicitation" | "elicitation.url" | "sampling" | "sampling.tools" | "sampling.context" | "roots",
  ): boolean;
}

/** A call to the handler of a tool, a resource or a prompt. */
export interface ServerContext extends BaseContext {
  /**
   * Asks the person in front of the client to fill in a form, or with `mode: "url"` to open a page.
   *
   * **Since 2026-07-28 a call is answered with its questions and asked again with the answers**: the
   * promise rejects with {@link AbortError}, and the handler runs again from the top, where each
   * question whose answer has come is answered at once. So what stands before a question is done
   * once per round: keep effects behind the last question, and let that error pass. Questions that
   * are asked at the same time (`Promise.all`) go in one round. An answer that does not fit the form
   * is asked for again. In older sessions the handler just waits.
   *
   * @throws {McpError} `INPUT_FAILED`: an older client answered with an error, or with something that does not fit
   * @example
   * ```js
   * server.tool("greet", { description: "Greets the person" }, async (_args, ctx) => {
   *   const answer = await ctx.elicit("What is your name?", {
   *     type: "object",
   *     properties: { name: { type: "string", title: "Name" } },
   *     required: ["name"],
   *   });
   *   return answer.action === "accept" ? `Hello, ${answer.content?.name}` : "Hello, whoever you are";
   * });
   * ```
   */
  elicit(message: string, requestedSchema?: FormSchema, options?: AskOptions): Promise<ElicitationResult>;
  elicit(question: ElicitationParams, options?: AskOptions): Promise<ElicitationResult>;
  /**
   * Asks the model of the client. A person may have to agree, and may change question and answer.
   * See {@link elicit} for what that does to the handler.
   *
   * @example
   * ```js
   * const summary = await ctx.sample(`Summarize: ${text}`, { maxTokens: 200 });
   * ```
   */
  sample(
    question: string | Partial<SamplingParams>,
    options?: Partial<Omit<SamplingParams, "messages">> & AskOptions,
  ): Promise<SamplingResult>;
  /** Asks for the directories that the client works in. See {@link elicit} for what that does to the handler. */
  roots(options?: AskOptions): Promise<Root[]>;
}
