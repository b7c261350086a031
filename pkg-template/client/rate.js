// What can be told from the numbers of one call: how much of the whole, how fast, how long still.

/** Milliseconds before a rate means something. */
const SETTLED = 500;
/** Milliseconds that one measurement of the rate takes at least. */
const MEASUREMENT = 100;
/** Milliseconds after which an old rate counts for about a third. */
const MEMORY = 5_000;

export class Track {
  /** @type {number | undefined} */
  #latest;
  #phase = 1;
  /** Where the phase and the running measurement began. */
  #phaseAt;
  #measuredAt;
  #measured = 0;
  /** Steps per millisecond. @type {number | undefined} */
  #rate;

  /** @param {number} start when the call began, in milliseconds */
  constructor(start) {
    this.start = this.#phaseAt = this.#measuredAt = start;
  }

  /**
   * The next report of the call.
   * @param {number} progress
   * @param {number | undefined} total
   * @param {string | undefined} message
   * @param {number} now
   */
  next(progress, total, message, now) {
    const latest = this.#latest;
    this.#latest = progress;
    if (latest === undefined || progress < latest) {
      if (latest !== undefined) this.#phase++;
      // What came before the first number of a phase took a time that says nothing.
      this.#phaseAt = this.#measuredAt = now;
      this.#measured = progress;
      this.#rate = undefined;
    } else {
      this.#measure(progress, now);
    }
    const known = total !== undefined && total > 0;
    const rate = now - this.#phaseAt < SETTLED ? undefined : this.#rate;
    return {
      progress,
      total,
      message,
      fraction: known ? Math.min(Math.max(progress / total, 0), 1) : undefined,
      elapsed: now - this.start,
      rate: rate && rate * 1000,
      remaining: known && rate ? Math.max(total - progress, 0) / rate : undefined,
      phase: this.#phase,
    };
  }

  /** @param {number} progress @param {number} now */
  #measure(progress, now) {
    const span = now - this.#measuredAt;
    if (span < MEASUREMENT) return;
    const rate = (progress - this.#measured) / span;
    const weight = 1 - Math.exp(-span / MEMORY);
    this.#rate = this.#rate === undefined ? rate : this.#rate + weight * (rate - this.#rate);
    this.#measuredAt = now;
    this.#measured = progress;
  }
}
