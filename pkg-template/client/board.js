// All calls in flight, as one value to show: it is made when it is read, and told once a frame.
import { itself, throughProxies } from "../base/itself.js";
import { later } from "../base/later.js";

/** @typedef {import("../types/board.js").CallView} CallView */
/** @typedef {CallView & { began: number, elapsed: number }} View */

/** What a call shows before its first report. */
const NOTHING = {
  progress: undefined,
  total: undefined,
  message: undefined,
  fraction: undefined,
  rate: undefined,
  remaining: undefined,
  phase: 1,
};

export class CallBoard extends EventTarget {
  /** Grows with every change. */
  version = 0;

  /** @type {Map<object, CallView>} what is shown of each call */
  #views = new Map();
  /** @type {readonly CallView[] | undefined} */
  #snapshot;
  #announced = false;

  constructor() {
    super();
    itself(this);
  }

  /** The calls in flight, oldest first: the same array until something has changed. */
  get snapshot() {
    return (this.#snapshot ??= Object.freeze([...this.#views.values()]));
  }

  /** For stores that are given functions. */
  getSnapshot = () => this.snapshot;

  /** Is told of changes; returns what ends that. @param {() => void} listener */
  subscribe = (listener) => {
    this.addEventListener("change", listener);
    return () => this.removeEventListener("change", listener);
  };

  /** @param {object} call @param {Partial<View>} view what has changed of it */
  put(call, view) {
    const before = this.#views.get(call) ?? NOTHING;
    const next = /** @type {View} */ ({ ...before, ...view });
    next.elapsed = performance.now() - next.began;
    this.#views.set(call, Object.freeze(next));
    this.#change();
  }

  /** @param {object} call */
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

// A Proxy is no EventTarget either.
for (const name of /** @type {const} */ (["addEventListener", "removeEventListener", "dispatchEvent"])) {
  Object.defineProperty(CallBoard.prototype, name, { value: EventTarget.prototype[name], writable: true, configurable: true });
}
throughProxies(CallBoard);

/**
 * Several calls as one line of progress, such as those of one turn of a chat.
 * @param {Iterable<CallView>} calls what the board shows of them
 * @param {number} [ended] how many calls of the group have ended
 */
export function combinedProgress(calls, ended = 0) {
  const all = [...calls];
  const count = all.length + ended;
  const done = all.reduce((sum, { fraction }) => sum + (fraction ?? 0), ended);
  return {
    running: all.length,
    ended,
    fraction: count ? done / count : undefined,
    determinate: all.every(({ fraction }) => fraction !== undefined),
    stalled: all.length > 0 && all.every(({ stalled }) => stalled),
  };
}
