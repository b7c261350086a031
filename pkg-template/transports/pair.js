// Two ends in one realm.
import { ClosedError, report } from "../base/errors.js";
import { throughProxies } from "../base/itself.js";
import { FrameTransport } from "./text.js";

/**
 * What is sent over one end arrives at the other: a copy, in order, in a later microtask, when the
 * other has been started, and never while it still handles the one before.
 */
class End extends FrameTransport {
  /** How long a probe may stay unanswered: nothing lies between the ends. */
  probeTimeout = 1000;
  /** @type {End} */
  #other = this;
  #open = true;
  #started = false;
  #scheduled = false;
  /** What has arrived; the end of the connection is a frame too. @type {(string | undefined)[]} */
  #arrived = [];

  /** @param {End} other */
  join(other) {
    this.#other = other;
    other.#other = this;
  }

  async start() {
    this.#check();
    this.#started = true;
    this.#schedule();
  }

  /** @param {string} text */
  post(text) {
    this.#check();
    this.#other.#arrive(text);
  }

  async close() {
    if (!this.#open) return;
    this.#other.#arrive(undefined);
    this.#end();
  }

  #check() {
    if (!this.#open) throw new ClosedError("the message was not sent: the pair is closed; make another by `createInMemoryPair`", false);
  }

  /** @param {string | undefined} frame */
  #arrive(frame) {
    this.#arrived.push(frame);
    this.#schedule();
  }

  #schedule() {
    if (this.#scheduled || !this.#started) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver() {
    for (let i = 0; i < this.#arrived.length && this.#open; i++) {
      const frame = this.#arrived[i];
      try {
        if (frame === undefined) this.#end();
        else this.take(frame);
      } catch (error) {
        report(error);
      }
    }
    this.#arrived = [];
    this.#scheduled = false;
  }

  #end() {
    this.#open = false;
    this.#arrived = [];
    this.onclose?.();
  }
}

throughProxies(End);

/** @returns {[End, End]} */
export function createInMemoryPair() {
  const one = new End();
  const two = new End();
  one.join(two);
  return [one, two];
}
