/** Progress, as handlers and loops get it. */
import type { RequestId } from "./jsonrpc.js";

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
) => unknown;

/** Which call a progress notification belongs to. */
export interface ProgressContext {
  /** The request's method, such as `tools/call`. */
  method: string;
  /** The name of the tool or prompt, or the URI of the resource. */
  name?: string;
  /** The id of the request on the wire. */
  requestId: RequestId;
  /** The id of the call, `call.id`. */
  callId: number;
  /**
   * Which request of the call it is, from 2 on: a server that asks for input lets the call be made
   * again, and each page of a list is a request; the numbers may start again. `undefined` for the first.
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
