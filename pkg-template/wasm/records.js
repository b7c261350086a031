// Progress that the core has scanned: how its text is laid before the scanner, and how what was found is
// read out of the core's table.
import * as words from "./words.js";

/** @typedef {Float64Array} Records the numbers of each, one record after the other */
/** @typedef {{ message?: string | undefined, params?: unknown }} Texts params as JSON, or parsed */
/**
 * Reads the text that messages of records are part of, given what flags they have together; or all of their texts, parsed, the next one last.
 * @typedef {(flags: number) => string | unknown[]} Read
 */

/** The letters `i` and `r`, with which `id` and `result` begin. */
const [ID, RESULT] = [105, 114];

/** The one buffer, whichever client fills it; detached, with length 0, when the memory has grown. */
let bytes = new Uint8Array();

/**
 * Whether a text is worth laying before the scanner: nearly all answers show by the first letter of their first
 * member, or of that behind `jsonrpc`, that they are no progress. Whatever is not scanned is parsed.
 * @param {string} text
 */
export function isWorthScanning(text) {
  const first = text.charCodeAt(2);
  const letter = first === 106 ? text.charCodeAt(18) : first;
  return letter !== ID && letter !== RESULT;
}

/**
 * Lays a text before the scanner, a byte for each character. Of what is not ASCII, the scanner only has to know that it
 * is not.
 * @param {string} text at most `SCRATCH` characters
 * @param {Pick<import("./core.js").Core, "view">} core
 */
export function lay(text, core) {
  // To hand a view over may itself make the memory grow, as the first one that a worker asks for does.
  while (!bytes.length) bytes = core.view(words.VIEW_SCRATCH);
  const scratch = bytes;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    scratch[i] = unit < 128 ? unit : 128;
  }
}

/**
 * The message of a record, and its params as JSON if they have members that it does not tell.
 * @param {Records} records
 * @param {number} at
 * @param {string | unknown[]} text what was scanned, or what is left of the texts of all records, parsed
 * @returns {Texts}
 */
export function textsOf(records, at, text) {
  const [start, end] = /** @type {[number, number]} */ ([records[at + words.FIELD_START], records[at + words.FIELD_END]]);
  const from = records[at + words.FIELD_FROM];
  const isEscaped = /** @type {number} */ (records[at + words.FIELD_FLAGS]) & words.FLAG_ESCAPED;
  const isText = typeof text === "string";
  return {
    message: start ? (!isText ? /** @type {string} */ (text.pop()) : isEscaped ? JSON.parse(text.substring(start - 1, end + 1)) : text.substring(start, end)) : undefined,
    params: from ? (!isText ? text.pop() : text.substring(from, records[at + words.FIELD_TO])) : undefined,
  };
}

/** What a record says without its text. @param {Records} records @param {number} at */
export function factsOf(records, at) {
  const [token, total] = [records[at + words.FIELD_TOKEN], records[at + words.FIELD_TOTAL]];
  return {
    progressToken: /** @type {number} */ (records[at + words.FIELD_FLAGS]) & words.FLAG_AS_TEXT ? String(token) : token,
    progress: records[at + words.FIELD_PROGRESS],
    total: words.optional(/** @type {number} */ (total)),
  };
}

/**
 * Tells a call of a record.
 * @param {{ deliver(progress: number, total?: number, message?: string, params?: unknown): void } | undefined} call
 * @param {Records} records
 * @param {number} at
 * @param {Texts} texts
 */
export function pass(call, records, at, { message, params }) {
  const [progress, total] = [records[at + words.FIELD_PROGRESS], records[at + words.FIELD_TOTAL]];
  call?.deliver(/** @type {number} */ (progress), words.optional(/** @type {number} */ (total)), message, params);
}
