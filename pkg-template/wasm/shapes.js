// What the frames of a server's progress have in common: learned from one that the scanner has read, and kept as a
// regular expression, which engines compile to code that passes over a text faster than its characters can be copied.
// Loaded by who hears much progress.

/** How many shapes are known at a time: most servers write all their progress in one or two. */
const KNOWN = 4;
/** How many frames in a row may be scanned, at most, before another is learned from. */
const PATIENCE = 1023;
/** The longest pattern, in characters: engines take long to compile more, as of hundreds of numbers that nobody knows. */
const LONGEST = 2048;

/** How many escapes of a message are part of its shape, at most: of more, an engine puts the text together faster itself. */
const MANY = 8;

/** The members of the params that a handler is given by themselves, and the token. */
const MEMBERS = ["progressToken", "progress", "total", "message"];
/** The pieces of a frame: strings and keys, brackets, what is between them, and other scalars. */
const PIECES = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]|[\s,]+|[^\s"{}[\],:]+/g;
/** What JSON calls a number, but for those with an exponent. */
const NUMBER = /^(-?)(?:(0)|[1-9]\d*)(\.\d+)?$/;
const PLAIN = String.raw`[^"\\\x00-\x1f]*`;
const ESCAPES = /\\(?:u....|.)/g;
const ESCAPED = String.raw`"${PLAIN}(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})${PLAIN})+"`;

/** The codes of a zero and a quote, and how far from the first that of a point is. */
const [ZERO, QUOTE, POINT] = [48, 34, -2];

/**
 * @typedef {object} Shape
 * @property {RegExp} pattern
 * @property {number} token which group of the pattern has it
 * @property {number} progress
 * @property {number} total 0 if there is none
 * @property {number} message 0 if there is none; its first part, if it has escapes that are part of the shape
 * @property {string[]} escapes what these stand for: behind each comes another part
 * @property {string} sample what it was learned from
 * @property {boolean} isText whether the token is
 * @property {number} from where the params start, if they have other members than these
 * @property {number} rest how much follows them
 */

/** @param {string} piece */
const literal = (piece) => piece.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/**
 * The pattern of a scalar that nobody knows. Without alternatives: engines take long to compile many of them.
 * @param {string} piece
 */
function unknown(piece) {
  if (piece[0] === '"') return piece.includes("\\") ? ESCAPED : `"${PLAIN}"`;
  const [number, sign, zero, fraction] = NUMBER.exec(piece) ?? [];
  return number ? `${sign}${zero ?? "[1-9]\\d*"}${fraction ? "\\.\\d+" : ""}` : literal(piece);
}

/**
 * The pattern of one that is known, which is caught with its quotes if there are other escapes in it than these.
 * @param {string} piece
 * @param {boolean} isToken
 * @param {string[]} escapes
 */
function known(piece, isToken, escapes) {
  if (isToken) return piece[0] === '"' ? '"(\\d+)"' : "(\\d+)";
  if (piece[0] !== '"') return "(-?[\\d.]+)";
  if (piece.includes("\\") && !escapes.length) return `(${ESCAPED})`;
  return `"${["", ...escapes].map((escape) => `${literal(escape)}(${PLAIN})`).join("")}"`;
}

/**
 * What a frame of progress that the scanner has read has in common with others.
 * @param {string} text
 * @param {boolean} [varies] whether messages have other escapes each time
 * @returns {Shape | undefined}
 */
function shapeOf(text, varies) {
  const groups = MEMBERS.map(() => 0);
  let [pattern, count, depth, isParams, member, isText, start, from, rest] = ["", 0, 0, false, -1, false, 0, 0, 0];
  /** @type {string[]} */
  let escapes = [];
  for (const { 0: piece, 1: colon, index } of text.matchAll(PIECES)) {
    const first = piece.charAt(0);
    if (colon) {
      const key = piece.slice(1, piece.indexOf('"', 1));
      if (depth === 1) isParams = key === "params";
      else if (depth === 2 && isParams && (member = MEMBERS.indexOf(key)) < 0) from = start;
    } else if (isParams && depth > 1 && /["\d-]/.test(first)) {
      const isOwn = depth === 2 && member >= 0;
      if (isOwn) groups[member] = ++count;
      if (isOwn && !member) isText = first === '"';
      if (isOwn && member && !varies) escapes = piece.match(ESCAPES) ?? escapes;
      if (escapes.length > MANY) escapes = [];
      pattern += isOwn ? known(piece, !member, escapes) : unknown(piece);
      if (isOwn && member === 3) count += escapes.length;
      continue;
    } else if (first === "{" || first === "[") {
      if (++depth === 2 && isParams) start = index;
    } else if ((first === "}" || first === "]") && --depth === 1 && isParams) rest = text.length - index - 1;
    pattern += literal(piece);
  }
  if (pattern.length > LONGEST) return undefined;
  const [token, progress, total, message] = /** @type {[number, number, number, number]} */ (groups);
  const shape = { pattern: new RegExp(`^${pattern}$`), token, progress, total, message, escapes: escapes.map((escape) => JSON.parse(`"${escape}"`)), sample: text, isText, from, rest };
  return shape.pattern.test(text) ? shape : undefined;
}

/** A number, NaN if it is none of JSON's. @param {string} text of digits and points, perhaps with a sign */
function number(text) {
  const { length } = text;
  let value = 0;
  let scale = 0;
  // All digits of such a number count in a double, and so does the power of ten by which they are divided.
  let isPlain = length < 16 && (length === 1 || text.charCodeAt(0) !== ZERO || text.charCodeAt(1) === ZERO + POINT);
  for (let i = 0; isPlain && i < length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0) {
      value = 10 * value + digit;
      scale *= 10;
    } else if (digit === POINT && !scale && i && i < length - 1) scale = 1;
    else isPlain = false;
  }
  if (isPlain) return scale ? value / scale : value;
  return NUMBER.test(text) ? Number(text) : NaN;
}

/** @param {string} caught a text, in quotes if there are escapes in it */
function decoded(caught) {
  return caught.charCodeAt(0) === QUOTE ? /** @type {string} */ (JSON.parse(caught)) : caught;
}

/** The shapes in which one server writes its progress. */
export class Shapes {
  // What the frame says that was read last: its params only if they have more members than these, as JSON.
  token = 0;
  isText = false;
  progress = 0;
  /** NaN if there is none. */
  total = 0;
  /** @type {string | undefined} */
  message;
  /** @type {string | undefined} */
  params;
  /** @type {Shape[]} */
  #known = [];
  #latest = 0;
  /** The latest total: nearly always that of the next frame, too. */
  #written = "";
  #latestTotal = 0;
  /** How many frames had to be scanned since one was learned from, and how many have to be before the next is. */
  #scanned = 0;
  #patience = 0;

  /** Reads a frame, if it has a shape that is known. @param {string} text */
  read(text) {
    const known = this.#known;
    for (let tries = known.length, i = this.#latest; tries; tries--, i = (i + 1) % known.length) {
      const { pattern, token, progress, total, message, escapes, isText, from, rest } = /** @type {Shape} */ (known[i]);
      const found = /** @type {string[] | null} */ (pattern.exec(text));
      if (!found) continue;
      this.#latest = i;
      this.token = number(/** @type {string} */ (found[token]));
      this.isText = isText;
      this.progress = number(/** @type {string} */ (found[progress]));
      if (total && found[total] !== this.#written) this.#latestTotal = number((this.#written = /** @type {string} */ (found[total])));
      this.total = total ? this.#latestTotal : NaN;
      // The scanner knows what such a frame is.
      if (!(this.token > 0 && this.token < 1e15) || !Number.isFinite(this.progress) || (total && !Number.isFinite(this.total))) return false;
      let words = message ? decoded(/** @type {string} */ (found[message])) : undefined;
      for (let i = 0; i < escapes.length; i++) words += /** @type {string} */ (escapes[i]) + found[message + 1 + i];
      this.message = words;
      this.params = from ? text.substring(from, text.length - rest) : undefined;
      return true;
    }
    return false;
  }

  /** A frame of no such shape was progress: others like it will be read. @param {string} text */
  learn(text) {
    if (this.#scanned++ < this.#patience) return;
    this.#scanned = 0;
    this.#patience = Math.min(2 * this.#patience + 1, PATIENCE);
    let shape = shapeOf(text);
    if (!shape) return;
    let place = this.#known.length < KNOWN ? this.#known.length : (this.#latest + 1) % KNOWN;
    if (shape.escapes.length) {
      const wider = shapeOf(text, true);
      const other = this.#known.findIndex(({ escapes, sample }) => escapes.length && wider?.pattern.test(sample));
      // Nothing else tells them apart.
      if (wider && other >= 0) [shape, place] = [wider, other];
    }
    this.#latest = place;
    this.#known[this.#latest] = shape;
  }
}
