// A module that travels inside a script, as text that scripts need not escape: `xtask/src/pack.rs` writes
// it. The code lies there in streams, one for each kind of number in it, in which brotli finds more
// than in the bytes as they stand.

/** How many numbers have a character of their own; the others take two. */
const SINGLE = 89;
/** The streams: what is no code; instructions and what goes with them; the types of locals; locals, blocks, functions, places, constants. */
const [REST, CODE, TYPES, LOCAL, BLOCK, CALL, PLACE, CONST] = [0, 1, 2, 3, 4, 5, 6, 7];
const [NONE, SECTION, END, SWITCH, FLOAT, DOUBLE, MORE] = [[], 10, 11, 14, 67, 68, 252];
/** How many numbers go with what comes behind `MORE`: 8 to 17, one of ten after the other. */
const OF_MORE = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

/** From which streams the numbers come that go with each instruction. @type {number[][]} */
const GIVEN = [];
const give = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number[]} */ ...streams) => {
  for (let code = from; code <= to; code++) GIVEN[code] = streams;
};
give(2, 4, CODE);
give(12, 13, BLOCK);
give(16, 16, CALL);
give(17, 17, CALL, CALL);
give(28, 28, CODE, CODE);
give(32, 34, LOCAL);
give(35, 38, CODE);
give(40, 62, CODE, PLACE);
give(63, 64, CODE);
give(65, 66, CONST);
give(208, 208, CODE);
give(210, 210, CALL);

/** @param {string} packed @returns {Uint8Array<ArrayBuffer>} */
export function unpack(packed) {
  const [head = "", ...streams] = packed.split(" ");
  // Lengths of functions are left out.
  let bytes = new Uint8Array(packed.length * 2);
  let at = 0;
  const places = streams.map(() => 0);
  /** The next number of a stream: a character from `#` on, without the backslash, or two. @param {number} stream */
  const next = (stream) => {
    const text = /** @type {string} */ (streams[stream]);
    let place = /** @type {number} */ (places[stream]);
    let code = text.charCodeAt(place++);
    let number = code - (code > 92 ? 36 : 35);
    if (number >= SINGLE) {
      code = text.charCodeAt(place++);
      number = (number - SINGLE + 1) * SINGLE + code - (code > 92 ? 36 : 35);
    }
    places[stream] = place;
    return number;
  };
  streams.push(head);
  places.push(0);
  /** What is used as an instruction, and as what goes with one. @type {number[]} */
  const alphabet = [];
  while (/** @type {number} */ (places[8]) < head.length) alphabet.push(next(8));

  const copy = (/** @type {number} */ stream) => {
    const number = next(stream);
    return (bytes[at++] = stream === CODE ? /** @type {number} */ (alphabet[number]) : number);
  };
  /** Copies a number of any length. @param {number} stream */
  const number = (stream) => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = copy(stream);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  /** Puts the length of what has been copied before it. @param {number} from */
  const close = (from) => {
    const length = [];
    let rest = at - from;
    for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
    bytes.copyWithin(from + length.length, from, at);
    bytes.set(length, from);
    at += length.length;
  };
  const body = () => {
    const from = at;
    for (let types = number(TYPES); types; types--) {
      number(TYPES);
      number(TYPES);
    }
    for (let depth = 1; depth; ) {
      const code = copy(CODE);
      if (code === END) depth--;
      else if (code > 1 && code < 5) depth++;
      if (code === SWITCH) for (let cases = number(BLOCK); cases >= 0; cases--) number(BLOCK);
      else if (code === FLOAT || code === DOUBLE) for (let i = code === FLOAT ? 4 : 8; i; i--) copy(CONST);
      else if (code === MORE) for (let more = OF_MORE[number(CODE) - 8] ?? 0; more; more--) number(CODE);
      else for (const stream of GIVEN[code] ?? NONE) number(stream);
    }
    close(from);
  };
  for (let i = 0; i < 8; i++) copy(REST);
  while (/** @type {number} */ (places[REST]) < /** @type {string} */ (streams[REST]).length) {
    if (copy(REST) === SECTION) {
      const from = at;
      for (let functions = number(REST); functions; functions--) body();
      close(from);
    } else {
      for (let length = number(REST); length; length--) copy(REST);
    }
  }
  return bytes.subarray(0, at);
}
