// Reads frames of progress: those of a shape that is known by that, others by the scanner.
import { lay, textsOf } from "./records.js";
import * as words from "./words.js";

/** @typedef {import("./records.js").Records} Records */

/** Who hears so much progress hears more, for which the reader of shapes is loaded. */
const MUCH = 16;

export class Reader {
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
   * @returns {import("./records.js").Texts | undefined} its texts, if it is ordinary progress
   */
  read(text) {
    const shapes = this.#shapes;
    const records = this.#table();
    if (shapes?.read(text)) {
      records[words.FIELD_FLAGS] = shapes.isText ? words.FLAG_AS_TEXT : 0;
      records[words.FIELD_TOKEN] = shapes.token;
      records[words.FIELD_PROGRESS] = shapes.progress;
      records[words.FIELD_TOTAL] = shapes.total;
      this.#core.take(1);
      return shapes;
    }
    lay(text, this.#core);
    if (!this.#core.scan(text.length)) return undefined;
    if (shapes) shapes.learn(text);
    else if (++this.#scanned === MUCH) this.#load();
    return textsOf(this.#table(), 0, text);
  }

  /** Where that fails, all is scanned. */
  #load() {
    import("./shapes.js").then(({ Shapes }) => (this.#shapes = new Shapes()), () => {});
  }
}
