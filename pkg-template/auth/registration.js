// Who this app is for an authorization server: a client that was given, a metadata document (CIMD), or one registered now.
import { absolute, isLoopback, sameIssuer } from "./addresses.js";
import { scopesOf } from "./challenge.js";
import { failure } from "./errors.js";
import { request, settled } from "./requests.js";

/** @typedef {{ id: string, secret?: string, method: string, expires?: number, authenticate?: (headers: Headers, form: URLSearchParams, url: string) => unknown }} Identity */

/** @param {string} issuer @param {string} redirectUri */
const keyOf = (issuer, redirectUri) => `client ${issuer} ${redirectUri}`;

/** Whether clients may say in that way who they are; who lists none takes all. @param {string[] | undefined} methods @param {string} method */
const takes = (methods, method) => !Array.isArray(methods) || methods.includes(method);

/** How a client with a secret says who it is. @param {string[] | undefined} methods */
export const withSecret = (methods) => (takes(methods, "client_secret_basic") ? "client_secret_basic" : "client_secret_post");

/** The address of a client's own document, if it can be one. @param {string | URL | undefined} address */
function documentOf(address) {
  const text = address && absolute(address);
  // Its text is the id, also where parsing would make another of it: with segments of dots.
  return text && /^https:\/\/[^/?#@]+\/[^?#@]+$/i.test(text) && !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(text) ? text : undefined;
}

/**
 * @param {object} flow
 * @param {string} flow.server
 * @param {import("./discovery.js").Metadata} flow.metadata
 * @param {string} flow.redirectUri
 * @param {string[]} flow.scopes
 * @param {typeof fetch} flow.call
 * @param {import("./index.js").OAuthOptions & { about?: object }} flow.options `about`: what else to register
 * @param {import("./storage.js").Store} flow.store
 * @param {{ fresh?: boolean, registration?: "dynamic", signal?: AbortSignal }} how
 * @returns {Promise<Identity>}
 */
export async function identify({ server, metadata, redirectUri, scopes, call, options, store }, { fresh, registration, signal }) {
  const { issuer, registration_endpoint: endpoint, token_endpoint_auth_methods_supported: methods } = metadata;
  const { client } = options;
  if (client) {
    if (client.issuer && !sameIssuer(client.issuer, issuer, options.strictIssuer)) {
      throw failure("AUTH_CLIENT", server, `the client is one of ${client.issuer}, the server for ${issuer}`, { issuer });
    }
    return { id: client.id, secret: client.secret, method: client.secret ? withSecret(methods) : "none" };
  }
  const isPublic = takes(methods, "none");
  const own = documentOf(options.clientMetadata);
  if (own && metadata.client_id_metadata_document_supported === true && isPublic && registration !== "dynamic") return { id: own, method: "none" };
  const key = keyOf(issuer, redirectUri);
  if (!fresh) {
    const kept = await store.get(key);
    if (kept && !(kept.expires <= Date.now())) return kept;
  }
  if (!endpoint) {
    throw failure("AUTH_CLIENT", server, `${issuer} registers nobody by itself; register there and give \`client\`${metadata.client_id_metadata_document_supported ? ", or `clientMetadata`" : ""}`,
      { issuer },
    );
  }
  const listed = scopesOf(metadata.scopes_supported);
  const known = scopes.filter((one) => listed.includes(one));
  const types = ["web", "native"];
  if (isLoopback(new URL(redirectUri).hostname)) types.reverse();
  /** @type {import("./requests.js").Outcome} */
  let answer;
  do {
    answer = await request(
      call,
      endpoint,
      {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({
          client_name: options.clientName ?? (globalThis.document?.title || "mcp-wasm"),
          redirect_uris: [redirectUri],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
          token_endpoint_auth_method: isPublic ? "none" : withSecret(methods),
          application_type: types.shift(),
          // What is asked for besides: else some refuse it.
          scope: known.length ? [...known, ...listed.filter((one) => one === "offline_access" && !known.includes(one))].join(" ") : undefined,
          ...options.about,
        }),
      },
      signal,
    );
  } while (types.length && /^invalid_(redirect_uri|client_metadata)$/.test(answer.json?.error));
  const what = `${issuer} does not register this app`;
  await settled(call, server, what, endpoint, answer, { issuer });
  const { status, json } = answer;
  if (/** @type {number} */ (status) > 201 || typeof json?.client_id !== "string") {
    throw failure("AUTH_REGISTRATION", server, `${what} for ${redirectUri} (${json?.error_description ?? json?.error ?? status}); \`client\` and \`clientMetadata\` do without`, { issuer, url: endpoint, error: json?.error, description: json?.error_description });
  }
  const { client_id: id, client_secret: given, client_secret_expires_at: end, token_endpoint_auth_method: method } = json;
  const secret = typeof given === "string" ? given : undefined;
  const identity = { id, secret, method: method ?? (secret ? withSecret(methods) : "none"), expires: end * 1000 || undefined };
  await store.set(key, identity);
  return identity;
}

/** Whether there is a client for an issuer already. @param {import("./storage.js").Store} store @param {string} issuer @param {string} redirectUri */
export const isRegistered = async (store, issuer, redirectUri) => Boolean(await store.get(keyOf(issuer, redirectUri)));

/** Forgets a client that its issuer has forgotten. @param {import("./storage.js").Store} store @param {{ issuer: string, redirectUri: string, client: Identity }} of */
export async function unregister(store, { issuer, redirectUri, client }) {
  const key = keyOf(issuer, redirectUri);
  // Another tab may have registered anew.
  if ((await store.get(key))?.id === client.id) await store.delete(key);
}
