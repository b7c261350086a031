/** A call under way. */
import type { Progress } from "./progress.js";
import type { CallToolResult } from "./tools.js";

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


/**
 * A tool call under way.
 * @typeParam Out the type of the result's `structuredContent`
 */
export type ToolCall<Out = unknown> = Call<CallToolResult<Out>>;
