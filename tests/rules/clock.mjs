// A clock that moves when it is told to, in place of `performance.now`, `setTimeout` and
// `clearTimeout`: tests of time-outs are then exact and take no time.
import { turn } from "./check.mjs";

/** @typedef {{ at: number, run: () => void }} Timer */

export class Clock {
  #now = 1000;
  /** @type {Set<any>} */
  #timers = new Set();
  #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

  constructor() {
    performance.now = () => this.#now;
    const scope = /** @type {any} */ (globalThis);
    scope.setTimeout = (/** @type {() => void} */ run, /** @type {number} */ delay = 0) => {
      const timer = { at: this.#now + delay, run, ref: () => timer, unref: () => timer };
      this.#timers.add(timer);
      return timer;
    };
    scope.clearTimeout = (/** @type {Timer} */ timer) => this.#timers.delete(timer);
  }

  /** How many timers are set. */
  get timers() {
    return this.#timers.size;
  }

  /**
   * Lets time pass, one timer after the other.
   * @param {number} milliseconds
   */
  async pass(milliseconds) {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await turn();
    }
    this.#now = end;
    await turn();
  }

  /**
   * The page sleeps: no timer strikes meanwhile, and all that are due do at its end.
   * @param {number} milliseconds
   */
  async sleep(milliseconds) {
    this.#now += milliseconds;
    await this.pass(0);
  }

  stop() {
    globalThis.setTimeout = this.#real.setTimeout;
    globalThis.clearTimeout = this.#real.clearTimeout;
    // What `performance` inherits shows again.
    delete (/** @type {any} */ (performance).now);
  }
}
