// What few pages need of HTTP, loaded when one does: how a large answer is read on, and what is said of too many streams.

import { tooLarge } from "./common.js";

/** How much is read at once, in bytes. */
const PIECE = 256 * 1024;

const decoder = new TextDecoder();

/**
 * Reads a body on to its end; returns the whole text. Its bytes are laid in one place as they come, so that no more of them
 * waits for a collection of garbage than is read at once.
 * @param {{ reader?: any }} hold whoever breaks it off cancels what is in there
 * @param {any} stream the body
 * @param {Uint8Array[]} chunks what has come
 * @param {number} limit in bytes
 */
export async function rest(hold, stream, chunks, limit) {
  let kept = new Uint8Array(8 * PIECE);
  let size = 0;
  /** @param {Uint8Array} bytes */
  const keep = (bytes) => {
    const end = size + bytes.length;
    if (end > limit) throw tooLarge(limit);
    if (end > kept.length) {
      const before = kept;
      kept = new Uint8Array(Math.max(end, 2 * before.length));
      kept.set(before);
      release(before);
    }
    kept.set(bytes, size);
    size = end;
  };
  chunks.splice(0).forEach(keep);
  /** What is read into. @type {Uint8Array | undefined} */
  let room;
  hold.reader.releaseLock();
  try {
    hold.reader = stream.getReader({ mode: "byob" });
    room = new Uint8Array(PIECE);
  } catch {
    // Not every engine can, nor every stream.
    hold.reader = stream.getReader();
  }
  for (;;) {
    const { done, value } = await hold.reader.read(room);
    if (done) break;
    keep(value);
    if (room) room = new Uint8Array(value.buffer);
  }
  const text = decoder.decode(kept.subarray(0, size));
  release(kept);
  return text;
}

/** Gives memory back before the text is parsed, where the engine can. @param {Uint8Array} bytes */
function release({ buffer }) {
  /** @type {{ transfer?(length: number): unknown }} */ (buffer).transfer?.(0);
}

/** @param {number} many @param {string} origin */
export const warn = (many, origin) =>
  console.warn(`mcp-wasm: ${many} streams are open to ${origin}. By HTTP/1 a browser makes six connections to one origin, and further requests wait: serve HTTP/2 (https:), connect by ws:, or close clients and subscriptions`);
