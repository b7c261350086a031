// The progress of a call as something to loop over.
import { itself, throughProxies } from "../base/itself.js";

/** How much may wait behind a slow loop. */
const WAITING = 1024;

/** What one loop has not taken yet. Ends as its call ends: with the call's error, if it has one. */
export class Iteration {
  /** @type {unknown[]} */
  #items = [];
  /** The loop, while it waits. @type {{ resolve: (step: unknown) => void, reject: (error: unknown) => void } | undefined} */
  #loop;
  /** How the call ended. @type {{ error?: unknown } | undefined} */
  #end;

  /** @param {(iteration: Iteration) => void} leave is told that nobody loops now */
  constructor(leave) {
    itself(this);
    this.leave = leave;
  }

  /** @param {unknown} item @returns {boolean} whether an older one gave way */
  push(item) {
    const full = this.#items.length === WAITING;
    if (full) this.#items.shift();
    this.#items.push(item);
    this.#step();
    return full;
  }

  /** @param {{ error?: unknown }} how */
  end(how) {
    this.#end ??= how;
    this.#step();
  }

  next() {
    return new Promise((resolve, reject) => {
      this.#loop = { resolve, reject };
      this.#step();
    });
  }

  async return() {
    this.leave(this);
    this.#items = [];
    this.end({});
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  #step() {
    const { resolve, reject } = this.#loop ?? {};
    if (!resolve || !reject || !(this.#items.length || this.#end)) return;
    this.#loop = undefined;
    if (this.#items.length) return resolve({ done: false, value: this.#items.shift() });
    // An error is told once, as iterators do.
    const { error } = /** @type {{ error?: unknown }} */ (this.#end);
    this.#end = {};
    if (error) reject(error);
    else resolve({ done: true, value: undefined });
  }
}

throughProxies(Iteration);
