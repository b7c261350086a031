// A new log-in: found out where, as whom, by a window, and kept.
import { absolute, sameIssuer, usable } from "./addresses.js";
import { scopesOf, tokenChallenge } from "./challenge.js";
import { discover } from "./discovery.js";
import { failure, isFailure, unusable } from "./errors.js";
import { ask, exchange, judge } from "./flow.js";
import { identify, isRegistered, unregister } from "./registration.js";
import { send } from "./requests.js";
import { byWindow } from "./windows.js";
import { keyFor, save } from "./writing.js";

/** Where the page finds its question when it comes back. */
export const QUESTION = "mcp-wasm-auth question ";

/**
 * @typedef {object} Wish
 * @property {string} server
 * @property {string[]} wanted scopes
 * @property {{ metadata?: string, scopes: string[] }} [challenge] what the server said last
 * @property {import("./index.js").LoginOptions} how
 * @property {NonNullable<import("./index.js").OAuthOptions["open"]>} open
 * @property {Window | null} popup
 * @property {AbortSignal} signal
 */

/** @param {import("./sessions.js").Sessions} sessions @param {Wish} wish */
export async function logIn(sessions, { server, wanted, challenge, how, open, popup, signal }) {
  const { options, call, store } = sessions;
  const { fresh, registration, returnTo = globalThis.location?.href } = how;
  const redirectUri = redirection(options.redirectUri);
  const kept = await sessions.get(server);
  challenge ??= await challenged(call, server, signal);
  const isKnown = async (/** @type {string} */ issuer) =>
    kept?.issuer === issuer || options.client?.issuer === issuer || (await isRegistered(store, issuer, redirectUri));
  const { resource: about, metadata } = await discover({ server, call, options, signal, tried: [] }, challenge?.metadata, isKnown);
  const { issuer } = metadata;
  const before = kept && sameIssuer(kept.issuer, issuer, options.strictIssuer) ? kept.scopes : [];
  const asked = [...before, ...wanted, ...(challenge?.scopes ?? [])];
  const offered = scopesOf(about?.scopes_supported ?? options.scope);
  const scopes = [...new Set(asked.length ? asked : offered)];
  const client = await identify({ server, metadata, redirectUri, scopes, call, options, store }, { fresh, registration, signal });
  const { url, question } = await ask(
    {
      server,
      issuer,
      client,
      redirectUri,
      scopes,
      signed: metadata.authorization_response_iss_parameter_supported === true,
      resource: options.resource === false ? undefined : (options.resource ?? about?.resource ?? server),
      endpoints: { token: metadata.token_endpoint, revocation: metadata.revocation_endpoint },
      proves: Boolean(options.dpop && (scopesOf(metadata.dpop_signing_alg_values_supported).includes("ES256") || about?.dpop_bound_access_tokens_required)),
      returnTo,
    },
    metadata,
    options.authorizationParams,
  );
  signal.throwIfAborted();
  await answered(sessions, question, await opened(open, popup, url, question, signal), signal);
}

/**
 * What comes back of an address.
 * @param {Wish["open"]} open @param {Window | null} popup
 * @param {string} url @param {import("./flow.js").Question} question @param {AbortSignal} signal
 * @returns {Promise<URLSearchParams>}
 */
async function opened(open, popup, url, question, signal) {
  const { server, state, redirectUri } = question;
  const ended = /** @type {Promise<never>} */ (new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  if (popup) return Promise.race([byWindow(popup, url, state, redirectUri, signal), ended]);
  if (typeof open === "function") {
    const answer = await Promise.race([open(new URL(url), signal), ended]);
    return new URLSearchParams(typeof answer === "string" ? answer.replace(/^[^?]*\?/, "").replace(/#.*$/s, "") : answer);
  }
  try {
    // The page may be left, and come back.
    sessionStorage.setItem(QUESTION + state, JSON.stringify(question));
  } catch (error) {
    if (open === "redirect") throw error;
  }
  if (open === "popup") {
    throw failure("AUTH_POPUP_BLOCKED", server, "no window opens here; call `login` in a click, or send this page to `error.url`", { url });
  }
  location.assign(url);
  return ended;
}

/**
 * Makes a log-in of an answer.
 * @param {import("./sessions.js").Sessions} sessions
 * @param {import("./flow.js").Question} question @param {URLSearchParams} answer @param {AbortSignal} [signal]
 */
export async function answered(sessions, question, answer, signal) {
  const { state, verifier, time, signed, proves, returnTo, ...kept } = question;
  const code = judge(question, answer);
  const key = proves ? await keyFor(sessions, kept.issuer) : undefined;
  try {
    const tokens = await exchange(question, code, { key, call: sessions.call, signal });
    await save(sessions, { ...kept, tokens });
  } catch (error) {
    if (isFailure(error, "AUTH_CLIENT")) await unregister(sessions.store, question);
    throw error;
  }
}

/** What a server wants that was not asked yet. @param {typeof fetch} call @param {string} server @param {AbortSignal} signal */
async function challenged(call, server, signal) {
  try {
    const field = await send(call, server, { headers: { accept: "text/event-stream" } }, signal, ({ headers, body }) => (body?.cancel().catch(() => {}), headers.get("www-authenticate")));
    const challenge = tokenChallenge(field);
    return challenge && { metadata: challenge.resource_metadata, scopes: scopesOf(challenge.scope) };
  } catch {
    // Its metadata may be in the usual places.
    signal.throwIfAborted();
    return undefined;
  }
}

/** The address that log-ins come back to. @param {string | URL | undefined} given */
function redirection(given = "/oauth.html") {
  const text = absolute(given);
  if (!text) throw unusable("the option `redirectUri` is missing");
  if (!usable(text, text)) throw unusable(`the redirect URI ${text} is neither https nor on this machine`);
  return text;
}

