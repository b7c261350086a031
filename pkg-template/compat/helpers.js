// The SDKs' helpers around messages and requests.
import { parseJSONRPCMessage } from "./guards.js";

export const JSONRPC_VERSION = "2.0";
export const LATEST_PROTOCOL_VERSION = "2025-11-25";
export const DEFAULT_NEGOTIATED_PROTOCOL_VERSION = "2025-03-26";
export const SUPPORTED_PROTOCOL_VERSIONS = [LATEST_PROTOCOL_VERSION, "2025-06-18", DEFAULT_NEGOTIATED_PROTOCOL_VERSION, "2024-11-05"];
export const RELATED_TASK_META_KEY = "io.modelcontextprotocol/related-task";
export const DEFAULT_REQUEST_TIMEOUT_MSEC = 60_000;

/** @param {{ name: string, title?: string, annotations?: { title?: string } }} metadata */
export const getDisplayName = ({ title, annotations, name }) => title || annotations?.title || name;

/** @param {object} base @param {object} additional */
export function mergeCapabilities(base, additional) {
  /** @type {Record<string, unknown>} */
  const merged = { ...base };
  for (const [name, value] of Object.entries(additional)) {
    if (value === undefined) continue;
    const before = merged[name];
    const both = [before, value].every((one) => typeof one === "object" && one !== null && !Array.isArray(one));
    merged[name] = both ? { .../** @type {object} */ (before), .../** @type {object} */ (value) } : value;
  }
  return merged;
}

/** @param {{ form?: object, url?: object } | undefined} elicitation what the client has declared */
export function getSupportedElicitationModes(elicitation) {
  const { form, url } = elicitation ?? {};
  return { supportsFormMode: Boolean(elicitation && (form || !url)), supportsUrlMode: Boolean(url) };
}

/** @param {{ params: { ref: { type: string } } }} request */
export function assertCompleteRequestPrompt({ params }) {
  if (params.ref.type !== "ref/prompt") throw new TypeError(`Expected CompleteRequestPrompt, but got ${params.ref.type}`);
}

/** @param {{ params: { ref: { type: string } } }} request */
export function assertCompleteRequestResourceTemplate({ params }) {
  if (params.ref.type !== "ref/resource") throw new TypeError(`Expected CompleteRequestResourceTemplate, but got ${params.ref.type}`);
}

/** @param {string} line @returns {unknown} */
export const deserializeMessage = (line) => parseJSONRPCMessage(JSON.parse(line));
/** @param {unknown} message */
export const serializeMessage = (message) => `${JSON.stringify(message)}\n`;

/** @param {string | null | undefined} header a content type */
export const isJsonContentType = (header) => header?.split(";")[0]?.trim().toLowerCase() === "application/json";

/** @typedef {(url: string | URL, init?: RequestInit) => Promise<Response>} Fetch */
/** @typedef {(next: Fetch) => Fetch} Middleware */

/** Requests with other options beneath theirs. @param {Fetch} [request] @param {RequestInit} [base] @returns {Fetch} */
export function createFetchWithInit(request = globalThis.fetch, base) {
  if (!base) return request;
  return (url, init) => {
    const headers = new Headers(base.headers);
    new Headers(init?.headers).forEach((value, name) => headers.set(name, value));
    return request(url, { ...base, ...init, headers });
  };
}

/** @param {Middleware[]} middleware the first is outermost @returns {Middleware} */
export const applyMiddlewares =
  (...middleware) =>
  (next) =>
    middleware.reduceRight((request, wrap) => wrap(request), next);

/** @param {(next: Fetch, url: string | URL, init?: RequestInit) => Promise<Response>} handler @returns {Middleware} */
export const createMiddleware = (handler) => (next) => (input, init) => handler(next, input, init);

/** @typedef {{ method: string, url: string | URL, status: number, statusText: string, duration: number, requestHeaders?: Headers, responseHeaders?: Headers, error?: Error }} Line */

/** @param {Line} log */
function write({ method, url, status, statusText, duration, requestHeaders, responseHeaders, error }) {
  const headers = [requestHeaders, responseHeaders].map((list) => list && JSON.stringify([...list]));
  const line = `HTTP ${method} ${url} ${error ? `failed: ${error.message}` : `${status} ${statusText}`} (${duration.toFixed(0)}ms)`;
  console[error || status >= 400 ? "error" : "log"]([line, ...headers].filter(Boolean).join(" "));
}

/** @param {{ logger?: (line: Line) => void, includeRequestHeaders?: boolean, includeResponseHeaders?: boolean, statusLevel?: number }} [options] @returns {(next: Fetch) => Fetch} */
export const withLogging =
  ({ logger = write, includeRequestHeaders = false, includeResponseHeaders = false, statusLevel = 0 } = {}) =>
  (next) =>
  async (url, init) => {
    const began = performance.now();
    const said = () => ({
      method: init?.method ?? "GET",
      url,
      duration: performance.now() - began,
      requestHeaders: includeRequestHeaders ? new Headers(init?.headers) : undefined,
    });
    try {
      const response = await next(url, init);
      const { status, statusText, headers } = response;
      if (status >= statusLevel) logger({ ...said(), status, statusText, responseHeaders: includeResponseHeaders ? headers : undefined });
      return response;
    } catch (error) {
      logger({ ...said(), status: 0, statusText: "Network Error", error: /** @type {Error} */ (error) });
      throw error;
    }
  };

/** What a server says about who may come in. @param {Response} response */
export function extractWWWAuthenticateParams({ headers }) {
  const header = headers.get("www-authenticate") ?? "";
  if (!/^(?:bearer|dpop)\s/i.test(header)) return {};
  /** @type {Record<string, string>} */
  const params = {};
  for (const [, name, quoted, plain] of header.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    params[name?.toLowerCase() ?? ""] ??= quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
  }
  const { resource_metadata: url = "", scope, error, error_description: errorDescription } = params;
  return { resourceMetadataUrl: URL.canParse(url) ? new URL(url) : undefined, scope, error, errorDescription };
}

/** @param {Response} response */
export const extractResourceMetadataUrl = (response) => extractWWWAuthenticateParams(response).resourceMetadataUrl;
