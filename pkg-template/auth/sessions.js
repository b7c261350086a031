// The log-ins of an app: what is stored of each, and who hears of it.
import { attempt, part } from "../base/errors.js";
import { keyOf } from "./addresses.js";
import { Store, memory } from "./storage.js";

/**
 * A log-in, as it is stored.
 * @typedef {object} Session
 * @property {string} server
 * @property {string} issuer
 * @property {import("./registration.js").Identity} client
 * @property {string} redirectUri
 * @property {string} [resource]
 * @property {{ token: string, revocation?: string }} endpoints
 * @property {string[]} scopes that were asked for
 * @property {import("./tokens.js").Tokens} [tokens]
 */

/** Whether tokens are worth sending for some time yet. @param {import("./tokens.js").Tokens} tokens */
export const isFresh = ({ expires, life = 0 }) => expires === undefined || expires - Date.now() > Math.min(30_000, life / 10);

/** @param {string} server */
export const nameOf = (server) => `server ${keyOf(server)}`;

export class Sessions {
  /** @type {((server: string, state: "ready" | "none") => void) | undefined} */
  onchange;
  /** Keys that the store cannot keep. @type {Map<string, CryptoKeyPair>} */
  keys = new Map();
  /** @type {BroadcastChannel | undefined} */
  #channel;

  /** @param {import("./index.js").OAuthOptions} options @param {import("./index.js").AuthStorage | undefined} storage */
  constructor(options, storage) {
    this.options = options;
    this.store = new Store(storage ?? memory());
    /** @type {typeof fetch} */
    this.call = options.fetch ?? ((url, init) => fetch(url, init));
    if (typeof BroadcastChannel !== "function") return;
    this.#channel = new BroadcastChannel("mcp-wasm-auth");
    // In Node it is no reason to stay.
    /** @type {{ unref?: () => void }} */ (this.#channel).unref?.();
    this.#channel.onmessage = async ({ data }) => {
      const { server, state, everywhere } = data ?? {};
      // Any script of the origin may say anything here.
      if (typeof server !== "string" || !URL.canParse(server) || !/^(ready|none)$/.test(state)) return;
      // Who logs out does so in all tabs; what ends for another reason is not what this page remembers.
      if (everywhere && state === "none" && !storage) await this.store.delete(nameOf(server));
      attempt(() => this.onchange?.(server, state));
    };
  }

  /** What is known without waiting. @param {string} server @returns {Session | undefined} */
  peek(server) {
    return this.store.peek(nameOf(server));
  }

  /** @param {string} server @returns {Promise<Session | undefined>} */
  async get(server) {
    /** @type {Session | undefined} */
    const kept = await this.store.get(nameOf(server));
    // Nobody can use it without its key.
    return kept?.tokens?.type === "DPoP" && !(await this.key(kept.issuer)) ? { ...kept, tokens: undefined } : kept;
  }

  /** The key of an issuer's tokens. @param {string} issuer @returns {Promise<CryptoKeyPair | undefined>} */
  async key(issuer) {
    /** @type {CryptoKeyPair | undefined} */
    const pair = this.keys.get(issuer) ?? (await this.store.get(`key ${issuer}`))?.pair;
    // A store of texts makes a key an object without anything in it.
    return pair?.privateKey instanceof CryptoKey ? pair : undefined;
  }

  /** What an app sends with a request. @param {Session} kept @param {string} method @param {string} url @returns {Promise<Record<string, string>>} */
  async headersOf({ issuer, tokens }, method, url) {
    if (!tokens) return {};
    const { type, access } = tokens;
    const key = type === "DPoP" && (await this.key(issuer));
    const proof = key && { dpop: await (await part(import("./proof.js"))).prove(key, method, url, access) };
    return { authorization: `${type} ${access}`, ...proof };
  }

  /** What tokens are asked for with. @param {Session} kept @returns {Promise<import("./tokens.js").Grant>} */
  async grant({ server, issuer, client, endpoints, tokens }) {
    const key = tokens?.type === "DPoP" ? await this.key(issuer) : undefined;
    return { server, issuer, client, endpoint: endpoints.token, key, call: this.call };
  }

  /** @param {string} server @param {"ready" | "none"} state @param {boolean} [everywhere] whether that ends what others remember */
  tell(server, state, everywhere) {
    this.#channel?.postMessage({ server, state, everywhere });
    attempt(() => this.onchange?.(server, state));
  }
}
