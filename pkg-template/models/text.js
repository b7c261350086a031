// Text and values as every provider takes them: well formed, for a parser that is strict refuses a
// whole request for half a character, and no deeper than a parser follows.

/** How deep a value may nest. */
const DEEPEST = 64;
/** How many lists and objects one may hold, if nobody says. */
const MOST = 10_000;
/** Half of a character: what is left when a text was cut in the middle of one. */
const HALVES = /\p{Surrogate}/gu;

/** Half characters become U+FFFD. @param {string} text */
export const wellFormed = (text) => text.replace(HALVES, "\ufffd");

/** Text to be shown to a model: anything else, and what is blank, is none. @param {unknown} text */
export const textOrNone = (text) => (typeof text === "string" && text.trim() ? wellFormed(text) : undefined);

/**
 * A copy of a value of JSON with all texts in it well formed; `undefined` if it nests too deep, or
 * has too many parts.
 * @param {unknown} value
 * @param {number} [left] how many parts it may have
 * @returns {any} the same, whatever it is
 */
export function cleanValue(value, left = MOST) {
  let fits = true;
  /** @param {unknown} part @param {number} depth @returns {unknown} */
  const copy = (part, depth) => {
    if (typeof part === "string") return wellFormed(part);
    if (typeof part !== "object" || !part) return part;
    if (depth > DEEPEST || (left -= 1) < 0) fits = false;
    if (!fits) return undefined;
    if (Array.isArray(part)) return part.map((item) => copy(item, depth + 1));
    return Object.fromEntries(Object.entries(part).map(([name, item]) => [wellFormed(name), copy(item, depth + 1)]));
  };
  const clean = copy(value, 0);
  return fits ? clean : undefined;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
