// Reads frames of progress: those of a shape that is known by that, others by the scanner.
import { lay, messageOf, paramsOf } from "./records.js";
import * as words from "./words.js";

/** @typedef {import("./records.js").Records} Records */

/** Who hears so much progress hears more, for which the reader of shapes is loaded. */
const MUCH = 16;

export class Reader {
  /** The message of the frame that was read last. @type {string | undefined} */
  message;
  /** Its params as JSON, if they have members that its record does not tell. @type {string | undefined} */
  params;
  #core;
  #table;
  /** @type {import("./shapes.js").Shapes | undefined} */
  #shapes;
  #scanned = 0;

  /**
   * @param {Pick<import("./core.js").Core, "view" | "scan" | "take">} core
   * @param {() => Records} table the core's
   */
  constructor(core, table) {
    this.#core = core;
    this.#table = table;
  }

  /**
   * Reads a frame into the table's first record.
   * @param {string} text at most `SCRATCH` characters
   * @returns {boolean} whether it is ordinary progress
   */
  read(text) {
    const shapes = this.#shapes;
    if (shapes?.read(text)) {
      const records = this.#table();
      records[words.FIELD_FLAGS] = shapes.isText ? words.FLAG_AS_TEXT : 0;
      records[words.FIELD_TOKEN] = shapes.token;
      records[words.FIELD_PROGRESS] = shapes.progress;
      records[words.FIELD_TOTAL] = shapes.total;
      this.message = shapes.message;
      this.params = shapes.params;
      this.#core.take(1);
      return true;
    }
    lay(text, this.#core);
    if (this.#core.scan(text.length) === words.SCAN_PARSE) return false;
    const records = this.#table();
    this.message = messageOf(records, 0, text);
    this.params = paramsOf(records, 0, text);
    if (shapes) shapes.learn(text);
    else if (++this.#scanned === MUCH) this.#load();
    return true;
  }

  /** Where that fails, all is scanned. */
  #load() {
    import("./shapes.js").then(({ Shapes }) => (this.#shapes = new Shapes()), () => {});
  }
}
