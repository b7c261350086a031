// Whom a request is sent for, as far as its headers tell.

import { McpError } from "../base/errors.js";

/**
 * Headers in whatever form, and over them those of a call; what the platform says of those that it refuses
 * would show their values.
 * @param {HeadersInit | undefined} given
 * @param {HeadersInit} [more]
 */
export function headersOf(given, more) {
  try {
    const headers = new Headers(given ?? {});
    if (more) new Headers(more).forEach((text, name) => headers.set(name, text));
    return headers;
  } catch {
    throw new McpError("INVALID_ARGUMENT", "`headers` holds a name or a value that HTTP does not allow");
  }
}

/** A text that is another for other headers; a proof is made anew for each request. @param {Headers} headers */
export const identityOf = (headers) => [...headers].filter(([name]) => name !== "dpop").join("\n");

/**
 * The same of the headers that a request would have now; undefined if nobody can tell at once.
 * @param {import("../types/inside.js").NetOptions} options the connection's; headers may be a function that makes them
 * @param {HeadersInit} [more] the call's
 */
export function identityNow({ headers: given, auth }, more) {
  if (auth) return undefined;
  try {
    const headers = typeof given === "function" ? given() : given;
    if (typeof /** @type {Promise<HeadersInit> | undefined} */ (headers)?.then !== "function") return identityOf(headersOf(/** @type {HeadersInit} */ (headers), more));
    /** @type {Promise<HeadersInit>} */ (headers).then(undefined, () => {});
  } catch {
    // The request will tell.
  }
  return undefined;
}
