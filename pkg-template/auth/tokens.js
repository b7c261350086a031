// The token endpoint: codes and refresh tokens in, access tokens out.
import { failure } from "./errors.js";
import { heed, prove } from "./proof.js";
import { blocked, isTransient, request } from "./requests.js";

/**
 * @typedef {object} Tokens
 * @property {string} access
 * @property {"Bearer" | "DPoP"} type
 * @property {string} [refresh]
 * @property {number} [expires] in milliseconds since 1970
 * @property {number} [life] in milliseconds
 * @property {string} [scope]
 */

/**
 * @typedef {object} Grant what tokens are asked with
 * @property {string} server
 * @property {string} issuer
 * @property {string} endpoint
 * @property {import("./registration.js").Identity} client
 * @property {CryptoKeyPair} [key]
 * @property {{ buildProof(of: { htm: string, htu: string }): Promise<string>, observeNonce(answer: { headers: Headers }, url: string): void }} [dpop] a program's own proofs, as the SDKs' `DpopSession`
 * @property {typeof fetch} call
 * @property {AbortSignal} [signal]
 */

/** @param {string} text as forms write it */
export const formText = (text) => String(new URLSearchParams({ x: text })).slice(2);

/**
 * @param {Grant} grant
 * @param {string} endpoint
 * @param {Record<string, string | undefined>} params
 */
async function post({ client, key, dpop, call, signal }, endpoint, params) {
  for (let again = false; ; again = true) {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) if (value !== undefined) form.set(name, value);
    /** @type {Record<string, string>} */
    const headers = { accept: "application/json" };
    if (client.authenticate) {
      const own = new Headers(headers);
      // For each request: what is signed for one is not taken twice.
      await client.authenticate(own, form, endpoint);
      own.forEach((text, name) => (headers[name] = text));
    } else if (client.secret && client.method === "client_secret_basic") headers.authorization = `Basic ${btoa(`${formText(client.id)}:${formText(client.secret)}`)}`;
    else {
      form.set("client_id", client.id);
      if (client.secret && client.method === "client_secret_post") form.set("client_secret", client.secret);
    }
    if (dpop) headers.dpop = await dpop.buildProof({ htm: "POST", htu: endpoint });
    else if (key) headers.dpop = await prove(key, "POST", endpoint);
    const answer = await request(call, endpoint, { method: "POST", headers, body: form }, signal);
    const { error } = answer.json ?? {};
    if (dpop && answer.headers) dpop.observeNonce({ headers: answer.headers }, endpoint);
    const isNew = heed(endpoint, answer.headers?.get("dpop-nonce"), error === "invalid_dpop_proof" ? answer.headers?.get("date") : undefined);
    const renews = error === "use_dpop_nonce" ? dpop || isNew : key && error === "invalid_dpop_proof";
    if (again || !(key || dpop) || !renews) return answer;
  }
}

/**
 * Asks for tokens.
 * @param {Grant} grant
 * @param {Record<string, string | undefined>} params
 * @param {string} asked the scopes that were asked for
 * @returns {Promise<Tokens>}
 */
export async function askTokens(grant, params, asked) {
  const { server, issuer, endpoint, call } = grant;
  const { status, json, cause } = await post(grant, endpoint, params);
  const what = `${issuer} gives no tokens`;
  if (status === "blocked") throw await blocked(call, server, what, endpoint, { issuer, cause });
  const { error, error_description: description } = json ?? {};
  const details = { issuer, url: endpoint, error, description };
  if (isTransient(status) && error === undefined) throw failure("AUTH_TRANSIENT", server, `${what} just now (${status}); try again later`, details);
  const type = String(json?.token_type ?? "").toLowerCase();
  // What a header cannot carry would be shown by the error of whoever tries.
  const isToken = /^[!-~]+$/.test(json?.access_token) && typeof json.access_token === "string";
  if (error !== undefined || status !== 200 || !isToken || (type !== "bearer" && !(type === "dpop" && (grant.key || grant.dpop)))) {
    const forgotten = error === "invalid_client" || error === "unauthorized_client";
    const hint = error === "invalid_target" ? "; the option `resource: false` leaves the resource out" : "";
    throw failure(forgotten ? "AUTH_CLIENT" : "AUTH_TOKEN", server, `${what} (${description ?? error ?? (json ? `none that can be used, of the type ${JSON.stringify(json.token_type)}` : status)})${hint}`, details);
  }
  const seconds = /^\d+(\.\d+)?$/.test(String(json.expires_in)) ? Number(json.expires_in) : undefined;
  return {
    access: json.access_token,
    type: type === "dpop" ? "DPoP" : "Bearer",
    refresh: typeof json.refresh_token === "string" ? json.refresh_token : params.refresh_token,
    expires: seconds === undefined ? undefined : Date.now() + seconds * 1000,
    life: seconds === undefined ? undefined : seconds * 1000,
    scope: typeof json.scope === "string" ? json.scope : asked,
  };
}

/** Takes tokens back, the one that makes others first. @param {Grant} grant @param {string} endpoint @param {Tokens} tokens */
export async function revoke(grant, endpoint, { refresh, access }) {
  for (const [token, hint] of [[refresh, "refresh_token"], [access, "access_token"]]) {
    if (token) await post(grant, endpoint, { token, token_type_hint: hint });
  }
}
