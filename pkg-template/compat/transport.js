// The SDKs' transports, by their names there.
import { McpError, attempt, part } from "../base/errors.js";
import { fast } from "../base/handlers.js";
import { throughProxies } from "../base/itself.js";
import { StreamableHttpTransport, WebSocketTransport, createInMemoryPair } from "../index.js";

/** @typedef {string | { access_token?: string } | undefined} Token */
/** @typedef {{ clientInformation?: Function, onUnauthorized?: Function, dpop?: Function, token?: () => Token | Promise<Token>, tokens?: () => Token | Promise<Token> }} Provider */
/** @typedef {import("./login.js").Manner} Manner */
/** @typedef {import("../types/inside.js").NetOptions & Manner & { authProvider?: Provider, redirectPolicy?: string, reconnectionScheduler?: (again: () => void, delay: number, attempts: number) => unknown }} Options */
/** @typedef {{ cause?: unknown, headers?: unknown }} Failing an error of ours */

/** Whether a provider takes part when the server refuses. @param {Provider | undefined} provider */
const logsIn = (provider) => Boolean((provider?.tokens && provider.clientInformation) || provider?.onUnauthorized);

/** @typedef {RequestInit & { method: string, headers: Headers, signal: AbortSignal }} Sent what this package gives to `fetch` */

/** A transport that speaks as an SDK's: how its errors are made of ours, and of what this package keeps to itself. */
export const SPEECH = Symbol("speech");

/** Whether a transport's latest request asks for the server's revision. */
export const ASKS = Symbol("asks");
/** Who hears why such a request has failed: at that, the SDK 2.x has not joined its client to the transport yet. */
export const ALONE = Symbol("alone");

/** What errors of the SDKs tell of an answer beyond ours. @type {WeakMap<Headers, string>} */
const texts = new WeakMap();

/** The answers to requests that a provider has let in. @type {WeakSet<Headers>} */
const provided = new WeakSet();

/** What `fetch` has thrown, or what the SDKs throw in its place. @type {WeakSet<object>} */
const thrown = new WeakSet();

/** Whether no answer has come that the client could have made something of. @param {Failing} error */
export const isUnanswered = ({ cause }) => thrown.has(/** @type {object} */ (cause));

/** Whether a status came though there was a provider. @param {Failing} error */
export const isProvided = ({ headers }) => provided.has(/** @type {Headers} */ (headers));

/** The words of the status that an error is about. @param {Failing} error */
export const statusTextOf = ({ headers }) => texts.get(/** @type {Headers} */ (headers)) ?? "";

/**
 * @typedef {object} Speech
 * @property {(error: any) => any} translate makes the SDK's error of whatever was thrown
 * @property {(what: "open" | "end" | "ask", status: number, statusText: string) => Error} refused why there is no stream of the server's own, no end of the session, or no answer to a question
 * @property {(type: string | null) => Error} unexpected why an answer of this type is none
 * @property {Manner} [manner] how log-ins are gone about
 */

/** What an answer may come as. */
const READABLE = ["application/json", "text/event-stream"];

/** The SDKs' HTTP transport. */
export class StreamableHTTPClientTransport extends StreamableHttpTransport {
  /** Each request has a stream of its own. */
  hasPerRequestStream = true;
  [ASKS] = false;
  /** @type {((error: unknown) => void) | undefined} */
  [ALONE];

  #made;
  #logsIn;
  #provider;
  /** The words of the status that a request was refused with, by its signal. @type {WeakMap<AbortSignal, string>} */
  #texts = new WeakMap();
  /** @type {typeof fetch} */
  #fetch;
  /** @type {Promise<import("./login.js").ProvidedLogin> | undefined} */
  #loaded;
  /** Whether the SDK would have given up at what came of the question for the revision. */
  #last = false;
  /** When the program opens a stream again, and how often it has tried, by the event that it goes on behind. */
  #again;
  #tries = new Map();
  /** What became of the latest end of a session. @type {unknown} */
  #refusal;

  /** @param {string | URL} url @param {Options} [options] */
  constructor(url, { requestInit: { headers, ...init } = {}, authProvider, redirectPolicy, reconnectionScheduler, onInsufficientScope, maxStepUpRetries, assumePkce, ...options } = {}) {
    const token = () => (authProvider?.token ? authProvider.token() : authProvider?.tokens?.());
    const headersFor = (/** @type {Token} */ given) => {
      const all = new Headers(headers);
      const token = /** @type {{ access_token?: string } | undefined} */ (given)?.access_token ?? given;
      if (token) all.set("authorization", `Bearer ${token}`);
      return all;
    };
    if (redirectPolicy === "follow") init.redirect ??= "follow";
    super(url, {
      ...options,
      // It is the program that waits.
      ...(reconnectionScheduler && { reconnectionOptions: { ...options.reconnectionOptions, initialReconnectionDelay: 0, maxReconnectionDelay: 0 } }),
      fetch: /** @type {typeof fetch} */ (async (/** @type {string} */ input, /** @type {Sent} */ init) => this.#request(await this.#fetching(), input, init)),
      // To go on with by `sessionId`; `terminateSession` ends it.
      keepSession: true,
      // What the program says about its requests wins over what this package says. Cookies are as `fetch` has them by itself.
      requestInit: { credentials: "same-origin", ...init },
      // At once where the provider answers at once: whom a request is for decides which results are kept for it.
      headers: authProvider
        ? () => {
            const given = token();
            return /** @type {Partial<Promise<Token>> | undefined} */ (given)?.then ? /** @type {Promise<Token>} */ (given).then(headersFor) : headersFor(/** @type {Token} */ (given));
          }
        : headers,
      auth: logsIn(authProvider) ? {
        headers: async () => {
          const authorization = headersFor(await token()).get("authorization");
          return /** @type {Record<string, string>} */ (authorization ? { authorization } : {});
        },
        answered: async (/** @type {import("../types/authorizer.js").AuthAnswer} */ answer) => (await this.#login()).answered(answer, this.#texts.get(answer.signal)),
      } : undefined,
    });
    this.#again = reconnectionScheduler && { schedule: reconnectionScheduler, ...options.reconnectionOptions };
    this.#made = async () => new (await part(import("./login.js"))).ProvidedLogin(authProvider, String(url), options.fetch, { ...this[SPEECH].manner, onInsufficientScope, maxStepUpRetries, assumePkce });
    this.#logsIn = logsIn(authProvider);
    this.#provider = authProvider;
    this.#fetch = options.fetch ?? fetch;
  }

  /** What logs in by the provider: only a program that has one carries it. */
  #login() {
    return (this.#loaded ??= this.#made().catch((error) => {
      this.#loaded = undefined;
      throw error;
    }));
  }

  /** What makes requests, with proofs where the provider has such. @returns {typeof fetch | Promise<typeof fetch>} */
  #fetching() {
    if (!this.#logsIn || !this.#provider?.dpop) return this.#fetch;
    return part(import("./dpop.js")).then(({ withDpopFromProvider }) => /** @type {typeof fetch} */ (withDpopFromProvider(/** @type {import("./dpop.js").Provider} */ (this.#provider))(/** @type {import("./helpers.js").Fetch} */ (this.#fetch))));
  }

  /** @returns {Speech} */
  get [SPEECH]() {
    return {
      translate: (error) => error,
      refused: (_, status, statusText) => new Error(`${status} ${statusText}`),
      unexpected: (type) => new Error(`Unexpected content type: ${type}`),
    };
  }

  /**
   * Makes a request, and tells what the SDKs tell of such.
   * @param {typeof fetch} call @param {string} input @param {Sent} init
   */
  async #request(call, input, init) {
    const { method, headers } = init;
    const asks = headers.get("mcp-method") === "server/discover";
    // Where the SDK has given up, this package still tries the older revisions.
    if (method === "POST") this[ASKS] = asks || this.#last;
    if (asks) this.#last = true;
    // The look at an address that refuses names no revision.
    const listens = method === "GET" && (headers.has("mcp-protocol-version") || headers.has("mcp-session-id"));
    if (listens && this.#again) await this.#wait(headers, init.signal);
    /** @type {Response} */
    let response;
    try {
      response = await call(input, init);
    } catch (cause) {
      if (cause instanceof Error) thrown.add(cause);
      if (method === "DELETE") this.#refusal = cause;
      if (asks) this[ALONE]?.(cause);
      throw cause;
    }
    const { ok, status, statusText } = response;
    if (asks) this.#last = status === 401 || status === 403 || status >= 500;
    texts.set(response.headers, statusText);
    if (!ok) this.#texts.set(init.signal, statusText);
    if (this.#provider) provided.add(response.headers);
    const event = headers.get("last-event-id");
    if (ok && event !== null) this.#tries.delete(event);
    else if (ok && listens) this.#tries.set(event, 0);
    if (ok && method === "POST") this.#look(response, init, asks);
    if (ok) return response;
    if (asks) this[ALONE]?.(this[SPEECH].refused("ask", status, statusText));
    if (method === "DELETE") this.#refusal = this[SPEECH].refused("end", status, statusText);
    else if (listens && status !== 405 && !(this.#logsIn && (status === 401 || status === 403))) this.#tell(this[SPEECH].refused("open", status, statusText));
    return response;
  }

  /** Throws what the SDKs throw at an answer that is none. @param {Response} response @param {Sent} sent @param {boolean} asks */
  #look({ status, headers, body }, { body: text }, asks) {
    const type = headers.get("content-type");
    if (status === 202 || READABLE.includes(type?.split(";")[0]?.trim().toLowerCase() ?? "")) return;
    if (JSON.parse(String(text)).id === undefined) return;
    const error = this[SPEECH].unexpected(type);
    // What comes of a question for the revision, the client judges.
    if (asks) {
      this.#last = true;
      return this[ALONE]?.(error);
    }
    body?.cancel().catch(() => {});
    thrown.add(error);
    throw error;
  }

  /** Lets the program say when a stream is opened again; the first is opened at once. @param {Headers} headers @param {AbortSignal} signal */
  async #wait(headers, signal) {
    const { schedule, initialReconnectionDelay = 1000, reconnectionDelayGrowFactor = 1.5, maxReconnectionDelay = 30_000 } = /** @type {Required<Pick<Options, "reconnectionScheduler">> & NonNullable<Options["reconnectionOptions"]> & { schedule: NonNullable<Options["reconnectionScheduler"]> }} */ (this.#again);
    const event = headers.get("last-event-id");
    const tries = this.#tries.get(event);
    this.#tries.set(event, (tries ?? 0) + 1);
    if (tries === undefined && event === null) return;
    const attempts = tries ?? 0;
    const delay = Math.min(initialReconnectionDelay * reconnectionDelayGrowFactor ** attempts, maxReconnectionDelay);
    await new Promise((resolve, reject) => {
      const cancel = schedule(() => resolve(undefined), delay, attempts);
      signal.addEventListener("abort", () => {
        reject(signal.reason);
        if (typeof cancel === "function") attempt(/** @type {() => unknown} */ (cancel));
      });
    });
  }

  /** @param {unknown} error */
  #tell(error) {
    attempt(() => this.onerror?.(/** @type {Error} */ (error)));
  }

  /** By itself; a client's messages take the short way. @param {object} message @param {import("../types/inside.js").SendOptions} [options] */
  async send(message, options) {
    try {
      await super.send(/** @type {import("../types/jsonrpc.js").JSONRPCMessage} */ (message), options);
    } catch (error) {
      const cause = /** @type {Failing} */ (error);
      const failure = isUnanswered(cause) ? cause.cause : this[SPEECH].translate(cause);
      this.#tell(failure);
      throw failure;
    }
  }

  /** Ends the session, if the server does not refuse that. */
  async terminateSession() {
    if (this.sessionId === undefined) return;
    this.#refusal = undefined;
    await super.terminateSession();
    if (this.sessionId === undefined || this.#refusal === undefined) return;
    this.#tell(this.#refusal);
    throw this.#refusal;
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

throughProxies(StreamableHTTPClientTransport);
fast(StreamableHTTPClientTransport.prototype.send);

/** The SDK's WebSocket transport. */
export class WebSocketClientTransport extends WebSocketTransport {}

/** The SDK's pair of transports. */
export class InMemoryTransport {
  static createLinkedPair() {
    return createInMemoryPair();
  }
}
