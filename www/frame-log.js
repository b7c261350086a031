// The messages of the connection, newest last, in bounded memory. Recording one costs next to nothing; what it says is
// looked at only if somebody is going to see it.

import { describe } from "./frame-summary.js";

const FRAMES_KEPT = 2_000;
const CHARACTERS_KEPT = 8_000_000;
const REQUESTS_KEPT = 1_000;

/**
 * @typedef {"sent" | "received"} Direction
 * @typedef {import("./frame-summary.js").Summary} Summary
 * @typedef {import("./frame-summary.js").Requests} Requests
 *
 * @typedef {object} FrameFilter
 * @property {string} text matched without regard to case, in the frame and in its summary
 * @property {Direction | "all"} direction
 */

export class Frame {
  direction;
  text;
  at = Date.now();
  /** @type {Summary | undefined} */
  #summary;
  #requests;

  /**
   * @param {Direction} direction
   * @param {string} text
   * @param {Requests} requests sent before this frame
   */
  constructor(direction, text, requests) {
    this.direction = direction;
    this.text = text;
    this.#requests = requests;
  }

  get summary() {
    return (this.#summary ??= describe(this.text, this.direction === "received" ? this.#requests : undefined));
  }

  /** @param {FrameFilter} filter with the text in lower case */
  matches({ text, direction }) {
    if (direction !== "all" && direction !== this.direction) return false;
    if (text === "" || this.text.toLowerCase().includes(text)) return true;
    const { label, detail } = this.summary;
    return `${label} ${detail}`.toLowerCase().includes(text);
  }
}

export class FrameLog {
  paused = false;
  /** Recorded since the page was opened, or cleared. */
  recorded = 0;
  /** Went by while recording was paused. */
  missed = 0;
  #characters = 0;
  /** @type {Frame[]} */
  #frames = [];
  /** Where the oldest kept frame stands: the front is given back in large steps. */
  #start = 0;
  /** What our requests asked for, so that a response can be told by more than a number. @type {Requests} */
  #requests = new Map();

  /**
   * @param {Direction} direction
   * @param {string} text
   */
  record(direction, text) {
    if (this.paused) {
      this.missed += 1;
      return;
    }
    const frame = new Frame(direction, text, this.#requests);
    if (direction === "sent") this.#remember(frame);
    this.#frames.push(frame);
    this.recorded += 1;
    this.#characters += text.length;
    while (this.size > FRAMES_KEPT || (this.#characters > CHARACTERS_KEPT && this.size > 1)) this.#dropOldest();
  }

  get size() {
    return this.#frames.length - this.#start;
  }

  clear() {
    this.#frames = [];
    this.#start = this.#characters = this.recorded = this.missed = 0;
  }

  /**
   * The newest kept frames that match, oldest first.
   *
   * @param {FrameFilter} filter
   * @param {number} most
   * @param {number} [since] only what was recorded after so many frames
   */
  newest(filter, most, since = 0) {
    /** @type {Frame[]} */
    const found = [];
    const oldest = Math.max(this.#start, this.#frames.length - (this.recorded - since));
    for (let index = this.#frames.length - 1; index >= oldest && found.length < most; index -= 1) {
      const frame = this.#frames[index];
      if (frame?.matches(filter)) found.push(frame);
    }
    return found.reverse();
  }

  /** @param {Frame} request */
  #remember({ summary: { id, label, subject } }) {
    if (id === undefined) return;
    this.#requests.set(id, subject ? `${label} ${subject}` : label);
    if (this.#requests.size <= REQUESTS_KEPT) return;
    for (const oldest of this.#requests.keys()) {
      this.#requests.delete(oldest);
      break;
    }
  }

  #dropOldest() {
    this.#characters -= this.#frames[this.#start]?.text.length ?? 0;
    this.#start += 1;
    if (this.#start < FRAMES_KEPT) return;
    this.#frames.splice(0, this.#start);
    this.#start = 0;
  }
}
