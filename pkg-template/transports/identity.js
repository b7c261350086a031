// Whom a request is sent for, as far as its headers tell.

import { McpError } from "../base/errors.js";

/**
 * Headers in whatever form; what the platform says of those that it refuses would show their values.
 * @param {HeadersInit | undefined} given
 */
export function headersOf(given) {
  try {
    return new Headers(given ?? {});
  } catch {
    throw new McpError("INVALID_ARGUMENT", "`headers` holds a name or a value that HTTP does not allow");
  }
}

/**
 * A text that is another for other headers; a proof is made anew for each request.
 * @param {...(HeadersInit | undefined)} parts headers; later ones replace earlier ones
 */
export function identityOf(...parts) {
  const all = new Headers();
  for (const part of parts) headersOf(part).forEach((text, name) => name === "dpop" || all.set(name, text));
  return [...all].join("\n");
}

/**
 * The same of the headers that a request would have now; undefined if nobody can tell at once.
 * @param {import("../types/inside.js").NetOptions} options the connection's; headers may be a function that makes them
 * @param {HeadersInit} [more] the call's
 */
export function identityNow({ headers: given, auth }, more) {
  if (auth) return undefined;
  try {
    const headers = typeof given === "function" ? given() : given;
    if (typeof /** @type {Promise<HeadersInit> | undefined} */ (headers)?.then !== "function") return identityOf(/** @type {HeadersInit} */ (headers), more);
    /** @type {Promise<HeadersInit>} */ (headers).then(undefined, () => {});
  } catch {
    // The request will tell.
  }
  return undefined;
}
