// What programs of the SDKs ask for by hand: a log-in by a provider, and requests that bring one along.
import { part } from "../base/errors.js";
import { extractWWWAuthenticateParams } from "./helpers.js";

/** @typedef {import("./helpers.js").Fetch} Fetch */
/** @typedef {import("./helpers.js").Middleware} Middleware */
/** @typedef {{ serverUrl: string | URL, authorizationCode?: string, iss?: string, scope?: string, resourceMetadataUrl?: URL, fetchFn?: Fetch, forceReauthorization?: boolean }} Asked */
/**
 * @typedef {object} Ways how an SDK has it
 * @property {(error: any) => unknown} translate makes the SDK's error of whatever was thrown
 * @property {new (message: string) => Error} Unauthorized
 * @property {import("./login.js").Manner} manner
 * @property {(provider: import("./dpop.js").Provider) => Middleware} [proves] adds proofs to the requests of a provider
 */

/** The SDK's `auth`. @param {Ways} ways */
export function authBy({ translate, manner }) {
  /** @param {unknown} provider of whichever SDK @param {Asked} asked @returns {Promise<"AUTHORIZED" | "REDIRECT">} */
  return async (provider, { serverUrl, authorizationCode, iss, scope, resourceMetadataUrl, fetchFn, forceReauthorization }) => {
    const { ProvidedLogin } = await part(import("./login.js"));
    const login = new ProvidedLogin(provider, String(serverUrl), /** @type {typeof fetch | undefined} */ (fetchFn), manner);
    try {
      if (authorizationCode !== undefined) await login.finish(authorizationCode, iss);
      else await login.authorize({ ...(resourceMetadataUrl && { resource_metadata: String(resourceMetadataUrl) }), ...(scope && { scope }) }, !forceReauthorization);
      return "AUTHORIZED";
    } catch (error) {
      // The user has been sent to log in.
      if (/** @type {{ code?: unknown }} */ (error)?.code === "AUTH_REQUIRED") return "REDIRECT";
      throw translate(error);
    }
  };
}

/** The SDK's `withOAuth`. @param {Ways} ways @returns {(provider: import("./dpop.js").Provider, baseUrl?: string | URL) => Middleware} */
export function withOAuthBy(ways) {
  const { Unauthorized, proves } = ways;
  const auth = authBy(ways);
  return (provider, baseUrl) => (next) => {
    const send = provider.dpop && proves ? proves(provider)(next) : next;
    return async (input, init) => {
      const request = async () => {
        const headers = new Headers(init?.headers);
        const tokens = /** @type {{ access_token: string } | undefined} */ (await provider.tokens());
        if (tokens) headers.set("authorization", `Bearer ${tokens.access_token}`);
        return send(input, { ...init, headers });
      };
      const first = await request();
      if (first.status !== 401) return first;
      first.body?.cancel().catch(() => {});
      const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(first);
      const outcome = await auth(provider, { serverUrl: baseUrl ?? new URL(input).origin, resourceMetadataUrl, scope, fetchFn: next }).catch((error) => {
        throw new Unauthorized(`Failed to re-authenticate: ${error.message}`);
      });
      if (outcome === "REDIRECT") throw new Unauthorized("Authentication requires user authorization - redirect initiated");
      const second = await request();
      if (second.status === 401) throw new Unauthorized(`Authentication failed for ${input}`);
      return second;
    };
  };
}
