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
 * A text that is another for other headers; a proof is made anew for each request.
 * @param {...any} parts headers in any form; later ones replace earlier ones
 */
export function identityOf(...parts) {
  const all = new Headers();
  for (const part of parts) headersOf(part).forEach((text, name) => name === "dpop" || all.set(name, text));
  return [...all].join("\n");
}

/**
 * The same of the headers that a request would have now; undefined if nobody can tell at once.
 * @param {{ headers?: any, auth?: any }} options the connection's; headers may be a function that makes them
 * @param {any} [more] the call's
 */
export function identityNow({ headers: given, auth }, more) {
  if (auth) return undefined;
  try {
    const headers = typeof given === "function" ? given() : given;
    if (typeof headers?.then !== "function") return identityOf(headers, more);
    headers.then(undefined, () => {});
  } catch {
    // The request will tell.
  }
  return undefined;
}

/** What asks an authorizer, and hears it: loaded where there is one. */
export const loadAuthorized = () => import("./authorized.js");
