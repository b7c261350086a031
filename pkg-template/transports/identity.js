// Whom a request is sent for, as far as its headers tell.

import { McpError } from "../base/errors.js";

/**
 * Headers of any form; what the platform says of those that it refuses would show their values.
 * @param {any} given
 */
export function headersOf(given) {
  try {
    return new Headers(given ?? {});
  } catch {
    throw new McpError("INVALID_ARGUMENT", "`headers` holds a name or a value that HTTP does not allow");
  }
}

/**
 * A text that is another for other headers.
 * @param {...any} parts headers in any form; later ones replace earlier ones
 */
export function identityOf(...parts) {
  const all = new Headers();
  for (const part of parts) headersOf(part).forEach((text, name) => all.set(name, text));
  return [...all].join("\n");
}

/**
 * The same of the headers that a request would have now; undefined if nobody can tell at once.
 * @param {any} given the connection's headers, or a function that makes them
 * @param {any} [more] the call's
 */
export function identityNow(given, more) {
  try {
    const headers = typeof given === "function" ? given() : given;
    if (typeof headers?.then !== "function") return identityOf(headers, more);
    headers.then(undefined, () => {});
  } catch {
    // The request will tell.
  }
  return undefined;
}
