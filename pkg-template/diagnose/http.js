// A Streamable HTTP endpoint: what a client's own requests show of it, then what other requests show.
import { diagnoseAccess } from "./access.js";
import { HEADERS, OPTIONAL } from "./findings.js";
import { ask, pinned } from "./probe.js";

/** What a server that speaks no MCP cannot mistake for something else. */
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/**
 * A request of the client's and what a page may know of its outcome.
 * @typedef {{ method: string, body: string, opens: boolean, probes: boolean, response?: { status: number, type: string, session: string | null, challenge: string | null }, failed?: Failed }} Exchange
 */
/** @typedef {import("./probe.js").Failed} Failed */
/** @typedef {import("./probe.js").Work} Work */

/**
 * `fetch`, with everything that passes written down.
 * @param {Work} diagnosis
 */
function watch(diagnosis) {
  /** @type {Exchange[]} */
  const seen = [];
  /** @type {Promise<unknown>[]} */
  const pending = [];
  /** @param {string | URL} url @param {RequestInit & { method: string, body?: string }} init */
  const run = async (url, init) => {
    const { method, body = "" } = init;
    /** @type {Exchange} */
    const exchange = { method, body, opens: body.includes('"initialize"'), probes: body.includes('"server/discover"') };
    seen.push(exchange);
    try {
      const response = await diagnosis.given.call(undefined, url, init);
      exchange.response = describe(response);
      return response;
    } catch (error) {
      if (!init.signal?.aborted) exchange.failed = /** @type {Failed} */ (error);
      throw error;
    }
  };
  /** @param {string | URL} url @param {RequestInit & { method: string, body?: string }} init */
  const fetch = (url, init) => {
    const answer = run(url, init);
    pending.push(answer);
    return answer;
  };
  return { seen, fetch: /** @type {typeof globalThis.fetch} */ (fetch), settled: () => Promise.allSettled(pending) };
}

/** @param {Response} response */
function describe({ status, headers }) {
  const type = (headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
  return { status, type, session: headers.get("mcp-session-id"), challenge: headers.get("www-authenticate") };
}

/** @param {Work} diagnosis @returns {Promise<void | boolean>} */
export async function diagnoseHttp(diagnosis) {
  const { url, origin } = diagnosis;
  const { seen, fetch, settled } = watch(diagnosis);
  const { client } = diagnosis.missing ? {} : await diagnosis.attempt({ fetch });
  // Without its module the client sent nothing.
  if (diagnosis.missing) await knock(diagnosis, fetch);
  const foreign = origin !== undefined && origin !== url.origin;
  if (client) {
    // The first request that needs the session, if there is one.
    if (foreign && client.era === "legacy") await client.ping({ timeout: diagnosis.options.timeout }).catch(() => {});
    await client.close();
    await settled();
    const asked = failedProbe(seen);
    if (asked) diagnosis.find("PROBE_FAILED", { status: asked, severity: "warning" });
    if (!foreign) return;
    if (hidesSession(seen)) diagnosis.find("CORS_EXPOSE_HEADERS");
    const ended = seen.find(({ method }) => method === "DELETE");
    if (ended?.failed) diagnosis.find("CORS_ALLOW_METHODS");
    return checkCors(diagnosis, true);
  }
  if (diagnosis.findings.some(({ code }) => code === "WRONG_ERA")) return;
  if (await diagnosis.blocked()) return;
  if (await speaksOlder(diagnosis, failedProbe(seen), fetch)) return;
  const answered = seen.filter(({ response }) => response).at(-1);
  if (answered) {
    // Some could be read and some not even be sent: that comes before what was read.
    if (foreign && seen.some(({ failed }) => failed) && (await checkCors(diagnosis, false, HEADERS.slice(0, 5)))) return;
    if (foreign && hidesSession(seen)) return diagnosis.find("CORS_EXPOSE_HEADERS");
    await judge(diagnosis, /** @type {NonNullable<Exchange["response"]>} */ (answered.response));
    if (foreign && answered.response?.status === 401) await checkCors(diagnosis, false, ["authorization"]);
    return;
  }
  await unreadable(diagnosis, foreign, seen.at(-1)?.failed);
}

/** The status of a server that fails when it is asked for its revision. @param {Exchange[]} seen */
const failedProbe = (seen) => seen.find(({ probes, response }) => probes && response && response.status >= 500)?.response?.status;

/**
 * Whether a server whose probe failed can be spoken to without one.
 * @param {Work} diagnosis
 * @param {number | undefined} status
 * @param {typeof globalThis.fetch} fetch
 */
async function speaksOlder(diagnosis, status, fetch) {
  if (!status) return false;
  const { client } = await diagnosis.connect({ mode: "legacy", fetch });
  if (!client) return false;
  const { era, protocolVersion } = client;
  Object.assign(diagnosis.facts, { era, protocolVersion, server: client.getServerVersion() });
  await client.close();
  return diagnosis.find("PROBE_FAILED", { status });
}

/** @param {Work} diagnosis @param {typeof globalThis.fetch} fetch */
async function knock(diagnosis, fetch) {
  const { headers: given, timeout } = diagnosis.options;
  const headers = new Headers(typeof given === "function" ? await given() : given);
  headers.set("content-type", "application/json");
  headers.set("accept", "application/json, text/event-stream");
  const { end } = await ask(fetch, diagnosis.url, { method: "POST", headers, body: PING, redirect: "error" }, timeout);
  end();
}

/**
 * Whether a session was opened whose id could not be read: nothing else explains an `initialize` that succeeds, and
 * then a refusal.
 * @param {Exchange[]} seen
 */
function hidesSession(seen) {
  const opened = seen.findIndex(({ opens, response }) => opens && response?.status === 200 && response.session === null);
  return opened >= 0 && seen.slice(opened + 1).some(({ response }) => response?.status === 400 || response?.status === 404);
}

/**
 * What an answer says that could be read.
 * @param {Work} diagnosis
 * @param {{ status: number, type: string, challenge: string | null }} response
 */
async function judge(diagnosis, { status, type, challenge }) {
  const { error } = diagnosis.facts;
  if (status === 401) {
    diagnosis.find("AUTHENTICATION_REQUIRED", { status, challenge });
    // A gateway has no log-in.
    return diagnosis.findings.at(-1)?.code !== "GATEWAY_TOKEN" && diagnoseAccess(diagnosis, challenge);
  }
  if (status === 403 || status === 421) return diagnosis.find("FORBIDDEN", { status });
  if (error?.code === "HTTP_SSE_ONLY") return diagnosis.find("HTTP_SSE_ONLY", { status });
  const speaks = type === "application/json" || type === "text/event-stream";
  if ([404, 405, 410].includes(status) && error?.code !== "RPC_ERROR") {
    return diagnosis.find((await isOldSse(diagnosis)) ? "HTTP_SSE_ONLY" : "WRONG_PATH", { status });
  }
  if (status < 400 && !speaks) return diagnosis.find("NOT_MCP", { status, type: type || "no content" });
  if (error?.code === "INCOMPATIBLE_VERSION") return diagnosis.find("WRONG_ERA", { asked: pinned(diagnosis.options.mode) ?? "a revision that it knows" });
  // A server that is asked without a client answers as it likes.
  if (diagnosis.missing && speaks) return;
  if (status >= 400 && error?.code !== "RPC_ERROR") return diagnosis.find("HTTP_ERROR", { status });
  if (error?.code === "TIMEOUT") return diagnosis.find("NO_ANSWER", { late: true });
  if (error?.code === "PROTOCOL_ERROR") return diagnosis.find("NOT_MCP", { status, type });
  diagnosis.find("HANDSHAKE_FAILED", { error });
}

/** Whether a stream begins as HTTP+SSE of 2024-11-05 does. @param {Work} diagnosis */
async function isOldSse(diagnosis) {
  const { response, end } = await diagnosis.ask({ method: "GET", headers: { accept: "text/event-stream" } });
  if (!response?.ok || describe(response).type !== "text/event-stream") return end();
  const timer = setTimeout(end, diagnosis.options.timeout);
  try {
    const { value } = await /** @type {ReadableStream} */ (response.body).getReader().read();
    return /^event: ?endpoint/m.test(new TextDecoder().decode(value));
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    end();
  }
}

/**
 * No answer could be read: is anybody there, and what does the page lack to read it?
 * @param {Work} diagnosis
 * @param {boolean} foreign
 * @param {Failed | undefined} failed
 */
async function unreadable(diagnosis, foreign, failed) {
  const reason = failed?.cause?.code;
  if (diagnosis.facts.error?.code === "TIMEOUT") return diagnosis.find("NO_ANSWER", { late: true });
  if (!foreign) {
    const { redirected, failed: again } = await diagnosis.ask({ method: "POST", redirect: "manual", body: PING });
    if (redirected || /redirect/i.test(String(failed?.cause?.message))) return diagnosis.find("REDIRECTED");
    if (again) return diagnosis.find("NO_ANSWER", { reason });
    return diagnosis.find("HANDSHAKE_FAILED", { error: diagnosis.facts.error ?? failed });
  }
  // A page may send this, and be told whether there was an answer, without permission.
  const { opaque, late, end } = await diagnosis.ask({ method: "GET", mode: "no-cors" });
  end();
  if (!opaque) return (await diagnosis.blocked()) || diagnosis.find("NO_ANSWER", { late });
  return checkCors(diagnosis, false);
}

/**
 * Which permission of the server's a page lacks.
 * @param {Work} diagnosis
 * @param {boolean} connected
 * @param {string[]} [only] the headers to look at
 * @returns {Promise<boolean>} whether it lacks one
 */
async function checkCors(diagnosis, connected, only) {
  // Requests that need no leave to be sent, only to be read.
  const simple = [{ method: "GET" }, { method: "POST", headers: { "content-type": "text/plain" }, body: PING }];
  const answers = await Promise.all(simple.map((init) => diagnosis.ask({ ...init, redirect: "manual" })));
  for (const { end } of answers) end();
  if (answers.some(({ redirected }) => redirected)) return diagnosis.find("REDIRECTED");
  const base = simple[answers.findIndex(({ response }) => response)];
  if (!base) {
    return !connected && diagnosis.find("CORS_ALLOW_ORIGIN");
  }
  const { headers: given } = diagnosis.options;
  const own = new Headers(typeof given === "function" ? await given() : given);
  const { era, protocolVersion } = diagnosis.facts;
  const sent = HEADERS.filter((name) => !connected || isSent(name, protocolVersion));
  const names = only ?? [...new Set([...sent, ...own.keys()])];
  const refused = (await refuses(diagnosis, base, names)) ? await Promise.all(names.map((name) => refuses(diagnosis, base, [name]))) : [];
  const missing = names.filter((_, i) => refused[i]);
  if (!missing.length) {
    if (!connected && !only) diagnosis.find("CORS_ALLOW_ORIGIN", { method: "POST" });
    return false;
  }
  if (missing.length === names.length && !only) return diagnosis.find("CORS_PREFLIGHT");
  const needed = missing.filter((name) => own.has(name) || only || !optional(name, connected && era));
  diagnosis.find("CORS_ALLOW_HEADERS", { headers: missing, era, names: sent, severity: needed.length ? "error" : "warning" });
  return true;
}

/**
 * Whether there is a header in a revision. A server that agreed on the last one before 2026-07-28 may
 * speak that as well.
 * @param {string} name
 * @param {string | undefined} version
 */
function isSent(name, version = "") {
  if (name === "last-event-id") return version < "2026-07-28";
  if (name === "mcp-protocol-version") return version >= "2025-06-18";
  return !(name === "mcp-method" || name === "mcp-name") || version >= "2025-11-25";
}

/** Whether a client does without a header in the era in which it has connected. @param {string} name @param {string | false | undefined} era */
function optional(name, era) {
  if (era === "legacy" && (name === "mcp-method" || name === "mcp-name")) return true;
  return OPTIONAL.includes(name) || (era === "modern" && name === "mcp-session-id");
}

/**
 * Whether the server refuses a request for its headers. Nothing but the preflight is about their values.
 * @param {Work} diagnosis
 * @param {RequestInit} base a request that it answers
 * @param {string[]} names
 */
async function refuses(diagnosis, base, names) {
  const values = names.map((name) => [name, name === "content-type" ? "application/json" : "probe"]);
  const { failed, end } = await diagnosis.ask({ ...base, headers: { ...base.headers, ...Object.fromEntries(values) } });
  end();
  return Boolean(failed);
}
