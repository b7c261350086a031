// One timer for all the deadlines of a machine.

/** The longest that a timer of the platform takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** @typedef {ReturnType<typeof setTimeout> & { ref?: () => void, unref?: () => void }} Timer only Node's holds a process */

/** A timer that is moved only to strike earlier: who is struck too early looks at the clock and sets it again. */
export class Alarm {
  #strike;
  /** @type {Timer | undefined} */
  #timer;
  #at = Infinity;

  /** @param {() => void} strike */
  constructor(strike) {
    this.#strike = strike;
  }

  /** Strikes at that time at the latest. @param {number} deadline */
  set(deadline) {
    if (!(deadline < this.#at)) return;
    clearTimeout(this.#timer);
    this.#at = deadline;
    this.#timer = setTimeout(
      () => {
        this.#at = Infinity;
        this.#strike();
      },
      Math.min(Math.max(deadline - performance.now(), 0), LONGEST),
    );
  }

  /** Whether a Node process stays for it. @param {boolean} holds */
  hold(holds) {
    const timer = this.#timer;
    if (holds) timer?.ref?.();
    else timer?.unref?.();
  }

  /** It strikes no more. */
  end() {
    clearTimeout(this.#timer);
    this.#at = Infinity;
  }
}
