// One client and its connection: opens it, notices when it dies, and opens it again with growing pauses. It knows
// nothing of the page; whoever made it is told of every change.

import { Client, OAuth } from "./mcp.js";

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 8_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * @typedef {NonNullable<ConstructorParameters<typeof Client>[1]>} ClientOptions
 * @typedef {NonNullable<ClientOptions["mode"]>} Mode which revisions of the protocol may be used
 * @typedef {"connecting" | "open" | "reconnecting" | "login" | "closed"} ConnectionState
 *
 * @typedef {object} Status
 * @property {ConnectionState} state
 * @property {string} endpoint
 * @property {string} [problem] why the connection is not open
 * @property {number} [retryAt] when the next attempt starts, in milliseconds since the epoch
 *
 * @typedef {object} ConnectionEvents
 * @property {(status: Status) => void} onstatus
 * @property {(direction: "sent" | "received", text: string) => void} onframe
 */

/** Whether it needs a person to log in, or to agree to more. @param {any} error */
export const needsLogin = (error) => error?.code === "AUTH_REQUIRED" || error?.code === "AUTH_SCOPE";

export class Connection {
  client;
  /** The log-ins of this page; what comes back of one goes through oauth.html. */
  auth = new OAuth({ redirectUri: new URL("./oauth.html", import.meta.url), clientName: "mcp-wasm demo" });
  /** What lets in at an endpoint. @type {(endpoint: string) => object} */
  access = () => ({ auth: this.auth });
  /** @type {Status} */
  status = { state: "closed", endpoint: "" };

  #options;
  #events;
  /** @type {Mode} */
  #mode = "auto";
  /** What a log-in is wanted by. @type {any} */
  #wanted;
  /** Attempts that failed in a row. */
  #failures = 0;
  /** Each attempt takes a turn; what an older one still has to say is void. */
  #turn = 0;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {ClientOptions} options
   * @param {ConnectionEvents} events
   */
  constructor(options, events) {
    this.#options = options;
    this.#events = events;
    this.client = this.#makeClient();
    // A network that is back, or a page that is looked at again, is worth an attempt at once.
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.#hurry());
  }

  /**
   * @param {string} endpoint
   * @param {Mode} mode
   */
  async connect(endpoint, mode) {
    this.#failures = 0;
    if (JSON.stringify(mode) !== JSON.stringify(this.#mode)) {
      // A client keeps to its mode, so another mode is another client. What the old one was doing ends.
      const old = this.client;
      old.onclose = undefined;
      this.#mode = mode;
      this.client = this.#makeClient();
      this.#turn += 1;
      old.close();
    }
    return this.#attempt(endpoint, "connecting");
  }

  #makeClient() {
    const info = { name: "mcp-wasm-demo", version: "1.0.0", title: "mcp-wasm progress demo" };
    const client = new Client(info, { ...this.#options, mode: this.#mode });
    client.onclose = () => client === this.client && this.#lost();
    return client;
  }

  /** Logs in where that is needed, and connects. Call it in a click. */
  async login() {
    const { endpoint } = this.status;
    const turn = this.#turn;
    try {
      await this.auth.login(this.#wanted);
    } catch (error) {
      if (turn === this.#turn) this.#report({ state: "login", endpoint, problem: error instanceof Error ? error.message : String(error) });
      return;
    }
    if (turn === this.#turn) await this.#attempt(endpoint, "connecting");
  }

  /** A call turned out to need a log-in, or more rights. @param {any} error */
  needs(error) {
    this.#wanted = error;
    const problem = error.code === "AUTH_SCOPE" ? `this needs more rights: ${error.scopes.join(", ")}` : "this server wants to know who you are";
    this.#report({ state: "login", endpoint: this.status.endpoint, problem });
  }

  /** Logs in as an error says, and connects anew where rights are those of the connection. Call it in a click. @param {any} error */
  async agree(error) {
    await this.auth.login(error);
    const { endpoint } = this.status;
    if (/^ws/i.test(endpoint)) await this.#attempt(endpoint, "connecting");
  }

  async disconnect() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#report({ state: "closed", endpoint: this.status.endpoint });
    await this.client.close();
  }

  /**
   * @param {string} endpoint
   * @param {"connecting" | "reconnecting"} state
   */
  async #attempt(endpoint, state) {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    this.#report({ ...(state === "reconnecting" && { problem: this.status.problem }), state, endpoint });
    try {
      await this.client.close();
      if (turn !== this.#turn) return;
      await this.client.connect(endpoint, {
        connectTimeout: CONNECT_TIMEOUT_MS,
        trace: this.#events.onframe,
        ...this.access(endpoint),
      });
      if (turn !== this.#turn) return;
      this.#failures = 0;
      this.#report({ state: "open", endpoint });
    } catch (error) {
      if (turn !== this.#turn) return;
      if (needsLogin(error)) {
        this.#wanted = error;
        this.#report({ state: "login", endpoint, problem: "This server wants to know who you are" });
      } else this.#retryLater(error instanceof Error ? error.message : String(error));
    }
  }

  #lost() {
    if (this.status.state === "open") this.#retryLater("The server closed the connection");
  }

  /** @param {string} problem */
  #retryLater(problem) {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
    this.#failures += 1;
    const { endpoint } = this.status;
    this.#timer = setTimeout(() => this.#attempt(endpoint, "reconnecting"), pause);
    this.#report({ state: "reconnecting", endpoint, problem, retryAt: Date.now() + pause });
  }

  #hurry() {
    const { state, retryAt, endpoint } = this.status;
    if (state === "reconnecting" && retryAt !== undefined) this.#attempt(endpoint, "reconnecting");
  }

  /** @param {Status} status */
  #report(status) {
    this.status = status;
    this.#events.onstatus(status);
  }
}
