// The SDKs' transports, by their names there.
import { McpError } from "../base/errors.js";
import { StreamableHttpTransport, WebSocketTransport, createInMemoryPair } from "../index.js";

/** Whether a provider takes part when the server refuses. @param {any} provider */
const logsIn = (provider) => Boolean(provider?.redirectToAuthorization || provider?.onUnauthorized);

/** The SDKs' HTTP transport. */
export class StreamableHTTPClientTransport extends StreamableHttpTransport {
  /** Each request has a stream of its own. */
  hasPerRequestStream = true;

  #made;
  #logsIn;
  /** @type {Promise<import("./login.js").ProvidedLogin> | undefined} */
  #loaded;

  /** @param {string | URL} url @param {any} [options] */
  constructor(url, { requestInit: { headers, ...init } = /** @type {unknown} */ ({}), authProvider, redirectPolicy, ...options } = /** @type {unknown} */ ({})) {
    const token = () => (authProvider.token ? authProvider.token() : authProvider.tokens?.());
    const headersFor = (/** @type {any} */ given) => {
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
            const given = token();
            return given?.then ? given.then(headersFor) : headersFor(given);
          }
        : headers,
      auth: logsIn(authProvider) ? {
        headers: async () => {
          const authorization = headersFor(await token()).get("authorization");
          return authorization ? { authorization } : {};
        },
        answered: async (/** @type {any} */ answer) => (await this.#login()).answered(answer),
      } : undefined,
    });
    this.#made = async () => new (await import("./login.js")).ProvidedLogin(authProvider, String(url), options.fetch);
    this.#logsIn = logsIn(authProvider);
  }

  /** What logs in by the provider: only a program that has one carries it. */
  #login() {
    return (this.#loaded ??= this.#made());
  }

  /**
   * Ends a log-in: exchanges the code that the program was called back with. Then connect by another transport.
   * @param {string | URLSearchParams} answer
   * @param {string} [iss]
   */
  async finishAuth(answer, iss) {
    if (!this.#logsIn) throw new McpError("AUTH_REQUIRED", "No auth provider");
    await (await this.#login()).finish(answer, iss);
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
