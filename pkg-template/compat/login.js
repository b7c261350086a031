// Log-ins that a program of an SDK keeps by its `OAuthClientProvider`: found, asked for and exchanged as those of `mcp-wasm/auth`.
import { sameIssuer, serverOf } from "../auth/addresses.js";
import { scopesOf, tokenChallenge } from "../auth/challenge.js";
import { discover } from "../auth/discovery.js";
import { failure, isFailure, loginRequired } from "../auth/errors.js";
import { ask, exchange, judge } from "../auth/flow.js";
import { identify, withSecret } from "../auth/registration.js";
import { askTokens } from "../auth/tokens.js";

/**
 * @typedef {object} Found what a log-in is made with
 * @property {import("../auth/discovery.js").Metadata} metadata the authorization server's
 * @property {import("../auth/registration.js").Identity} client
 * @property {string | undefined} resource
 * @property {string[]} scopes
 */

/**
 * How the SDK goes about it whose program this is.
 * @typedef {object} Manner
 * @property {"reauthorize" | "throw"} [onInsufficientScope]
 * @property {number} [maxStepUpRetries] how often one request is sent again with more rights
 * @property {string[]} [assumePkce] authorization servers that know PKCE without saying so
 * @property {boolean} [ownScope] whether a program's own request for tokens is told the scope that the program asks for, and no other
 * @property {boolean} [comparesIssuer] whether a code alone, at an authorization server that says who it is, belongs to somebody else
 * @property {string[]} [forgets] what is invalidated when the authorization server no longer knows the client
 */

/** The most that one request may ask for more rights: at that the specification ends. */
const MOST_STEPS = 3;

/** Whether a provider is for the whole of a log-in, and not for a token alone. @param {any} provider of whichever SDK */
export const isWhole = (provider) => typeof provider?.tokens === "function" && typeof provider.clientInformation === "function";

/** The scopes that a refused request names. @param {Record<string, string> | undefined} challenge */
const wantedBy = (challenge) => scopesOf(challenge?.scope);

export class ProvidedLogin {
  #provider;
  #server;
  #call;
  #manner;
  /** How often a request was refused, by its signal. @type {WeakMap<AbortSignal, { unauthorized: number, narrow: number }>} */
  #refused = new WeakMap();
  /** The log-in under way. @type {Promise<void> | undefined} */
  #flight;
  /** What the latest question was asked with. @type {Found | undefined} */
  #asked;
  /** Scopes that were asked for. @type {Set<string>} */
  #scopes = new Set();

  /** @param {any} provider of whichever SDK @param {string} url @param {typeof fetch} [call] @param {Manner} [manner] */
  constructor(provider, url, call = (input, init) => fetch(input, init), manner = {}) {
    this.#provider = provider;
    this.#server = serverOf(url);
    this.#call = call;
    this.#manner = manner;
  }

  /**
   * @param {import("../types/authorizer.js").AuthAnswer} answer
   * @param {string} [statusText] of that answer
   * @returns {Promise<boolean>} whether there are other tokens now
   */
  async answered({ status, challenge: field, sent, method, signal }, statusText) {
    const challenge = tokenChallenge(field);
    const isNarrow = status === 403 && challenge?.error === "insufficient_scope";
    if ((status !== 401 && !isNarrow) || method === "DELETE") return false;
    const provider = this.#provider;
    const { onInsufficientScope, maxStepUpRetries = 1 } = this.#manner;
    if (isNarrow && (onInsufficientScope === "throw" || !isWhole(provider))) return false;
    const before = this.#refused.get(signal) ?? { unauthorized: 0, narrow: 0 };
    const kind = isNarrow ? "narrow" : "unauthorized";
    this.#refused.set(signal, { ...before, [kind]: before[kind] + 1 });
    const ended = (/** @type {string} */ why) => Object.assign(failure("AUTH_LOOP", this.#server, why), { status, statusText });
    if (!isNarrow && before.unauthorized) throw ended("a token that was made for it just now is refused");
    if (!isWhole(provider)) {
      if (!provider.onUnauthorized) return false;
      const headers = new Headers(field === undefined ? {} : { "www-authenticate": field });
      await provider.onUnauthorized({ response: new Response(null, { status, headers }), serverUrl: new URL(this.#server), fetchFn: this.#call });
      return true;
    }
    if (isNarrow && before.narrow >= Math.min(Math.max(maxStepUpRetries, 0), MOST_STEPS)) throw ended(`scopes are missing after ${before.narrow} attempts to get them`);
    const kept = await provider.tokens();
    if (isNarrow) for (const scope of scopesOf(kept?.scope)) this.#scopes.add(scope);
    // Who asks without a person may ask again; a person who has agreed is not asked for the same.
    if (isNarrow && provider.redirectUrl && wantedBy(challenge).every((scope) => this.#scopes.has(scope)) && this.#scopes.size) {
      throw ended(`the scopes ${[...this.#scopes].join(" ")} do not do, and were asked for already`);
    }
    // Another call has renewed it.
    if (!isNarrow && kept && sent.authorization && sent.authorization !== `Bearer ${kept.access_token}`) return true;
    await this.authorize(challenge, !isNarrow);
    return true;
  }

  /**
   * Ends a log-in with what it came back with.
   * @param {string | URLSearchParams} given the code, or all parameters
   * @param {string} [iss]
   */
  async finish(given, iss) {
    const provider = this.#provider;
    const { metadata, client, resource, scopes } = this.#asked ?? (await this.#find(undefined, { kept: await provider.discoveryState?.() }));
    const { issuer, token_endpoint: token } = metadata;
    const whole = given instanceof URLSearchParams;
    const answer = new URLSearchParams(whole ? given : { code: given });
    if (iss !== undefined) answer.set("iss", iss);
    // The program has compared the state. A code alone does not say who gave it, and an SDK may know nothing else.
    answer.set("state", "");
    const code = this.#judged(
      { state: "", time: Date.now(), server: this.#server, issuer, signed: (whole || this.#manner.comparesIssuer === true) && metadata.authorization_response_iss_parameter_supported === true },
      answer,
    );
    const by = { call: this.#call, dpop: await provider.dpop?.() };
    const own = await this.#prepared(scopes);
    const tokens = own
      ? await askTokens({ server: this.#server, issuer, client, endpoint: token, ...by }, { ...Object.fromEntries(own), resource }, scopes.join(" "))
      : await exchange(
          /** @type {import("../auth/flow.js").Question} */ (/** @type {unknown} */ ({ server: this.#server, issuer, client, endpoints: { token }, redirectUri: String(provider.redirectUrl), verifier: await provider.codeVerifier(), resource, scopes })),
          code,
          by,
        );
    await this.#save(tokens, issuer);
    this.#asked = undefined;
  }

  /** What the program asks for tokens with, if it does so by itself. @param {string[]} scopes @returns {Promise<URLSearchParams | undefined>} */
  #prepared(scopes) {
    const provider = this.#provider;
    return provider.prepareTokenRequest?.((this.#manner.ownScope ? provider.clientMetadata.scope : scopes.join(" ")) || undefined);
  }

  /** The code of an answer. @param {Pick<import("../auth/flow.js").Question, "state" | "time" | "server" | "issuer" | "signed">} question @param {URLSearchParams} answer */
  #judged(question, answer) {
    try {
      return judge(/** @type {import("../auth/flow.js").Question} */ (question), answer);
    } catch (error) {
      throw Object.assign(/** @type {Error} */ (error), { answered: answer.get("iss") ?? undefined });
    }
  }

  /**
   * Brings other tokens, or sends the user to get them; once for all who ask meanwhile.
   * @param {Record<string, string> | undefined} challenge @param {boolean} renews whether a refresh token may do
   * @throws {import("../auth/errors.js").AuthError} `AUTH_REQUIRED` if the user has been sent
   */
  authorize(challenge, renews) {
    return (this.#flight ??= this.#authorize(challenge, renews).finally(() => (this.#flight = undefined)));
  }

  /** @param {Record<string, string> | undefined} challenge @param {boolean} renews whether a refresh token may do */
  async #authorize(challenge, renews) {
    try {
      return await this.#attempt(challenge, renews);
    } catch (error) {
      // What the authorization server no longer knows is forgotten, and asked for once more.
      const isForgotten = isFailure(error, "AUTH_CLIENT") && error.error !== undefined;
      if (!isForgotten && !(isFailure(error, "AUTH_TOKEN") && /^invalid_(grant|dpop_proof)$/.test(error.error ?? ""))) throw error;
      for (const what of isForgotten ? (this.#manner.forgets ?? ["all"]) : ["tokens"]) await this.#provider.invalidateCredentials?.(what);
      return this.#attempt(challenge, false);
    }
  }

  /** @param {Record<string, string> | undefined} challenge @param {boolean} renews */
  async #attempt(challenge, renews) {
    const provider = this.#provider;
    const found = await this.#find(challenge);
    const { metadata, client, resource, scopes } = found;
    const { issuer, token_endpoint: endpoint } = metadata;
    const grant = { server: this.#server, issuer, client, endpoint, call: this.#call, dpop: await provider.dpop?.() };
    if (!provider.redirectUrl) {
      const params = await this.#prepared(scopes);
      if (!params) throw failure("AUTH_CLIENT", this.#server, "the provider has neither `redirectUrl` nor `prepareTokenRequest`");
      return this.#save(await askTokens(grant, { resource, ...Object.fromEntries(params) }, scopes.join(" ")), issuer);
    }
    const kept = renews ? await provider.tokens({ issuer }) : undefined;
    if (kept?.refresh_token && (kept.issuer === undefined || sameIssuer(kept.issuer, issuer, false))) {
      const scope = await provider.scopeForRefresh?.(kept);
      return this.#save(await askTokens(grant, { grant_type: "refresh_token", refresh_token: kept.refresh_token, resource, scope }, scope ?? kept.scope ?? ""), issuer);
    }
    const state = await provider.state?.();
    const { url, question } = await ask(
      /** @type {Parameters<typeof ask>[0]} */ (/** @type {unknown} */ ({ server: this.#server, client, redirectUri: String(provider.redirectUrl), scopes, resource, ...(state !== undefined && { state }) })),
      metadata,
      undefined,
    );
    for (const scope of scopes) this.#scopes.add(scope);
    this.#asked = found;
    await provider.saveCodeVerifier(question.verifier);
    await provider.redirectToAuthorization(new URL(url));
    throw loginRequired(this.#server, "the provider has sent the user to log in", scopes);
  }

  /**
   * Where one logs in, and as whom.
   * @param {Record<string, string> | undefined} challenge
   * @param {{ kept?: { authorizationServerMetadata?: import("../auth/discovery.js").Metadata, resourceMetadata?: import("../auth/discovery.js").Metadata } }} [asked] what the provider has kept of it, if somebody was asked before
   * @returns {Promise<Found>}
   */
  async #find(challenge, asked) {
    const provider = this.#provider;
    const server = this.#server;
    const call = this.#call;
    const known = await provider.clientInformation();
    const kept = asked?.kept?.authorizationServerMetadata;
    const options = { assumePkce: this.#manner.assumePkce, anyResource: Boolean(provider.validateResourceURL) };
    const { resource: about, metadata } = kept
      ? { resource: asked?.kept?.resourceMetadata, metadata: kept }
      : await discover({ server, call, options, tried: [] }, challenge?.resource_metadata, (one) => one === known?.issuer);
    const { issuer } = metadata;
    // A provider may keep its clients by who they are for.
    const information = await provider.clientInformation({ issuer });
    if (asked && !information) throw failure("AUTH_CLIENT", server, "the provider has no client that the code could have been given to");
    await provider.saveAuthorizationServerUrl?.(issuer);
    if (!kept) {
      const state = { authorizationServerUrl: issuer, resourceMetadataUrl: challenge?.resource_metadata, resourceMetadata: about, authorizationServerMetadata: metadata };
      await provider.saveDiscoveryState?.(state);
    }
    const wanted = [...this.#scopes, ...wantedBy(challenge)];
    const scopes = [...new Set(wanted.length ? wanted : scopesOf(about?.scopes_supported ?? provider.clientMetadata.scope))];
    const resource = provider.validateResourceURL ? await provider.validateResourceURL(server, about?.resource) : (about?.resource ?? server);
    if (resource) await provider.saveResourceUrl?.(String(resource));
    const client = await this.#identify(metadata, information, scopes);
    return { metadata, client, resource: resource && String(resource), scopes };
  }

  /** @param {import("../auth/discovery.js").Metadata} metadata @param {Record<string, string> | undefined} information the provider's client @param {string[]} scopes @returns {Promise<import("../auth/registration.js").Identity>} */
  async #identify(metadata, information, scopes) {
    const provider = this.#provider;
    const { issuer, token_endpoint_auth_methods_supported: methods } = metadata;
    const authenticate = provider.addClientAuthentication && ((/** @type {unknown[]} */ ...given) => provider.addClientAuthentication(...given, metadata));
    const isOurs = information && (information.issuer === undefined || sameIssuer(information.issuer, issuer, false));
    if (isOurs) {
      const { client_id: id, client_secret: secret, token_endpoint_auth_method: method } = /** @type {Record<string, string> & { client_id: string }} */ (information);
      return { id, secret, method: method ?? (secret ? withSecret(methods) : "none"), authenticate };
    }
    if (!provider.saveClientInformation) {
      const whose = information ? `is one of ${information.issuer}, but the server is for ${issuer}` : `for ${issuer} is missing`;
      throw Object.assign(failure("AUTH_CLIENT", this.#server, `the provider's client ${whose}, and it has no \`saveClientInformation\` for another`, { issuer }), { recorded: information?.issuer });
    }
    const about = provider.clientMetadata;
    const options = { clientMetadata: provider.clientMetadataUrl, about };
    const nothing = /** @type {import("../auth/storage.js").Store} */ (/** @type {unknown} */ ({ get: async () => undefined, set: async () => {} }));
    const redirectUri = String(provider.redirectUrl ?? about.redirect_uris[0]);
    const client = await this.#registered({ server: this.#server, metadata, redirectUri, scopes, call: this.#call, options, store: nothing });
    const { id, secret, method, expires } = client;
    const isDocument = id === provider.clientMetadataUrl;
    await provider.saveClientInformation({
      ...(!isDocument && { ...about, token_endpoint_auth_method: method }),
      client_id: id,
      ...(secret && { client_secret: secret, client_secret_expires_at: (expires ?? 0) / 1000 }),
      issuer,
    }, { issuer });
    return { ...client, authenticate };
  }

  /** A client of the authorization server's, or what it has refused. @param {Parameters<typeof identify>[0]} flow */
  async #registered(flow) {
    /** @type {{ status: number, submittedMetadata: object } | undefined} */
    let refused;
    const call = async (/** @type {RequestInfo | URL} */ input, /** @type {RequestInit} */ init = {}) => {
      const response = await flow.call(input, init);
      refused = { status: response.status, submittedMetadata: JSON.parse(String(init.body ?? "{}")) };
      return response;
    };
    return identify({ ...flow, call }, {}).catch((error) => {
      throw isFailure(error, "AUTH_REGISTRATION") ? Object.assign(error, { refused }) : error;
    });
  }

  /** @param {import("../auth/tokens.js").Tokens} tokens @param {string} issuer */
  async #save({ access, refresh, life, scope, type }, issuer) {
    await this.#provider.saveTokens({
      access_token: access,
      token_type: type,
      ...(life !== undefined && { expires_in: life / 1000 }),
      ...(scope && { scope }),
      ...(refresh && { refresh_token: refresh }),
      issuer,
    }, { issuer });
  }
}
