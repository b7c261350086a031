// Proofs of possession (RFC 9449) by the names of the SDK 2.x: a key of the program's, and what is sent with it.
import { randomText, sha256 } from "../auth/proof.js";
import { itself, throughProxies } from "../base/itself.js";
import { algorithmOf, bare, signed, thumbprint } from "./signing.js";

/** @typedef {import("./helpers.js").Middleware} Middleware */
/** @typedef {import("./oauth-modern.js").DpopKeyPair} Pair */
/** @typedef {import("./oauth-modern.js").DpopAlg} Alg */
/** @typedef {Pick<DpopSession, "buildProof" | "observeNonce">} Session one of whichever SDK */
/** @typedef {{ tokens(): unknown, dpop?(): Session | undefined | Promise<Session | undefined> }} Provider */

export const DPOP_SUPPORTED_ALGS = Object.freeze(["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"]);

/** @param {{ alg?: Alg, extractable?: boolean }} [options] @returns {Promise<Pair>} */
export async function generateDpopKeyPair({ alg = "ES256", extractable = false } = {}) {
  const { subtle } = crypto;
  const { privateKey, publicKey } = /** @type {CryptoKeyPair} */ (await subtle.generateKey(algorithmOf(alg), extractable, ["sign", "verify"]));
  const publicJwk = bare(await subtle.exportKey("jwk", publicKey));
  return { privateKey, publicKey, publicJwk, thumbprint: await thumbprint(publicJwk), alg };
}

/** What a proof says of the token that goes with it. @param {string} token */
export const accessTokenHash = (token) => sha256(token);

/** @param {string | URL} url */
const originOf = (url) => new URL(url).origin;

export class DpopSession {
  /** What servers want to find in proofs, by origin. @type {Map<string, string>} */
  #nonces = new Map();

  /** @param {Pair} pair */
  constructor(pair) {
    itself(this);
    this.keyPair = pair;
  }

  /** @param {{ alg?: Alg, keyPair?: Pair }} [options] */
  static async create({ alg, keyPair } = {}) {
    return new DpopSession(keyPair ?? (await generateDpopKeyPair({ alg })));
  }

  get thumbprint() {
    return this.keyPair.thumbprint;
  }

  get alg() {
    return this.keyPair.alg;
  }

  get publicJwk() {
    return this.keyPair.publicJwk;
  }

  /** @param {string | URL} url */
  nonceFor(url) {
    return this.#nonces.get(originOf(url));
  }

  /** @param {string | URL} url @param {string} nonce */
  rememberNonce(url, nonce) {
    this.#nonces.set(originOf(url), nonce);
  }

  /** @param {{ headers: Headers }} response @param {string | URL} url */
  observeNonce({ headers }, url) {
    const nonce = headers.get("dpop-nonce");
    if (nonce) this.rememberNonce(url, nonce);
  }

  /** @param {import("./oauth-modern.js").DpopProofRequest} request */
  async buildProof({ htm, htu, accessToken, nonce = this.nonceFor(htu) }) {
    const { origin, pathname } = new URL(htu);
    const { alg, publicJwk: jwk, privateKey } = this.keyPair;
    const claims = {
      jti: randomText(),
      htm: htm.toUpperCase(),
      htu: origin + pathname,
      iat: Math.floor(Date.now() / 1000),
      ath: accessToken === undefined ? undefined : await accessTokenHash(accessToken),
      nonce,
    };
    return signed(privateKey, alg, { typ: "dpop+jwt", jwk }, claims);
  }
}

throughProxies(DpopSession);

/** Whether a server wants to find another nonce in the proof. @param {Response} response */
export function isDpopNonceChallenge({ status, headers }) {
  const challenge = headers.get("www-authenticate") ?? "";
  return status === 401 && /(?:^|,)\s*dpop(?:\s|$|,)/i.test(challenge) && /use_dpop_nonce/i.test(challenge);
}

/**
 * Requests with a token that is bound to a key, and proofs of that key.
 * @param {Session | (() => Session | undefined | Promise<Session | undefined>)} source
 * @param {() => string | undefined | Promise<string | undefined>} getToken
 * @returns {Middleware}
 */
export const withDpop = (source, getToken) => (next) => async (input, init) => {
  const session = typeof source === "function" ? await source() : source;
  if (!session) return next(input, init);
  const request = async () => {
    const accessToken = await getToken();
    if (!accessToken) return next(input, init);
    const headers = new Headers(init?.headers);
    const proof = await session.buildProof({ htm: init?.method ?? "GET", htu: input, accessToken });
    headers.set("authorization", `DPoP ${accessToken}`);
    headers.set("dpop", proof);
    return next(input, { ...init, headers });
  };
  let response = await request();
  if (isDpopNonceChallenge(response) && response.headers.has("dpop-nonce")) {
    session.observeNonce(response, input);
    response.body?.cancel().catch(() => {});
    response = await request();
  }
  session.observeNonce(response, input);
  return response;
};

/** The same, with the session and the token of a provider. @param {Provider} provider */
export const withDpopFromProvider = (provider) =>
  withDpop(
    () => provider.dpop?.(),
    async () => {
      const { token_type: type, access_token: token } = Object(await provider.tokens());
      return String(type).toLowerCase() === "dpop" ? token : undefined;
    },
  );
