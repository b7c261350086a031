// Log-ins by OAuth 2.1: what is sent with requests, and what is made of a refusal. How a new one is
// made is loaded when somebody logs in.
import { part } from "../base/errors.js";
import { itself, throughProxies } from "../base/itself.js";
import { isLoopback, keyOf, serverOf } from "./addresses.js";
import { scopesOf, tokenChallenge } from "./challenge.js";
import { AuthError, failure, isFailure, loginRequired, unusable } from "./errors.js";
import { Sessions, isFresh } from "./sessions.js";
import { session } from "./storage.js";

/** How long a person may take, in milliseconds. */
const PATIENCE = 600_000;

// Most requests need none of these.
const renewal = () => part(import("./renewal.js"));

/** @typedef {import("./sessions.js").Session} Session */

export class OAuth {
  #sessions;
  /** What the servers said last. @type {Map<string, { metadata?: string, scopes: string[] }>} */
  #challenges = new Map();
  /** The log-ins under way. @type {Map<string, AbortController>} */
  #flights = new Map();

  /** @param {import("./index.js").OAuthOptions} [options] */
  constructor(options = {}) {
    itself(this);
    const { client, storage, open } = options;
    if (client?.secret && globalThis.document && !isLoopback(location.hostname)) {
      throw unusable("a page cannot keep a secret; register a public client, or log in by a backend");
    }
    // What a page remembers is gone when it is left.
    this.#sessions = new Sessions(options, storage ?? (open === "redirect" ? session() : undefined));
  }

  get onchange() {
    return this.#sessions.onchange;
  }
  set onchange(listener) {
    this.#sessions.onchange = listener;
  }

  /** @param {string | URL | AuthError} target @param {import("./index.js").LoginOptions} [how] */
  async login(target, how = {}) {
    const error = target instanceof AuthError ? /** @type {AuthError & { server: string, scopes?: string[] }} */ (target) : undefined;
    const server = serverOf(error?.server ?? /** @type {string | URL} */ (target));
    const key = keyOf(server);
    if (globalThis.isSecureContext === false || !globalThis.crypto?.subtle) throw failure("AUTH_INSECURE", server, "log-ins need a page by https, or on localhost");
    const wanted = [...scopesOf(how.scope), ...(error?.scopes ?? [])];
    const suffices = (/** @type {Session | undefined} */ kept) =>
      !how.fresh && kept?.tokens && (isFresh(kept.tokens) || kept.tokens.refresh) && wanted.every((scope) => scopesOf(kept.tokens?.scope).includes(scope));
    if (suffices(this.#sessions.peek(server))) return;
    const { open = globalThis.document ? "popup" : undefined } = this.#sessions.options;
    if (!open) throw unusable("no window opens here; give a function as `open`");
    // Now, while the click still counts.
    const popup = open === "popup" ? (globalThis.open?.("about:blank", "_blank", "popup,width=520,height=720") ?? null) : null;
    const flight = new AbortController();
    const { signal } = flight;
    const end = (/** @type {AbortController | undefined} */ one, /** @type {string} */ why) => one?.abort(failure("AUTH_CANCELLED", server, `the log-in ${why}`));
    end(this.#flights.get(key), "was begun anew");
    this.#flights.set(key, flight);
    const clock = setTimeout(() => end(flight, "took too long"), PATIENCE);
    const leave = () => end(flight, "was aborted");
    how.signal?.addEventListener("abort", leave);
    if (how.signal?.aborted) leave();
    try {
      signal.throwIfAborted();
      if (suffices(await this.#sessions.get(server))) return;
      const { logIn } = await part(import("./login.js"));
      await logIn(this.#sessions, { server, wanted, challenge: this.#challenges.get(key), how, open, popup, signal });
    } finally {
      popup?.close();
      clearTimeout(clock);
      how.signal?.removeEventListener("abort", leave);
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }

  /** @param {string | URL} target @param {{ revoke?: boolean }} [how] */
  async logout(target, { revoke: takesBack = true } = {}) {
    const server = serverOf(target);
    this.#challenges.delete(keyOf(server));
    await (await renewal()).leave(this.#sessions, server, takesBack);
  }

  /** @param {string | URL} target */
  async status(target) {
    const { tokens, issuer } = (await this.#sessions.get(serverOf(target))) ?? {};
    if (!tokens) return /** @type {const} */ ({ state: "none" });
    const { expires, scope, refresh } = tokens;
    const isOver = expires !== undefined && expires <= Date.now() && !refresh;
    return { state: /** @type {"ready" | "expired"} */ (isOver ? "expired" : "ready"), issuer, scope, expires };
  }

  /** @param {{ method: string, url: string, server?: string }} request @returns {Promise<Record<string, string>>} */
  async headers({ method, url, server: address = url }) {
    const server = serverOf(address);
    let kept = await this.#sessions.get(server);
    const { access, refresh, expires = 0 } = kept?.tokens ?? {};
    if (kept?.tokens && access && refresh && !isFresh(kept.tokens)) {
      try {
        kept = await (await renewal()).renew(this.#sessions, server, access);
      } catch (error) {
        // What still counts is sent.
        if (isFailure(error, "AUTH_REQUIRED") || expires <= Date.now()) throw error;
      }
    }
    return kept ? this.#sessions.headersOf(kept, method, url) : {};
  }

  /** @param {import("./index.js").AuthAnswer} answer @returns {Promise<boolean>} */
  async answered({ status, challenge: field, nonce, sent, attempt, signal, url, server: address }) {
    const server = serverOf(address);
    const isNew = nonce !== undefined && (await part(import("./proof.js"))).heed(url, nonce);
    const challenge = tokenChallenge(field);
    const access = /^\w+ (.*)$/s.exec(sent.authorization ?? "")?.[1];
    if (sent.dpop && challenge?.error === "use_dpop_nonce") return isNew && attempt < 3;
    if (status !== 401 && status !== 403) return false;
    const named = challenge?.resource_metadata;
    const scopes = scopesOf(challenge?.scope);
    this.#challenges.set(keyOf(server), { metadata: named, scopes });
    const kept = await this.#sessions.get(server);
    if (status === 403) {
      if (challenge?.error !== "insufficient_scope") return false;
      const before = kept?.scopes ?? [];
      const union = [...new Set([...before, ...scopes])];
      if (union.length === before.length) throw failure("AUTH_LOOP", server, `the scopes ${union.join(" ")} were asked for already`, { scopes: union });
      throw loginRequired(server, `this needs more rights (${scopes.join(" ")})`, union, "AUTH_SCOPE");
    }
    const required = () => loginRequired(server, "one has to log in", scopes);
    if (!access) throw required();
    // Another call or another tab has renewed it.
    if (kept?.tokens && kept.tokens.access !== access) return true;
    if (attempt > 1) throw failure("AUTH_LOOP", server, "a new token is refused", { issuer: kept?.issuer });
    if (!kept?.tokens) throw required();
    const { end, hasMoved, renew } = await renewal();
    if (!kept.tokens.refresh || (await hasMoved(this.#sessions, kept, named, signal))) {
      if (await end(this.#sessions, kept)) return true;
      throw required();
    }
    await renew(this.#sessions, server, access);
    return true;
  }

  /** @param {string} url @param {boolean} [refused] */
  async ticket(url, refused) {
    // Without a log-in there is nothing to ask with, and perhaps no need to.
    if (!refused && !(await this.#sessions.get(serverOf(url)))?.tokens) return undefined;
    try {
      return await (await part(import("./ticket.js"))).ticketFor(this, url, this.#sessions.options);
    } catch (error) {
      // The connection fails for another reason.
      if (refused && (isFailure(error, "AUTH_METADATA") || isFailure(error, "AUTH_TRANSIENT"))) return undefined;
      throw error;
    }
  }
}

throughProxies(OAuth);
