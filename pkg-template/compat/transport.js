// The SDKs' transports, by their names there.
import { StreamableHttpTransport, WebSocketTransport, createInMemoryPair } from "../index.js";

/** The SDKs' options of their HTTP transport. */
export class StreamableHTTPClientTransport extends StreamableHttpTransport {
  /** @param {string | URL} url @param {any} [options] */
  constructor(url, { requestInit: { headers, ...init } = /** @type {any} */ ({}), fetch, authProvider, trace } = {}) {
    const authorized = (/** @type {any} */ given) => {
      const all = new Headers(headers);
      const token = given?.access_token ?? given;
      if (token) all.set("authorization", `Bearer ${token}`);
      return all;
    };
    super(url, {
      trace,
      // What the program says about its requests wins over what this package says, but for the message itself. Cookies are as
      // `fetch` has them by itself.
      fetch: (/** @type {any} */ at, /** @type {any} */ more) => {
        const { method, headers, body, signal } = more;
        return (fetch ?? globalThis.fetch)(at, { ...more, credentials: undefined, ...init, method, headers, body, signal });
      },
      // At once where the provider answers at once: whom a request is for decides which results are kept for it.
      headers: authProvider
        ? () => {
            const given = authProvider.token ? authProvider.token() : authProvider.tokens?.();
            return given?.then ? given.then(authorized) : authorized(given);
          }
        : headers,
    });
  }

  /** Each request has a stream of its own. */
  hasPerRequestStream = true;
  /** What requests name. @type {string | undefined} */
  protocolVersion;

  /** @param {string} version */
  setProtocolVersion(version) {
    this.protocolVersion = version;
  }

  /** Ends the session and the connection. */
  terminateSession() {
    return this.close();
  }
}

/** The SDK's WebSocket transport. */
export class WebSocketClientTransport extends WebSocketTransport {}

/** The SDK's pair of transports. */
export class InMemoryTransport {
  static createLinkedPair() {
    return createInMemoryPair();
  }
}
