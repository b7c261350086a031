// What a worker has for the page, in order: progress as numbers with the text of all its messages, everything
// else in between. It leaves in batches, so that a flood costs the page next to nothing. Messages stay text: in
// Chromium, reading it takes half as long as taking over a structured clone, and it may nest as deep as it likes.
import * as words from "../wasm/words.js";

/** The least time between two batches, in milliseconds; only what is urgent leaves earlier. */
const INTERVAL = 16;
/** What a text starts with: 0 as the start of a message means that there is none. */
const FILLER = " ";

const now = () => performance.now();

export class Batch {
  #post;
  #numbers = new Float64Array(words.FIELDS * 1024);
  #length = 0;
  #text = FILLER;
  /** @type {[record: number, kind: string, value: unknown][]} */
  #others = [];
  #next = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #leaving = false;

  /** @param {(batch: object, transfer: Transferable[]) => void} post */
  constructor(post) {
    this.#post = post;
  }

  /**
   * @param {number} flags as in the core's table
   * @param {number} token
   * @param {number} progress
   * @param {number} total NaN if there is none
   * @param {string} [message]
   * @param {string} [params] as JSON
   */
  progress(flags, token, progress, total, message, params) {
    const at = this.#length;
    if (at === this.#numbers.length) {
      const longer = new Float64Array(at * 2);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    const numbers = this.#numbers;
    numbers[at + words.FIELD_FLAGS] = flags;
    numbers[at + words.FIELD_TOKEN] = token;
    numbers[at + words.FIELD_PROGRESS] = progress;
    numbers[at + words.FIELD_TOTAL] = total;
    numbers[at + words.FIELD_START] = message === undefined ? 0 : this.#text.length;
    if (message) this.#text += message;
    numbers[at + words.FIELD_END] = this.#text.length;
    numbers[at + words.FIELD_FROM] = params ? this.#text.length : 0;
    if (params) this.#text += params;
    numbers[at + words.FIELD_TO] = this.#text.length;
    this.#length = at + words.FIELDS;
    this.#schedule(false);
  }

  /**
   * Anything else.
   * @param {string} kind
   * @param {unknown} [value]
   * @param {boolean} [urgent] whether somebody waits for it
   */
  add(kind, value, urgent = true) {
    this.#others.push([this.#length / words.FIELDS, kind, value]);
    this.#schedule(urgent);
  }

  /** @param {boolean} urgent */
  #schedule(urgent) {
    if (this.#leaving || (this.#timer !== undefined && !urgent)) return;
    const wait = urgent ? 0 : this.#next - now();
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#leave(), wait);
    } else {
      // What the same chunk or frame still brings goes along.
      this.#leaving = true;
      queueMicrotask(() => this.#leave());
    }
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leaving = false;
    const numbers = this.#numbers.slice(0, this.#length);
    const batch = { mcp: "batch", numbers, text: this.#text, others: this.#others };
    this.#length = 0;
    this.#text = FILLER;
    this.#others = [];
    this.#next = now() + INTERVAL;
    this.#post(batch, [numbers.buffer]);
  }
}
