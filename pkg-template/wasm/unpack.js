// A module that travels inside a script, as text that scripts need not escape: `xtask/src/package/pack.rs` writes
// it, in an order in which brotli finds more than in the bytes as they stand. What reads it is a module as
// well, for a script that runs once is slow.
import unpacker from "./unpacker.js";

/** Where the text begins in the memory. */
const TEXT = 1024;
const encoder = new TextEncoder();
/** @type {WebAssembly.Module | undefined} */
let reader;

/** @param {string} packed @returns {Uint8Array<ArrayBuffer>} */
export function unpack(packed) {
  // The module is no longer than its text, but for the lengths that are left out.
  const memory = new WebAssembly.Memory({ initial: (packed.length >> 15) + 2 });
  const bytes = new Uint8Array(memory.buffer);
  const end = TEXT + encoder.encodeInto(packed, bytes.subarray(TEXT)).written;
  reader ??= new WebAssembly.Module(Uint8Array.from(atob(unpacker), (letter) => letter.charCodeAt(0)));
  const { a: read } = /** @type {{ a: (end: number) => number }} */ (new WebAssembly.Instance(reader, { a: { a: memory } }).exports);
  return bytes.subarray(end, read(end));
}
