// A module that travels inside a script, as text that scripts need not escape and that brotli
// compresses almost as well as the bytes themselves: `inline` in `xtask/src/package.rs` writes it.

/** How many bytes have a character of their own; the others take two. */
const SINGLE = 89;

/** @param {string} packed @returns {Uint8Array<ArrayBuffer>} */
export function unpack(packed) {
  const bytes = new Uint8Array(packed.length);
  let length = 0;
  /** The number of a character: from `#` on, without the backslash. @param {number} at */
  const digit = (at) => {
    const code = packed.charCodeAt(at);
    return code - (code > 92 ? 36 : 35);
  };
  for (let at = 0; at < packed.length; at++) {
    const first = digit(at);
    bytes[length++] = first < SINGLE ? first : (first - SINGLE + 1) * SINGLE + digit(++at);
  }
  return bytes.subarray(0, length);
}
