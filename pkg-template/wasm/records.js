// Progress that the core has scanned: how its text is laid before the scanner, and how what was found is
// read out of the core's table.
import * as words from "./words.js";

/** @typedef {Float64Array} Records the numbers of each, one record after the other */

/** The letters `i` and `r`, with which `id` and `result` begin. */
const [ID, RESULT] = [105, 114];

// There is one buffer, whichever client fills it. Its views are detached, with length 0, when the memory has
// grown.
let bytes = new Uint8Array();
let fours = new Uint32Array();

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
 * Lays a text before the scanner, a byte for each character, four at a time. Of what is not ASCII, the scanner only
 * has to know that it is not.
 * @param {string} text at most `SCRATCH` characters
 * @param {Pick<import("./core.js").Core, "view">} core
 */
export function lay(text, core) {
  const { length } = text;
  // To hand a view over may itself make the memory grow, as the first one that a worker asks for does.
  while (!bytes.length) {
    bytes = core.view(words.VIEW_SCRATCH);
    fours = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  }
  let i = 0;
  const whole = length & ~3;
  for (; i < whole; i += 4) {
    let a = text.charCodeAt(i);
    let b = text.charCodeAt(i + 1);
    let c = text.charCodeAt(i + 2);
    let d = text.charCodeAt(i + 3);
    if ((a | b | c | d) > 127) {
      if (a > 127) a = 128;
      if (b > 127) b = 128;
      if (c > 127) c = 128;
      if (d > 127) d = 128;
    }
    fours[i >> 2] = a | (b << 8) | (c << 16) | (d << 24);
  }
  for (; i < length; i++) bytes[i] = Math.min(text.charCodeAt(i), 128);
}

/**
 * The message of a record.
 * @param {Records} records
 * @param {number} at
 * @param {string} text what was scanned
 * @returns {string | undefined}
 */
export function messageOf(records, at, text) {
  const start = records[at + words.FIELD_START];
  if (!start) return undefined;
  const end = /** @type {number} */ (records[at + words.FIELD_END]);
  return /** @type {number} */ (records[at + words.FIELD_FLAGS]) & words.FLAG_ESCAPED ? JSON.parse(text.substring(start - 1, end + 1)) : text.substring(start, end);
}

/** The params of a record as JSON, if they have members that it does not tell. @param {Records} records @param {number} at @param {string} text */
export const paramsOf = (records, at, text) => (records[at + words.FIELD_FROM] ? text.substring(/** @type {number} */ (records[at + words.FIELD_FROM]), records[at + words.FIELD_TO]) : undefined);

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
 * @param {{ deliver(progress: number, total?: number, message?: string, params?: string): void } | undefined} call
 * @param {Records} records
 * @param {number} at
 * @param {string} [message]
 * @param {string} [params]
 */
export function pass(call, records, at, message, params) {
  const [progress, total] = [records[at + words.FIELD_PROGRESS], records[at + words.FIELD_TOTAL]];
  call?.deliver(/** @type {number} */ (progress), words.optional(/** @type {number} */ (total)), message, params);
}
