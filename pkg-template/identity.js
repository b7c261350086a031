// Whom a request is sent for, as far as its headers tell.

/**
 * A text that is another for other headers.
 * @param {...any} parts headers in any form; later ones replace earlier ones
 */
export function identityOf(...parts) {
  const all = new Headers();
  for (const part of parts) new Headers(part).forEach((text, name) => all.set(name, text));
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
