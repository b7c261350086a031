// How large a message may be, and what can be told of one that is larger without reading it. That is measured where the
// text is: to be measured in the core it would have to be copied there, which takes a third as long as `JSON.parse` of a
// megabyte (0.36, quartiles 0.30 and 0.43), and a transport by itself has no core.
import { McpError, TOO_LARGE } from "./errors.js";

/** The largest message either way where `maxMessageSize` says nothing, in bytes. */
export const MAX_MESSAGE_SIZE = 64 * 1024 * 1024;
/** What the parts that a message repeats may add to it: so many bytes, and so many times the rest. */
const [REPEATED, TIMES] = [1024 * 1024, 8];

const encoder = new TextEncoder();

/** @param {number} limit in bytes */
export const tooLarge = (limit) =>
  new McpError(TOO_LARGE, `the message is larger than maxMessageSize allows, which is ${limit} bytes`);

/** So much of a text is measured at once. A text as large as the limit is not written a second time for that. */
const PIECE = 64 * 1024;
/** @type {Uint8Array | undefined} */
let room;

/**
 * The error that a text is too large, if it is.
 * @param {string} text
 * @param {number} limit in bytes
 */
export function oversize(text, limit) {
  const { length } = text;
  let bytes = 0;
  // A character is one to three bytes: what is left may be enough to tell.
  for (let at = 0; bytes + (length - at) * 3 > limit; ) {
    if (bytes + length - at > limit) return tooLarge(limit);
    let end = Math.min(at + PIECE, length);
    // Not through the middle of a pair.
    if (end < length && (text.charCodeAt(end) & 0xfc00) === 0xdc00) end--;
    bytes += encoder.encodeInto(text.substring(at, end), (room ??= new Uint8Array(PIECE * 3))).written;
    at = end;
  }
  return undefined;
}

/**
 * Whose a message is, from its members at the top alone: the id, and whether it answers a request.
 * @param {string} text which may have been cut off
 * @returns {import("../types/inside.js").Outline}
 */
export function outline(text) {
  const member = /"(id|result|error|method|params)"\s*:\s*("[^"\\]{0,99}"|-?\d{1,16})?/y;
  let [depth, at] = [0, 0];
  /** @type {import("../types/inside.js").Outline} */
  const found = {};
  for (; at < text.length && !("id" in found && "answers" in found); at++) {
    const code = text.charCodeAt(at);
    if (code === 123 || code === 91) depth++;
    else if (code === 125 || code === 93) depth--;
    else if (code === 34) {
      member.lastIndex = at;
      const [, name, value] = (depth === 1 && member.exec(text)) || [];
      if (name === "id") found.id = value && JSON.parse(value);
      else if (name) found.answers = name === "result" || name === "error";
      at = endOf(text, at);
    }
  }
  return found;
}

/** Where the string that begins there ends. @param {string} text @param {number} start */
function endOf(text, start) {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let escapes = end;
    while (text[escapes - 1] === "\\") escapes--;
    if ((end - escapes) % 2 === 0) return end;
  }
}

/**
 * Whether a value that came by structured clone is worth being written as JSON: what shares its parts
 * is small on the way, and may be endless as text.
 * @param {unknown} root
 * @param {number} limit in bytes
 */
export function isWritable(root, limit) {
  /** @type {Map<object, number>} */
  const sizes = new Map();
  let once = 0;
  /** @param {any} value @returns {number} */
  const weigh = (value) => {
    if (Object(value) !== value) {
      const size = typeof value === "string" ? value.length + 2 : 2;
      once += size;
      return size;
    }
    const known = sizes.get(value);
    if (known !== undefined) return known;
    // A cycle is for the engine to refuse.
    sizes.set(value, 0);
    let size = 2;
    if (ArrayBuffer.isView(value)) once += size = value.byteLength * 8;
    else for (const name in value) size += name.length + weigh(value[name]);
    sizes.set(value, size);
    return size;
  };
  const all = weigh(root);
  return all <= limit && all <= REPEATED + TIMES * once;
}
