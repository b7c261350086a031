// What a page can do to find out why a connection fails: ask in several ways, and watch its own policy.

/** A host that browsers trust without TLS. @param {string} host */
export const isLoopback = (host) => /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);

/** Addresses of a network at home or at work. @param {string} host */
const isPrivate = (host) => /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)[\d.]+$|\.local$|^\[f([cd]|e[89ab])/i.test(host);

/**
 * How a browser that asks before pages reach a machine or its network (Local Network Access) has been answered, unless that was
 * yes; `undefined` where it does not ask.
 * @param {string} host of the server
 * @returns {Promise<"prompt" | "denied" | undefined>}
 */
export async function localNetwork(host) {
  const { location, navigator } = /** @type {{ location?: Location, navigator: Navigator }} */ (globalThis);
  const local = isLoopback(host);
  // Who is there is not asked.
  if (!(local || isPrivate(host)) || !location || isLoopback(location.hostname) || isPrivate(location.hostname)) return undefined;
  // The one permission of before has become two.
  for (const name of [local ? "loopback-network" : "local-network", "local-network-access"]) {
    try {
      const { state } = await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) });
      return state === "granted" ? undefined : state;
    } catch {
      // Not known to this browser.
    }
  }
  return undefined;
}

/** The revision that alone is wanted. @param {Settings["mode"]} mode */
export const pinned = (mode) => (typeof mode === "object" ? mode.pin : undefined);

/** @param {string | URL} url */
export const originOf = (url) => {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
};

/** Watches what the page's Content-Security-Policy refuses meanwhile. */
export class Policy {
  /** @type {Document} */
  #scope = globalThis.document ?? globalThis;
  /** Origins that may not be connected to. @type {Set<string>} */
  #refused = new Set();
  /** @type {Map<string, () => void>} */
  #waiting = new Map();
  /** @param {SecurityPolicyViolationEvent} event */
  #listen = ({ disposition, effectiveDirective, blockedURI }) => {
    // What is not about an address has a word there.
    if (disposition === "report" || effectiveDirective !== "connect-src" || !blockedURI.includes("://")) return;
    const origin = originOf(blockedURI);
    this.#refused.add(origin);
    this.#waiting.get(origin)?.();
  };

  constructor() {
    this.#scope.addEventListener?.("securitypolicyviolation", this.#listen);
  }

  /**
   * Is fulfilled when a URL is refused: of a WebSocket, not every browser tells its opener.
   * @param {string | URL} url
   * @returns {Promise<void>}
   */
  refusal(url) {
    return new Promise((resolve) => this.#waiting.set(originOf(url), resolve));
  }

  /**
   * Whether a URL was refused. Browsers tell of it in a task of its own, after the failure.
   * @param {string | URL} url
   */
  async refused(url) {
    if (!this.#refused.has(originOf(url))) await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#refused.has(originOf(url));
  }

  end() {
    this.#scope.removeEventListener?.("securitypolicyviolation", this.#listen);
  }
}

/** @typedef {import("../types/diagnosis.js").DiagnoseOptions} Options */
/** @typedef {Required<Pick<Options, "timeout" | "mode" | "protocols" | "info">> & Options} Settings */
/** @typedef {import("../types/client.js").Client} Client */
/** @typedef {Partial<import("../types/errors.js").McpError> & { code?: string, cause?: { code?: unknown, message?: unknown } }} Failed whatever was thrown */

/**
 * A diagnosis under way, as its parts see it.
 * @typedef {object} Work
 * @property {URL} url
 * @property {string | undefined} origin who asks; `undefined` outside of browsers, where nobody asks for permission
 * @property {Settings} options
 * @property {typeof globalThis.fetch} given what makes the requests
 * @property {import("../types/diagnosis.js").Finding[]} findings
 * @property {Partial<Omit<import("../types/diagnosis.js").Diagnosis, "error">> & { error?: Failed }} facts
 * @property {boolean} [missing] whether there is no module, and so no client
 * @property {Policy} policy
 * @property {(code: string, facts?: object) => true} find notes what was found
 * @property {(url?: string | URL) => Promise<boolean>} blocked whether the page's own policy has refused it
 * @property {(more?: object) => Promise<{ client?: Client, error?: Failed }>} connect what connecting comes to
 * @property {(more?: object) => Promise<{ client?: Client, error?: Failed }>} attempt the same, with what it shows noted
 * @property {(init: RequestInit, url?: string | URL) => Promise<Answer>} ask
 */

/**
 * How a request comes out: an answer that may be read, one that is there and no more (`opaque`, `redirected`), none in
 * time (`late`), or a failure of which a page is told nothing.
 * @typedef {{ response?: Response, opaque?: boolean, redirected?: boolean, late?: boolean, failed?: Failed, end: () => void }} Answer
 */

/**
 * @param {typeof globalThis.fetch} fetch
 * @param {string | URL} url
 * @param {RequestInit} init
 * @param {number} timeout
 * @returns {Promise<Answer>}
 */
export async function ask(fetch, url, init, timeout) {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort();
  const timer = setTimeout(end, timeout);
  try {
    const response = await fetch(String(url), { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", ...init, signal });
    if (response.type === "opaque") return { opaque: true, end };
    if (response.type === "opaqueredirect") return { redirected: true, end };
    return { response, end };
  } catch (failed) {
    return signal.aborted ? { late: true, end } : { failed: /** @type {Failed} */ (failed), end };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * How a WebSocket comes out: the subprotocol that was selected, or nothing.
 * @param {URL} url
 * @param {string[]} protocols
 * @param {number} timeout
 * @returns {Promise<string | undefined>}
 */
export function openSocket(url, protocols, timeout) {
  return new Promise((resolve) => {
    /** @type {WebSocket | undefined} */
    let socket;
    /** @param {string} [protocol] */
    const done = (protocol) => {
      clearTimeout(timer);
      if (socket) socket.onopen = socket.onclose = socket.onerror = null;
      socket?.close();
      resolve(protocol);
    };
    const timer = setTimeout(done, timeout);
    try {
      socket = new WebSocket(url, protocols);
      socket.onerror = () => {};
      socket.onopen = () => done(socket?.protocol);
      socket.onclose = () => done();
    } catch {
      done();
    }
  });
}
