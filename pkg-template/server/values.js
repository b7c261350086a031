// What page code hands to a server: as plain data, so that nothing in it runs later.
import { McpError } from "../base/errors.js";

/**
 * The value as JSON has it, with bytes in base64; `null` for what JSON has no word for.
 * @param {unknown} value
 * @returns {any} whatever JSON can hold
 */
export function plain(value) {
  const text = JSON.stringify(value, /** @this {Record<string, unknown>} @param {string} key @param {unknown} member */ function (key, member) {
    // Of the holder: a Buffer's own `toJSON` has run before its value comes here.
    const given = this[key];
    return isBytes(given) ? base64(given) : member;
  });
  return text === undefined ? null : JSON.parse(text);
}

/** @param {unknown} value @returns {value is ArrayBuffer | ArrayBufferView} */
export const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/** @param {ArrayBuffer | ArrayBufferView} value */
function base64(value) {
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  let text = "";
  // As many as a function takes as arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** @param {string} what @param {unknown} value */
export function checkText(what, value) {
  if (typeof value !== "string" || !value) throw new McpError("INVALID_ARGUMENT", `${what} must be a text, not ${value}`);
}
