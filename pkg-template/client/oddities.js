// What was odd about the progress that servers sent: the latest of each kind is kept as a sample.
import * as words from "../wasm/words.js";

/** How much odd progress of a kind is kept. */
const SAMPLES = 10;
/** And how much of a member of it, in characters. */
const LONG = 200;
/** What can be odd about progress. @type {Record<number, string>} */
const KINDS = {
  [words.ODDITY_UNKNOWN]: "unknown",
  [words.ODDITY_LATE]: "late",
  [words.ODDITY_BACKWARD]: "backward",
  [words.ODDITY_DUPLICATE]: "duplicate",
  [words.ODDITY_MALFORMED]: "malformed",
  [words.ODDITY_COERCED]: "coerced",
};

/** What is kept of what a server sent, which may be of any size. @param {any} value */
function brief(value) {
  let text = value;
  try {
    if (typeof value === "object") text = JSON.stringify(value);
  } catch {
    // Nested too deep.
    return "…";
  }
  return text?.length > LONG ? `${text.slice(0, LONG)}…` : value;
}

export class Oddities {
  /** By kind, each with its place among all. @type {Map<number, [number, object][]>} */
  #samples = new Map();
  #count = 0;

  /**
   * Keeps odd progress.
   * @param {number} kind
   * @param {unknown} params of the notification
   * @param {number} time since the client began to connect, in milliseconds
   * @param {string | undefined} server
   */
  keep(kind, params, time, server) {
    const { progressToken, progress, total } = Object(params);
    const [token, value, whole] = [brief(progressToken), brief(progress), brief(total)];
    const same = this.#samples.get(kind) ?? [];
    this.#samples.set(kind, same);
    const sample = { kind: KINDS[kind], time, server, progressToken: token, progress: value, total: whole };
    if (same.push([this.#count++, sample]) > 2 * SAMPLES) same.splice(0, SAMPLES);
  }

  /** The latest, in their order. */
  get samples() {
    const latest = [...this.#samples.values()].flatMap((same) => same.slice(-SAMPLES));
    return latest.sort(([one], [other]) => one - other).map(([, sample]) => sample);
  }
}
