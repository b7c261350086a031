// Providers for programs without a person, by the SDKs' names: a client that has a secret, a key, or a signed assertion.
import { importKey, signed } from "./signing.js";
import { randomText } from "../auth/proof.js";
import { itself, throughProxies } from "../base/itself.js";

const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * What proves who a client is by a key that only it has (RFC 7523).
 * @param {{ issuer: string, subject: string, privateKey: import("./signing.js").KeyMaterial, alg: string, audience?: string | URL, lifetimeSeconds?: number, claims?: object }} options
 */
export function createPrivateKeyJwtAuth({ issuer: iss, subject: sub, privateKey, alg, audience, lifetimeSeconds = 300, claims }) {
  /** @type {Promise<CryptoKey> | undefined} */
  let key;
  return async (/** @type {Headers} */ _, /** @type {URLSearchParams} */ params, /** @type {string | URL} */ url, /** @type {{ issuer?: string } | undefined} */ metadata) => {
    const iat = Math.floor(Date.now() / 1000);
    const aud = String(audience ?? metadata?.issuer ?? url);
    const all = { ...claims, iss, sub, aud, exp: iat + lifetimeSeconds, iat, jti: randomText() };
    params.set("client_assertion", await signed(await (key ??= importKey(privateKey, alg)), alg, { typ: "JWT" }, all));
    params.set("client_assertion_type", ASSERTION);
  };
}

/** @param {string | undefined} issuer */
function checked(issuer) {
  if (issuer !== undefined && (typeof issuer !== "string" || !issuer)) throw new Error("expectedIssuer has to be the address of the authorization server");
  return issuer;
}

/** @typedef {{ clientId: string, clientSecret?: string, clientName?: string, scope?: string, expectedIssuer?: string }} Common */

/** A client that asks for tokens by itself, and keeps them. */
export class Machine {
  /** @type {object | undefined} */
  #tokens;
  #information;
  #metadata;

  /** @param {Common} options @param {string} name @param {string} method @param {string} [grant] */
  constructor({ clientId, clientSecret, clientName, scope, expectedIssuer }, name, method, grant = "client_credentials") {
    itself(this);
    this.#information = { client_id: clientId, ...(clientSecret !== undefined && { client_secret: clientSecret }), issuer: checked(expectedIssuer) };
    this.#metadata = { client_name: clientName ?? name, redirect_uris: [], grant_types: [grant], token_endpoint_auth_method: method, scope };
  }

  get redirectUrl() {
    return undefined;
  }

  get clientMetadata() {
    return this.#metadata;
  }

  clientInformation() {
    return this.#information;
  }

  tokens() {
    return this.#tokens;
  }

  /** @param {{ issuer?: string }} tokens */
  saveTokens(tokens) {
    this.#tokens = tokens;
    // Who has taken the credentials once is who they are for.
    this.#information.issuer ??= tokens.issuer;
  }

  redirectToAuthorization() {
    throw new Error("There is nobody to send anywhere: this client asks for tokens by itself");
  }

  saveCodeVerifier() {}

  /** @returns {string} */
  codeVerifier() {
    throw new Error("There is no code to verify: this client asks for tokens by itself");
  }

  /** @param {string} [scope] @returns {URLSearchParams | Promise<URLSearchParams>} */
  prepareTokenRequest(scope) {
    return new URLSearchParams({ grant_type: "client_credentials", ...(scope && { scope }) });
  }
}

export class ClientCredentialsProvider extends Machine {
  /** @param {Common & { clientSecret: string }} options */
  constructor(options) {
    super(options, "client-credentials-client", "client_secret_basic");
  }
}

export class PrivateKeyJwtProvider extends Machine {
  /** @param {Common & { privateKey: import("./signing.js").KeyMaterial, algorithm: string, jwtLifetimeSeconds?: number, claims?: object }} options */
  constructor({ clientSecret: _, privateKey, algorithm: alg, jwtLifetimeSeconds: lifetimeSeconds, claims, ...options }) {
    super(options, "private-key-jwt-client", "private_key_jwt");
    const { clientId } = options;
    this.addClientAuthentication = createPrivateKeyJwtAuth({ issuer: clientId, subject: clientId, privateKey, alg, lifetimeSeconds, claims });
  }
}

export class StaticPrivateKeyJwtProvider extends Machine {
  /** @param {Common & { jwtBearerAssertion: string }} options */
  constructor({ clientSecret: _, jwtBearerAssertion, ...options }) {
    super(options, "static-private-key-jwt-client", "private_key_jwt");
    this.addClientAuthentication = async (/** @type {Headers} */ _headers, /** @type {URLSearchParams} */ params) => {
      params.set("client_assertion", jwtBearerAssertion);
      params.set("client_assertion_type", ASSERTION);
    };
  }
}

throughProxies(Machine);
