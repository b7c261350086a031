// One log-in: what is asked of the authorization server, and what may be made of its answer.
import { scopesOf } from "./challenge.js";
import { failure } from "./errors.js";
import { randomText, sha256 } from "./proof.js";
import { askTokens, fill } from "./tokens.js";

/** How long the answer to a question may take, in milliseconds. */
const LIFE = 600_000;

/**
 * What is kept of a question until its answer comes.
 * @typedef {object} Question
 * @property {string} state
 * @property {string} verifier
 * @property {number} time
 * @property {string} server
 * @property {string} issuer
 * @property {boolean} signed whether the answer has to name the issuer
 * @property {import("./registration.js").Identity} client
 * @property {string} redirectUri
 * @property {string | undefined} resource
 * @property {string[]} scopes
 * @property {{ token: string, revocation?: string }} endpoints
 * @property {boolean} proves whether tokens are bound to a key
 * @property {string} [returnTo]
 */

/**
 * @param {Omit<Question, "state" | "verifier" | "time">} what
 * @param {import("./discovery.js").Metadata} metadata
 * @param {Record<string, string> | undefined} more
 * @returns {Promise<{ url: string, question: Question }>}
 */
export async function ask(what, metadata, more) {
  const question = { state: randomText(), verifier: randomText(), time: Date.now(), ...what };
  const url = new URL(metadata.authorization_endpoint);
  const offline = scopesOf(metadata.scopes_supported).includes("offline_access");
  const scopes = new Set(offline ? [...what.scopes, "offline_access"] : what.scopes);
  fill(url.searchParams, {
    response_type: "code",
    client_id: what.client.id,
    redirect_uri: what.redirectUri,
    state: question.state,
    code_challenge: await sha256(question.verifier),
    code_challenge_method: "S256",
    resource: what.resource,
    scope: [...scopes].join(" ") || undefined,
    // Servers of OpenID drop the scope without it, and say nothing.
    prompt: offline ? "consent" : undefined,
    ...more,
  });
  return { url: url.href, question };
}

/**
 * The code in an answer, once it is known to be the answer to this question.
 * @param {Question} question
 * @param {URLSearchParams} answer
 */
export function judge({ state, time, server, issuer, signed }, answer) {
  if (answer.get("state") !== state || Date.now() - time > LIFE) {
    throw failure("AUTH_STATE", server, "the answer is of another log-in, or too late; log in again", { issuer });
  }
  const named = answer.get("iss");
  if (named === null ? signed : named !== issuer) {
    throw failure("AUTH_ISSUER_MISMATCH", server, `the answer is not of ${issuer}`, { issuer });
  }
  const error = answer.get("error") ?? undefined;
  const code = answer.get("code");
  if (error === undefined && code) return code;
  const description = answer.get("error_description") ?? undefined;
  throw failure("AUTH_DENIED", server, `${issuer} did not log in (${description ?? error ?? "no code"})`, { issuer, error, description });
}

/**
 * Tokens for a code.
 * @param {Question} question
 * @param {string} code
 * @param {Pick<import("./tokens.js").Grant, "key" | "dpop" | "call" | "signal">} by
 */
export const exchange = ({ server, issuer, client, endpoints, redirectUri, verifier, resource, scopes }, code, by) =>
  askTokens(
    { server, issuer, client, endpoint: endpoints.token, ...by },
    { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier, resource },
    scopes.join(" "),
  );
