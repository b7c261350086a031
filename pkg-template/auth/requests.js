// Requests to servers of log-ins: what comes back, and what is said if nothing does.
import { failure } from "./errors.js";

/** The most that a document may have, in bytes. */
const LIMIT = 256 * 1024;
/** How long one request may take, in milliseconds. */
const PATIENCE = 30_000;

/** @typedef {{ status: number | "blocked", json?: any, headers?: Headers, cause?: unknown }} Outcome */

/**
 * One request, and the JSON object of its answer if it has one.
 * @param {typeof fetch} call
 * @param {string} url
 * @param {RequestInit} init
 * @param {AbortSignal} [signal]
 * @returns {Promise<Outcome>}
 */
export async function request(call, url, init, signal) {
  const clock = AbortSignal.timeout(PATIENCE);
  try {
    const response = await call(url, {
      redirect: "error",
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      ...init,
      signal: signal ? AbortSignal.any([signal, clock]) : clock,
    });
    return { status: response.status, headers: response.headers, json: await read(response) };
  } catch (cause) {
    signal?.throwIfAborted();
    return { status: "blocked", cause };
  }
}

/** @param {Response} response */
async function read(response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || !value) break;
    size += value.length;
    if (size > LIMIT) return void reader?.cancel();
    text += decoder.decode(value, { stream: true });
  }
  try {
    const json = JSON.parse(text);
    return json && typeof json === "object" && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this is a page or a worker of one, where another origin has to agree. */
const isPage = () => typeof globalThis.location?.origin === "string";

/**
 * The error for a request that nothing came back of: the network is gone, or the server forbids pages.
 * @param {typeof fetch} call
 * @param {string} server
 * @param {string} what
 * @param {string} url
 * @param {object} [details]
 */
export async function blocked(call, server, what, url, details) {
  const probe = { mode: /** @type {const} */ ("no-cors"), credentials: /** @type {const} */ ("omit"), cache: /** @type {const} */ ("no-store") };
  const reached = isPage() && (await call(url, probe).then(Boolean, () => false));
  return reached
    ? failure("AUTH_CORS", server, `${what}: pages may not read ${url}; its server has to send "Access-Control-Allow-Origin: ${location.origin}", or the option \`fetch\` has to go by a server of yours`, { ...details, url })
    : failure("AUTH_TRANSIENT", server, `${what}: no answer from ${url}; try again later`, { ...details, url });
}

/** Whether an answer means that its server is not well just now. @param {Outcome["status"]} status */
export const isTransient = (status) => status === 429 || Number(status) >= 500;
