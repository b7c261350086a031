// JSON on its way in and out.

/** The longest text that is looked at for words which JSON does not have: the longest progress. */
const SHORT = 4096;

/** What went wrong with values that are no JSON: that is for who gave them. @type {WeakSet<object>} */
export const unwritable = new WeakSet();

/**
 * A message as text, and every string in it well formed, for strict readers refuse the whole message
 * otherwise: half a surrogate pair becomes U+FFFD.
 * @param {unknown} message
 * @returns {string}
 */
export function write(message) {
  let text;
  try {
    text = JSON.stringify(message);
  } catch (error) {
    if (error instanceof Error) unwritable.add(error);
    throw error;
  }
  // Surrogates are escaped only where they stand alone.
  return text?.includes("\\ud") ? text.replace(/\\(?:(ud...)|.)/g, (all, lone) => (lone ? "\ufffd" : all)) : text;
}

/**
 * The value of a text: also behind a byte order mark, and also of progress in numbers that are none
 * (`NaN`, `-Infinity`), as some servers write them; they become text.
 * @param {string} text
 * @returns {any}
 */
export function read(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.charCodeAt(0) === 0xfeff) return read(text.slice(1));
    if (text.length > SHORT) throw error;
    const mended = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) => (found[0] === '"' ? found : `"${found}"`));
    const value = mended === text ? undefined : JSON.parse(mended);
    if (value?.method === "notifications/progress") return value;
    throw error;
  }
}
