// The token endpoint: codes and refresh tokens in, access tokens out.
import { failure } from "./errors.js";
import { heed, prove } from "./proof.js";
import { request, settled } from "./requests.js";

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

/** Writes what is given. @param {URLSearchParams} form @param {Record<string, string | undefined>} params */
export const fill = (form, params) => {
  for (const [name, value] of Object.entries(params)) if (value !== undefined) form.set(name, value);
};

/**
 * @param {Grant} grant
 * @param {string} endpoint
 * @param {Record<string, string | undefined>} params
 */
async function post({ client, key, dpop, call, signal }, endpoint, params) {
  for (let again = false; ; again = true) {
    const form = new URLSearchParams();
    fill(form, params);
    const headers = new Headers({ accept: "application/json" });
    const { id, secret, method, authenticate } = client;
    // For each request: what is signed for one is not taken twice.
    if (authenticate) await authenticate(headers, form, endpoint);
    else if (secret && method === "client_secret_basic") headers.set("authorization", `Basic ${btoa(`${formText(id)}:${formText(secret)}`)}`);
    else {
      form.set("client_id", id);
      if (secret && method === "client_secret_post") form.set("client_secret", secret);
    }
    const proof = dpop ? await dpop.buildProof({ htm: "POST", htu: endpoint }) : key && (await prove(key, "POST", endpoint));
    if (proof) headers.set("dpop", proof);
    const answer = await request(call, endpoint, { method: "POST", headers, body: form }, signal);
    const { json, headers: told = new Headers() } = answer;
    dpop?.observeNonce({ headers: told }, endpoint);
    const isRefused = json?.error === "invalid_dpop_proof";
    const isNew = heed(endpoint, told.get("dpop-nonce"), isRefused ? told.get("date") : undefined);
    if (again || !proof || !(json?.error === "use_dpop_nonce" ? dpop || isNew : key && isRefused)) return answer;
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
  const outcome = await post(grant, endpoint, params);
  const what = `${issuer} gives no tokens`;
  await settled(call, server, what, endpoint, outcome, { issuer });
  const { status, json } = outcome;
  const { error, error_description: description } = json ?? {};
  const type = String(json?.token_type ?? "").toLowerCase();
  // What a header cannot carry would be shown by the error of whoever tries.
  const isToken = typeof json?.access_token === "string" && /^[!-~]+$/.test(json.access_token);
  if (error !== undefined || status !== 200 || !isToken || (type !== "bearer" && !(type === "dpop" && (grant.key || grant.dpop)))) {
    const forgotten = /^(invalid|unauthorized)_client$/.test(error);
    const hint = error === "invalid_target" ? "; `resource: false` leaves it out" : "";
    throw failure(forgotten ? "AUTH_CLIENT" : "AUTH_TOKEN", server, `${what} (${description ?? error ?? (json ? `none of use, of the type ${json.token_type}` : status)})${hint}`, { issuer, url: endpoint, error, description });
  }
  const life = /^\d+(\.\d+)?$/.test(json.expires_in) ? json.expires_in * 1000 : undefined;
  return {
    access: json.access_token,
    type: type === "dpop" ? "DPoP" : "Bearer",
    refresh: typeof json.refresh_token === "string" ? json.refresh_token : params.refresh_token,
    expires: life === undefined ? undefined : Date.now() + life,
    life,
    scope: typeof json.scope === "string" ? json.scope : asked,
  };
}

/** Takes tokens back, the one that makes others first. @param {Grant} grant @param {string} endpoint @param {Tokens} tokens */
export async function revoke(grant, endpoint, { refresh, access }) {
  for (const [token, hint] of [[refresh, "refresh_token"], [access, "access_token"]]) {
    if (token) await post(grant, endpoint, { token, token_type_hint: hint });
  }
}
