// The SDKs' transports, by their names there.
import { StreamableHttpTransport, WebSocketTransport, createInMemoryPair } from "../index.js";

/** The SDKs' HTTP transport. */
export class StreamableHTTPClientTransport extends StreamableHttpTransport {
  /** Each request has a stream of its own. */
  hasPerRequestStream = true;

  /** @param {string | URL} url @param {any} [options] */
  constructor(url, { requestInit: { headers, ...init } = /** @type {any} */ ({}), authProvider, redirectPolicy, ...options } = /** @type {any} */ ({})) {
    const authorized = (/** @type {any} */ given) => {
      const all = new Headers(headers);
      const token = given?.access_token ?? given;
      if (token) all.set("authorization", `Bearer ${token}`);
      return all;
    };
    if (redirectPolicy === "follow") init.redirect ??= "follow";
    super(url, {
      ...options,
      // To go on with by `sessionId`; `terminateSession` ends it.
      keepSession: true,
      // What the program says about its requests wins over what this package says. Cookies are as `fetch` has them by itself.
      requestInit: { credentials: "same-origin", ...init },
      // At once where the provider answers at once: whom a request is for decides which results are kept for it.
      headers: authProvider
        ? () => {
            const given = authProvider.token ? authProvider.token() : authProvider.tokens?.();
            return given?.then ? given.then(authorized) : authorized(given);
          }
        : headers,
    });
  }

  /**
   * Goes on with a stream that broke off.
   * @param {string} lastEventId
   * @param {{ onresumptiontoken?: (token: string) => void }} [options]
   */
  async resumeStream(lastEventId, options) {
    await this.send({ jsonrpc: "2.0", method: "notifications/initialized" }, { resumptionToken: lastEventId, ...options });
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
