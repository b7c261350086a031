// Which addresses may be used, and what counts as the same one.

const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether a host is this machine. @param {string} hostname */
export const isLoopback = (hostname) => LOOPBACK.test(hostname);

/**
 * An address that came by the network: https, or http on this machine if the server is there too.
 * Undefined if it may not be used.
 * @param {unknown} text
 * @param {string} server
 */
export function usable(text, server) {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username || url.password) return undefined;
  if (url.protocol === "https:") return url;
  return url.protocol === "http:" && isLoopback(url.hostname) && isLoopback(new URL(server).hostname) ? url : undefined;
}

/** An address as it was written, or as this page means it; undefined if it is none. @param {string | URL | undefined} address */
export function absolute(address) {
  const text = String(address);
  const base = globalThis.location?.href;
  if (URL.canParse(text)) return text;
  return URL.canParse(text, base) ? new URL(text, base).href : undefined;
}

/**
 * The address of a server as its caller wrote it, without a fragment; `wss:` stands for `https:`.
 * @param {string | URL} address
 */
export const serverOf = (address) => (absolute(address) ?? String(address)).replace(/#.*$/s, "").replace(/^ws(?=s?:)/i, "http");

/** One text for every spelling of a server's address. @param {string} server */
export const keyOf = (server) => new URL(server).href;

/**
 * Whether a protected resource is the server: its origin, and its path or one above it.
 * @param {string} resource
 * @param {string} server
 */
export function isResourceOf(resource, server) {
  const whole = (/** @type {string} */ text) => {
    const { origin, pathname } = new URL(text);
    return origin + pathname.replace(/\/?$/, "/");
  };
  return URL.canParse(resource) && whole(server).startsWith(whole(resource));
}

/** Without the slash that ends an address without a path. @param {string} issuer */
const bare = (issuer) => (/^[a-z]+:\/\/[^/?#]+\/$/i.test(issuer) ? issuer.slice(0, -1) : issuer);

/**
 * Whether two texts name the same issuer: they are equal, or differ by the slash after the host.
 * @param {string} one
 * @param {string} other
 * @param {boolean | undefined} strict
 */
export const sameIssuer = (one, other, strict) => one === other || (!strict && bare(one) === bare(other));
