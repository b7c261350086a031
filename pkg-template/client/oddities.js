// What was odd about the progress that servers sent: the latest of each kind is kept as a sample. Of tokens
// that became text it is the first: a server that does so does it to all of them, and its progress is to
// cost no more for that.
import * as words from "../wasm/words.js";

/** @typedef {import("../types/inside.js").Session} Session */

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

/** What is kept of what a server sent, which may be of whatever kind and size. @param {any} value */
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

/** What is kept of the params of a notification. @param {unknown} params */
export function factsIn(params) {
  const { progressToken, progress, total } = Object(params);
  return { progressToken: brief(progressToken), progress: brief(progress), total: brief(total) ?? undefined };
}

export class Oddities {
  /** By kind, each with its place among all. @type {Map<number, { place: number, time: number, facts: object, session: Session | undefined }[]>} */
  #samples = new Map();
  #count = 0;
  #time;

  /** @param {() => number} time since the client began to connect, in milliseconds */
  constructor(time) {
    this.#time = time;
  }

  /**
   * Keeps odd progress; of tokens that came as text, which may be all of a server's, the first.
   * @param {number} kind
   * @param {() => object} facts tells what is to be kept
   * @param {Session | undefined} session what is known of the server
   */
  keep(kind, facts, session) {
    let same = this.#samples.get(kind);
    if (!same) this.#samples.set(kind, (same = []));
    if (kind === words.ODDITY_COERCED && same.length >= SAMPLES) return;
    if (same.push({ place: this.#count++, time: this.#time(), facts: facts(), session }) > 2 * SAMPLES) same.splice(0, SAMPLES);
  }

  /** The latest, in their order. */
  get samples() {
    const latest = [...this.#samples].flatMap(([kind, same]) =>
      same.slice(-SAMPLES).map(({ place, time, facts, session }) => {
        return { place, sample: { kind: KINDS[kind], time, server: session?.serverInfo?.name, ...facts } };
      }),
    );
    return latest.sort((one, other) => one.place - other.place).map(({ sample }) => sample);
  }
}
