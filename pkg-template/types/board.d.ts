/** All calls in flight, as one value to show. */
import type { Progress } from "./progress.js";

/** What a {@link CallBoard} shows of a call. */
export interface CallView extends Omit<Progress, "progress"> {
  readonly id: number;
  /** The server's name, as it says. */
  readonly server: string | undefined;
  /** The request's method, such as `tools/call`. */
  readonly method: string;
  /** The name of the tool or prompt, or the URI of the resource. */
  readonly name: string | undefined;
  /** What people call the tool, if it has been listed: its `title`, or that of its annotations. */
  readonly title: string | undefined;
  /** How far; `undefined` before the first report. */
  readonly progress: number | undefined;
  /** Whether nothing has been heard of the call for `stallAfter`; false again with the next progress. */
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
