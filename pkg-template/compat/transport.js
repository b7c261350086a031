// The SDKs' transports, by their names there.
import { StreamableHttpTransport, WebSocketTransport, createInMemoryPair } from "../index.js";

/** The SDKs' options of their HTTP transport. */
export class StreamableHTTPClientTransport extends StreamableHttpTransport {
  /** @param {string | URL} url @param {any} [options] */
  constructor(url, { requestInit: { headers, ...init } = /** @type {any} */ ({}), fetch, authProvider, trace } = {}) {
    super(url, {
      trace,
      // What the program says about its requests wins over what this package says.
      fetch: (/** @type {any} */ at, /** @type {any} */ more) => (fetch ?? globalThis.fetch)(at, { ...more, ...init }),
      headers: async () => {
        const all = new Headers(headers);
        const token = (await authProvider?.token?.()) ?? (await authProvider?.tokens?.())?.access_token;
        if (token) all.set("authorization", `Bearer ${token}`);
        return all;
      },
    });
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
