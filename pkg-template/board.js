// All calls in flight, as one value to show: it changes at most once a frame, and only when read.
import { later } from "./frames.js";

export class CallBoard extends EventTarget {
  /** Grows with every change. */
  version = 0;

  /** @type {Map<any, any>} what is shown of each call */
  #views = new Map();
  /** @type {readonly any[] | undefined} */
  #snapshot = [];
  #announced = false;

  /** The calls in flight, oldest first: the same array until something has changed. */
  get snapshot() {
    return (this.#snapshot ??= Object.freeze([...this.#views.values()].map((view) => Object.freeze({ ...view }))));
  }

  /** Is told of each change; returns what ends that. @param {() => void} listener */
  subscribe = (listener) => {
    this.addEventListener("change", listener);
    return () => this.removeEventListener("change", listener);
  };

  /** For stores that are given functions rather than objects. */
  getSnapshot = () => this.snapshot;

  *[Symbol.iterator]() {
    yield* this.snapshot;
  }

  /** @param {any} call @param {any} view */
  put(call, view) {
    this.#views.set(call, { ...this.#views.get(call), ...view });
    this.#change();
  }

  /** @param {any} call */
  remove(call) {
    if (this.#views.delete(call)) this.#change();
  }

  #change() {
    this.#snapshot = undefined;
    this.version++;
    if (this.#announced) return;
    this.#announced = true;
    later("frame", () => {
      this.#announced = false;
      this.dispatchEvent(new Event("change"));
    });
  }
}

/**
 * Several calls as one line of progress, such as those of one turn of a chat: the mean of the
 * fractions, where a call without a total counts as not begun and one that has ended as whole.
 * @param {Iterable<any>} calls what the board shows of them
 * @param {number} [ended] how many calls of the group have ended
 */
export function combinedProgress(calls, ended = 0) {
  const all = [...calls];
  const count = all.length + ended;
  /** @param {any} call */
  const fraction = (call) => call.fraction ?? 0;
  const done = all.reduce((sum, call) => sum + fraction(call), ended);
  return {
    running: all.length,
    count,
    fraction: count ? done / count : undefined,
    determinate: all.every((call) => call.fraction !== undefined),
    stalled: all.length > 0 && all.every((call) => call.stalled),
  };
}
