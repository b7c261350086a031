// Requests to servers of log-ins: what comes back, and what is said if nothing does.
import { failure } from "./errors.js";

/** The most that a document may have, in bytes. */
const LIMIT = 256 * 1024;
/** How long one request may take, in milliseconds, and one that only looks whether anybody is there. */
const PATIENCE = 30_000;
const GLANCE = 5_000;

/** @typedef {{ status: number | "blocked", json?: any, headers?: Headers, cause?: unknown }} Outcome */

/**
 * One request, and what is made of its answer, for no longer than a time.
 * @template T
 * @param {typeof fetch} call
 * @param {string} url
 * @param {RequestInit} init
 * @param {AbortSignal | undefined} signal
 * @param {(response: Response, ends: AbortSignal) => T | Promise<T>} use
 * @param {number} [time]
 */
export async function send(call, url, init, signal, use, time = PATIENCE) {
  // Not `AbortSignal.any`: Node garbage-collects what that makes, and then nothing ends.
  const ends = new AbortController();
  const leave = () => ends.abort(signal?.reason);
  const clock = setTimeout(leave, time);
  signal?.addEventListener("abort", leave);
  try {
    signal?.throwIfAborted();
    const response = await call(url, { redirect: "error", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", ...init, signal: ends.signal });
    return await use(response, ends.signal);
  } finally {
    clearTimeout(clock);
    signal?.removeEventListener("abort", leave);
  }
}

/**
 * One request, and the JSON object of its answer if it has one.
 * @param {typeof fetch} call
 * @param {string} url
 * @param {RequestInit} init
 * @param {AbortSignal} [signal]
 * @returns {Promise<Outcome>}
 */
export async function request(call, url, init, signal) {
  try {
    return await send(call, url, init, signal, async (response, ends) => ({ status: response.status, headers: response.headers, json: await read(response, ends) }));
  } catch (cause) {
    signal?.throwIfAborted();
    return { status: "blocked", cause };
  }
}

/** @param {Response} response @param {AbortSignal} ends */
async function read(response, ends) {
  const reader = response.body?.getReader();
  const leave = () => void reader?.cancel().catch(() => {});
  // Node does not end a body by the signal once it has garbage-collected a request that refuses redirects.
  ends.addEventListener("abort", leave);
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const value = (await reader?.read())?.value;
    if (!value) break;
    size += value.length;
    if (size > LIMIT) return leave();
    text += decoder.decode(value, { stream: true });
  }
  ends.throwIfAborted();
  try {
    const json = JSON.parse(text);
    return Object(json) === json ? json : undefined;
  } catch {}
}

/**
 * The error for a request that nothing came back of: the network is gone, or the server forbids pages.
 * @param {typeof fetch} call
 * @param {string} server
 * @param {string} what
 * @param {string} url
 * @param {object} [details]
 */
export async function blocked(call, server, what, url, details) {
  // In a page, and in a worker of one, another origin has to agree.
  const reached = globalThis.location?.origin && (await send(call, url, { mode: "no-cors", redirect: "follow" }, undefined, () => true, GLANCE).catch(() => false));
  return reached
    ? failure("AUTH_CORS", server, `${what}: pages may not read ${url}; it has to send "Access-Control-Allow-Origin: ${location.origin}", or \`fetch\` go by a server of yours`, { ...details, url })
    : failure("AUTH_TRANSIENT", server, `${what}: ${url} does not answer; try again later`, { ...details, url });
}

/**
 * Throws where nothing has come of a request, or nothing yet: its server is not well just now.
 * @param {typeof fetch} call @param {string} server @param {string} what @param {string} url
 * @param {Outcome} outcome @param {object} [details]
 */
export async function settled(call, server, what, url, { status, json, cause }, details) {
  if (status === "blocked") throw await blocked(call, server, what, url, { ...details, cause });
  if (json?.error === undefined && (status === 429 || status >= 500)) {
    throw failure("AUTH_TRANSIENT", server, `${what} just now (${status}); try again later`, { ...details, url });
  }
}
