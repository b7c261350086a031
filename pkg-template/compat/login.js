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

/** The scopes that a refused request names. @param {Record<string, string> | undefined} challenge */
const wantedBy = (challenge) => scopesOf(challenge?.scope);

export class ProvidedLogin {
  #provider;
  #server;
  #call;
  /** The log-in under way. @type {Promise<void> | undefined} */
  #flight;
  /** What the latest question was asked with. @type {Found | undefined} */
  #asked;
  /** Scopes that were asked for. @type {Set<string>} */
  #scopes = new Set();

  /** @param {any} provider of whichever SDK @param {string} url @param {typeof fetch} [call] */
  constructor(provider, url, call = (input, init) => fetch(input, init)) {
    this.#provider = provider;
    this.#server = serverOf(url);
    this.#call = call;
  }

  /** @param {import("../types/authorizer.js").AuthAnswer} answer @returns {Promise<boolean>} whether there are other tokens now */
  async answered({ status, challenge: field, sent, attempt, method }) {
    const challenge = tokenChallenge(field);
    const isNarrow = status === 403 && challenge?.error === "insufficient_scope";
    if ((status !== 401 && !isNarrow) || method === "DELETE") return false;
    if (attempt > 1) throw failure("AUTH_LOOP", this.#server, "a token that was made for it just now is refused");
    const provider = this.#provider;
    if (!provider.redirectToAuthorization) {
      if (isNarrow || !provider.onUnauthorized) return false;
      const headers = new Headers(field === undefined ? {} : { "www-authenticate": field });
      await provider.onUnauthorized({ response: new Response(null, { status, headers }), serverUrl: new URL(this.#server), fetchFn: this.#call });
      return true;
    }
    const kept = await provider.tokens();
    if (isNarrow) for (const scope of scopesOf(kept?.scope)) this.#scopes.add(scope);
    if (isNarrow && wantedBy(challenge).every((scope) => this.#scopes.has(scope)) && this.#scopes.size) {
      throw failure("AUTH_LOOP", this.#server, `the scopes ${[...this.#scopes].join(" ")} do not do, and were asked for already`);
    }
    // Another call has renewed it.
    if (!isNarrow && kept && sent.authorization && sent.authorization !== `Bearer ${kept.access_token}`) return true;
    this.#flight ??= this.#authorize(challenge, !isNarrow).finally(() => (this.#flight = undefined));
    await this.#flight;
    return true;
  }

  /**
   * Ends a log-in with what it came back with.
   * @param {string | URLSearchParams} given the code, or all parameters
   * @param {string} [iss]
   */
  async finish(given, iss) {
    const provider = this.#provider;
    if (!(await provider.clientInformation())) throw failure("AUTH_CLIENT", this.#server, "the provider has no client that the code could have been given to");
    const { metadata, client, resource, scopes } = this.#asked ?? (await this.#find(undefined, await provider.discoveryState?.()));
    const { issuer, token_endpoint: token } = metadata;
    const whole = given instanceof URLSearchParams;
    const answer = new URLSearchParams(whole ? given : { code: given });
    if (iss !== undefined) answer.set("iss", iss);
    // The program has compared the state; a code alone does not say who gave it.
    answer.set("state", "");
    const code = judge(
      /** @type {import("../auth/flow.js").Question} */ (/** @type {unknown} */ ({ state: "", time: Date.now(), server: this.#server, issuer, signed: whole && metadata.authorization_response_iss_parameter_supported === true })),
      answer,
    );
    const question = { server: this.#server, issuer, client, endpoints: { token }, redirectUri: String(provider.redirectUrl), verifier: await provider.codeVerifier(), resource, scopes };
    await this.#save(await exchange(/** @type {import("../auth/flow.js").Question} */ (/** @type {unknown} */ (question)), code, { call: this.#call }), issuer);
    this.#asked = undefined;
  }

  /** @param {Record<string, string> | undefined} challenge @param {boolean} renews whether a refresh token may do */
  async #authorize(challenge, renews) {
    try {
      return await this.#attempt(challenge, renews);
    } catch (error) {
      // What the authorization server no longer knows is forgotten, and asked for once more.
      const isForgotten = isFailure(error, "AUTH_CLIENT") && error.error !== undefined;
      if (!isForgotten && !(isFailure(error, "AUTH_TOKEN") && error.error === "invalid_grant")) throw error;
      await this.#provider.invalidateCredentials?.(isForgotten ? "all" : "tokens");
      return this.#attempt(challenge, false);
    }
  }

  /** @param {Record<string, string> | undefined} challenge @param {boolean} renews */
  async #attempt(challenge, renews) {
    const provider = this.#provider;
    const found = await this.#find(challenge);
    const { metadata, client, resource, scopes } = found;
    const { issuer, token_endpoint: endpoint } = metadata;
    const grant = { server: this.#server, issuer, client, endpoint, call: this.#call };
    if (!provider.redirectUrl) {
      const params = await provider.prepareTokenRequest?.(scopes.join(" ") || undefined);
      if (!params) throw failure("AUTH_CLIENT", this.#server, "the provider has neither `redirectUrl` nor `prepareTokenRequest`");
      return this.#save(await askTokens(grant, { resource, ...Object.fromEntries(params) }, scopes.join(" ")), issuer);
    }
    const kept = renews ? await provider.tokens() : undefined;
    if (kept?.refresh_token && (kept.issuer === undefined || sameIssuer(kept.issuer, issuer, false))) {
      return this.#save(await askTokens(grant, { grant_type: "refresh_token", refresh_token: kept.refresh_token, resource }, kept.scope ?? ""), issuer);
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
   * @param {Record<string, string> | undefined} challenge @param {{ authorizationServerMetadata?: import("../auth/discovery.js").Metadata, resourceMetadata?: import("../auth/discovery.js").Metadata }} [before] what the provider has kept of it
   * @returns {Promise<Found>}
   */
  async #find(challenge, before) {
    const provider = this.#provider;
    const server = this.#server;
    const call = this.#call;
    const information = await provider.clientInformation();
    const kept = before?.authorizationServerMetadata;
    const { resource: about, metadata } = kept
      ? { resource: before?.resourceMetadata, metadata: kept }
      : await discover({ server, call, options: {}, tried: [] }, challenge?.resource_metadata, (one) => one === information?.issuer);
    const { issuer } = metadata;
    if (!kept) {
      const state = { authorizationServerUrl: issuer, resourceMetadataUrl: challenge?.resource_metadata, resourceMetadata: about, authorizationServerMetadata: metadata };
      await provider.saveDiscoveryState?.(state);
    }
    const asked = [...this.#scopes, ...wantedBy(challenge)];
    const scopes = [...new Set(asked.length ? asked : scopesOf(about?.scopes_supported ?? provider.clientMetadata.scope))];
    const resource = provider.validateResourceURL ? await provider.validateResourceURL(server, about?.resource) : (about?.resource ?? server);
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
      throw failure("AUTH_CLIENT", this.#server, `the provider's client ${whose}, and it has no \`saveClientInformation\` for another`, { issuer });
    }
    const about = provider.clientMetadata;
    const options = { clientMetadata: provider.clientMetadataUrl, about };
    const nothing = /** @type {import("../auth/storage.js").Store} */ (/** @type {unknown} */ ({ get: async () => undefined, set: async () => {} }));
    const redirectUri = String(provider.redirectUrl ?? about.redirect_uris[0]);
    const client = await identify({ server: this.#server, metadata, redirectUri, scopes, call: this.#call, options, store: nothing }, {});
    const { id, secret, method, expires } = client;
    const isDocument = id === provider.clientMetadataUrl;
    await provider.saveClientInformation({
      ...(!isDocument && { ...about, token_endpoint_auth_method: method }),
      client_id: id,
      ...(secret && { client_secret: secret, client_secret_expires_at: (expires ?? 0) / 1000 }),
      issuer,
    });
    return { ...client, authenticate };
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
    });
  }
}
