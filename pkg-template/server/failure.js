// What a caller may know of what a handler threw: what it says, never its stack. Anything can be thrown.
import { plain } from "./values.js";

/** The longest that is said. */
const LONGEST = 10_000;

/** @param {unknown} error */
export function failure(error) {
  const message = wordsOf(error).slice(0, LONGEST);
  const { rpcCode, data } = /** @type {{ rpcCode?: unknown, data?: unknown } | undefined} */ (error) ?? {};
  if (!Number.isInteger(rpcCode)) return { message };
  try {
    return { message, code: rpcCode, data: plain(data) ?? undefined };
  } catch {
    return { message, code: rpcCode };
  }
}

/** @param {any} error whatever was thrown @returns {string} */
function wordsOf(error) {
  if (typeof error === "string" && error) return error;
  try {
    if (typeof error === "object" && error) {
      const { message, name, errors } = error;
      if (typeof message === "string" && message.trim()) return message;
      if (Array.isArray(errors) && errors.length) return errors.map(wordsOf).join("; ");
      if (error instanceof Error || (typeof name === "string" && name && message === "")) return String(name || "Error");
      const text = JSON.stringify(plain(shown(error)));
      return text === "{}" ? `the handler threw ${Object.prototype.toString.call(error)}` : text;
    }
    return typeof error === "function" || typeof error === "symbol" || typeof error === "bigint" || error
      ? `the handler threw ${String(error)}`
      : `the handler threw ${error === "" ? "an empty text" : error}`;
  } catch {
    return "the handler threw something that cannot be told";
  }
}

/** A value without what leads back to where it is in. @param {any} value @param {unknown[]} [above] @returns {unknown} */
function shown(value, above = []) {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || !value || typeof value.toJSON === "function") return value;
  if (above.includes(value) || above.length > 20) return "…";
  const inner = [...above, value];
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => shown(item, inner));
  return Object.fromEntries(Object.entries(value).slice(0, 100).map(([name, member]) => [name, shown(member, inner)]));
}
