// Access by another application's log-in (the extension "Enterprise-Managed Authorization"), by the names of the SDK 2.x.
import { isLoopback } from "../auth/addresses.js";
import { authorizationServer } from "../auth/discovery.js";
import { formText } from "../auth/tokens.js";
import { request } from "../auth/requests.js";
import { throughProxies } from "../base/itself.js";
import { InsecureTokenEndpointError } from "./oauth-errors.js";
import { Machine } from "./providers.js";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";

export class CrossAppAccessProvider extends Machine {
  #assertion;
  #call;
  /** @type {string | undefined} */
  #issuer;
  /** @type {string | undefined} */
  #resource;

  /** @param {import("./oauth-modern.js").CrossAppAccessProviderOptions} options */
  constructor({ assertion, fetchFn = (input, init) => fetch(input, init), ...options }) {
    super(options, "cross-app-access-client", "client_secret_basic", JWT_BEARER);
    this.#assertion = assertion;
    this.#call = fetchFn;
  }

  /** @param {string} issuer */
  saveAuthorizationServerUrl(issuer) {
    this.#issuer = issuer;
  }

  authorizationServerUrl() {
    return this.#issuer;
  }

  /** @param {string} resource */
  saveResourceUrl(resource) {
    this.#resource = resource;
  }

  resourceUrl() {
    return this.#resource;
  }

  /** @override @param {string} [scope] */
  async prepareTokenRequest(scope) {
    const authorizationServerUrl = this.#issuer;
    const resourceUrl = this.#resource;
    if (!authorizationServerUrl || !resourceUrl) throw new Error("It is not known yet what the assertion is for: connect by a transport that has this provider");
    const assertion = await this.#assertion({ authorizationServerUrl, resourceUrl, scope, fetchFn: this.#call });
    return new URLSearchParams({ grant_type: JWT_BEARER, assertion, ...(scope && { scope }) });
  }
}

throughProxies(CrossAppAccessProvider);

/** A token endpoint that secrets may be sent to. @param {string | URL} endpoint */
export function assertSecureTokenEndpoint(endpoint) {
  const url = new URL(endpoint);
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) throw new InsecureTokenEndpointError(url.href);
  return url;
}

/**
 * Asks a token endpoint.
 * @param {string} what is asked for, in words
 * @param {string | URL} endpoint @param {Record<string, string | undefined>} params @param {Record<string, string>} headers
 * @param {import("./helpers.js").Fetch | undefined} call
 * @returns {Promise<Record<string, unknown>>}
 */
async function post(what, endpoint, params, headers, call = (input, init) => fetch(input, init)) {
  const { href } = assertSecureTokenEndpoint(endpoint);
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) body.set(name, value);
  const { status, json, cause } = await request(/** @type {typeof fetch} */ (call), href, { method: "POST", headers, body });
  if (status === "blocked") throw cause;
  const { error, error_description: description } = json ?? {};
  if (status === 200 && error === undefined && json) return json;
  throw new Error(`${what} failed: ${error ? `${error}${description ? ` - ${description}` : ""}` : `status ${status}`}`);
}

/** @param {import("./oauth-modern.js").RequestJwtAuthGrantOptions} options */
export async function requestJwtAuthorizationGrant({ tokenEndpoint, audience, resource, idToken, clientId, clientSecret, scope, fetchFn }) {
  const params = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: ID_JAG,
    audience: String(audience),
    resource: String(resource),
    subject_token: idToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    client_id: clientId,
    client_secret: clientSecret,
    scope,
  };
  const { issued_token_type: type, access_token: jwtAuthGrant, expires_in: expiresIn, scope: granted } = await post("Token exchange", tokenEndpoint, params, {}, fetchFn);
  if (type !== ID_JAG || typeof jwtAuthGrant !== "string") throw new Error("Invalid token exchange response: it has no assertion for another application");
  return { jwtAuthGrant, expiresIn: expiresIn === undefined ? undefined : Number(expiresIn), scope: granted };
}

/** @param {import("./oauth-modern.js").DiscoverAndRequestJwtAuthGrantOptions} options */
export async function discoverAndRequestJwtAuthGrant({ idpUrl, fetchFn, ...options }) {
  const issuer = String(idpUrl);
  const call = /** @type {typeof fetch} */ (fetchFn ?? ((/** @type {string} */ input, /** @type {RequestInit} */ init) => fetch(input, init)));
  const metadata = await authorizationServer({ server: issuer, call, options: { assumePkce: [issuer] }, tried: [] }, issuer);
  if (!metadata) throw new Error(`Failed to discover token endpoint for IdP: ${issuer}`);
  return requestJwtAuthorizationGrant({ ...options, tokenEndpoint: metadata.token_endpoint, fetchFn });
}

/** @param {{ tokenEndpoint: string | URL, jwtAuthGrant: string, clientId: string, clientSecret?: string, authMethod?: string, fetchFn?: import("./helpers.js").Fetch }} options */
export async function exchangeJwtAuthGrant({ tokenEndpoint, jwtAuthGrant, clientId, clientSecret, authMethod = "client_secret_basic", fetchFn }) {
  const isBasic = authMethod === "client_secret_basic";
  if (isBasic && !clientSecret) throw new Error("client_secret_basic authentication requires a client_secret");
  const params = {
    grant_type: JWT_BEARER,
    assertion: jwtAuthGrant,
    client_id: isBasic ? undefined : clientId,
    client_secret: authMethod === "client_secret_post" ? clientSecret : undefined,
  };
  const headers = isBasic ? { authorization: `Basic ${btoa(`${formText(clientId)}:${formText(/** @type {string} */ (clientSecret))}`)}` } : {};
  return post("JWT grant exchange", tokenEndpoint, params, /** @type {Record<string, string>} */ (headers), fetchFn);
}
