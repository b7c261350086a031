// What can be found, in words.
import { isLoopback } from "./probe.js";

/** The headers that a page sends and that are not allowed by themselves. */
export const HEADERS = [
  "content-type",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
  "mcp-session-id",
  "last-event-id",
  "authorization",
];
/** Without these, something works less well. */
export const OPTIONAL = ["last-event-id", "authorization"];

const ALLOW_HEADERS = `Access-Control-Allow-Headers: ${HEADERS.join(", ")}`;
const ALLOW_METHODS = "Access-Control-Allow-Methods: GET, POST, DELETE";
const EXPOSE = "Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate";

/** All that a page may need: nobody should have to ask again for the next line. @param {{ origin?: string }} facts */
const everything = (facts) => `${allowOrigin(facts)}\n${ALLOW_METHODS}\n${ALLOW_HEADERS}\n${EXPOSE}`;

/** What helps who cannot change the server. @param {{ url: string, origin?: string }} facts */
const elsewhere = ({ url, origin }) =>
  isLoopback(new URL(url).hostname)
    ? `\n(If it is a gateway of mcp-wasm: start it with --origin ${origin}.)`
    : `\n(If the server is not yours, a gateway on your machine lets pages in: npx mcp-wasm-gateway --url ${url}${origin ? ` --origin ${origin}` : ""})`;

/** Where a server says how to log in. @param {string} server */
const placeOf = (server) => {
  const { origin, pathname } = new URL(server);
  return `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, "")}`;
};

/** @param {{ origin?: string }} facts */
const allowOrigin = ({ origin }) => `Access-Control-Allow-Origin: ${origin}`;

/** What is wrong and what to do, each a function of what is known. @type {Record<string, (facts: any) => [what: string, fix: string]>} of each code's own facts */
const TEXTS = {
  INVALID_URL: ({ url }) => [`${url} is no address to connect to.`, "Give a URL that starts with ws:, wss:, http: or https:."],
  MIXED_CONTENT: ({ url }) => [
    `The page came by https, and ${url} is not encrypted: browsers refuse that (Safari also for localhost).`,
    `Serve it with TLS and connect to ${url.replace(/^(ws|http):/, "$1s:")}, or by a path of the page's own server that is passed on to it.`,
  ],
  WASM_BLOCKED: () => [
    "The page's Content-Security-Policy forbids WebAssembly, so the client cannot start.",
    "Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval'",
  ],
  NOT_INITIALIZED: () => [
    "The client's module has not been given, so only the network was looked at.",
    'Import "mcp-wasm" beside "mcp-wasm/diagnose", or call `init` of "mcp-wasm/slim" first.',
  ],
  CSP_BLOCKED: ({ url, target }) => [
    `The page's Content-Security-Policy does not let it connect to ${url}.`,
    `Content-Security-Policy: connect-src 'self' ${target}`,
  ],
  NO_ANSWER: ({ url, reason, late }) => [
    late
      ? `${url} did not answer in time.`
      : `Nobody answers at ${url}${reason ? ` (${reason})` : ""}: no server listens there, its name or its certificate is wrong, or the browser, an extension or a firewall refuses.`,
    "Start the server, and check host and port; open the address in a tab of its own to see what the browser says of it. A server that is a program is started by a gateway: npx mcp-wasm-gateway -- COMMAND.",
  ],
  LOCAL_NETWORK_ACCESS: ({ url, origin, state }) => [
    state === "denied"
      ? `The browser was told not to let pages of ${origin} reach this machine or its network, where ${url} is.`
      : `The browser asks before pages of ${origin} reach this machine or its network, where ${url} is, and was not told to allow it. It asks only pages that came by https.`,
    "Press Allow when the browser asks, or allow local network access in its settings of this site, and connect again. If that is allowed, look whether the server runs.",
  ],
  REDIRECTED: ({ url }) => [
    `${url} leads elsewhere by a redirect, which is not followed, because headers and credentials would go along.`,
    "Connect to the address that it leads to; often it is the same with or without a slash at its end, or with https.",
  ],
  CORS_ALLOW_ORIGIN: (facts) => [
    `${facts.url} answers${facts.method ? ` ${facts.method}` : ""}, but without permission for pages of ${facts.origin} to read that. So also look errors (401, 403, 404, 500) that are answered without CORS headers.`,
    `${everything(facts)}${elsewhere(facts)}`,
  ],
  CORS_PREFLIGHT: (facts) => [
    `${facts.url} does not answer OPTIONS as browsers want it, so no request with a header of the protocol leaves the page.`,
    `Answer OPTIONS with status 204 and\n${everything(facts)}${elsewhere(facts)}`,
  ],
  CORS_ALLOW_HEADERS: ({ url, headers, era, names = HEADERS }) => [
    `${url} does not allow pages to send ${headers.join(", ")}.${era === "legacy" && headers.includes("mcp-method") ? " If the server speaks 2026-07-28, that is why the client fell back to `initialize`." : ""}`,
    `Access-Control-Allow-Headers: ${[...new Set([...names, ...headers])].join(", ")} (and mcp-param-* if a tool has x-mcp-header)${era ? "" : `\n${ALLOW_METHODS}\n${EXPOSE}`}`,
  ],
  CORS_EXPOSE_HEADERS: ({ url }) => [
    `${url} opens a session, but does not let pages read its id, and refuses what comes without.`,
    EXPOSE,
  ],
  CORS_ALLOW_METHODS: ({ url }) => [
    `${url} does not allow pages the method DELETE, so sessions stay open on the server until they expire.`,
    ALLOW_METHODS,
  ],
  FORBIDDEN: ({ url, origin, status }) => [
    `${url} refuses with status ${status}: the origin ${origin ?? "(none)"}, the host name or the credentials are not accepted there.`,
    `Allow the origin ${origin ?? "of the page"} on the server (mcp-wasm: \`Options::allowed_origins\`), or connect with credentials.`,
  ],
  GATEWAY_TOKEN: ({ url }) => [
    `There is a gateway at ${url}, which wants its token. It printed that where it was started.`,
    'Connect with `{ headers: { Authorization: "Bearer TOKEN" } }`, over WebSocket with `{ protocols: ["mcp", "mcp.ticket.TOKEN"] }`.',
  ],
  AUTHENTICATION_REQUIRED: ({ url, challenge }) => [
    `${url} wants authentication${challenge ? `: WWW-Authenticate: ${challenge}` : " (status 401; a page sees WWW-Authenticate only if that is exposed)"}.`,
    'Connect with `{ auth: new OAuth() }` of mcp-wasm/auth, or with `{ headers: { Authorization: "Bearer …" } }`.',
  ],
  AUTH_CHALLENGE: ({ url, server, several }) => [
    several
      ? `The WWW-Authenticate that ${url} sends does not say where its metadata is; it was found in the usual place.`
      : `Pages see no WWW-Authenticate of ${url}: it sends none, does not expose it, or sends several such fields, which Firefox hides. So they do not learn which scopes to ask for.`,
    `WWW-Authenticate: Bearer resource_metadata="${placeOf(server)}", scope="…"\n${EXPOSE}`,
  ],
  AUTH_METADATA: ({ server, said }) => [
    `Nobody can find out how to log in: ${said}.`,
    `At ${placeOf(server)}: { "resource": ${JSON.stringify(server)}, "authorization_servers": ["https://…"] }, and at the authorization server its metadata, /.well-known/oauth-authorization-server.`,
  ],
  AUTH_CORS: ({ origin, about }) => [
    `${about} is needed to log in, and pages may not read it.`,
    `Access-Control-Allow-Origin: ${origin ?? "*"} (in the answers of ${about}; or the option \`fetch\` of OAuth goes by a server of yours)`,
  ],
  AUTH_RESOURCE_MISMATCH: ({ server, said }) => [
    `The metadata is that of another server: ${said}.`,
    `"resource": ${JSON.stringify(server)} (in the document at ${placeOf(server)})`,
  ],
  AUTH_ISSUER_MISMATCH: ({ issuer, said }) => [
    `The authorization server has another name for itself than the server has for it: ${said}.`,
    `"issuer": ${JSON.stringify(issuer)} (in its metadata, or the other name in \`authorization_servers\`)`,
  ],
  AUTH_PKCE: ({ issuer }) => [
    `${issuer} does not say that it knows PKCE, without which nobody may log in from a page.`,
    `"code_challenge_methods_supported": ["S256"] (in its metadata; if it knows it nonetheless, the option \`assumePkce: [${JSON.stringify(issuer)}]\`)`,
  ],
  AUTH_CLIENT: ({ issuer }) => [
    `${issuer} registers no app by itself, and takes no document about one.`,
    `"registration_endpoint" or "client_id_metadata_document_supported": true (in its metadata), or register the app there and give \`new OAuth({ client: { id, issuer: ${JSON.stringify(issuer)} } })\`.`,
  ],
  WRONG_PATH: ({ url, status }) => [
    `There is a server, but no MCP endpoint at the path ${new URL(url).pathname} (status ${status}).`,
    "Connect to the endpoint's full address; its path is often /mcp.",
  ],
  HTTP_SSE_ONLY: ({ url }) => [
    `${url} speaks HTTP+SSE of 2024-11-05, which is deprecated and not supported.`,
    "Serve Streamable HTTP (usually at /mcp) or WebSocket.",
  ],
  NOT_MCP: ({ url, type }) => [
    `${url} answers${type ? ` with ${type}` : ""}, but does not speak MCP.${/html/.test(type ?? "") ? " Development servers answer unknown paths with their page." : ""}`,
    "Connect to the endpoint's full address, or let the development server pass that path on to the MCP server.",
  ],
  PROBE_FAILED: ({ url, status }) => [
    `${url} answers the question which revision it speaks (server/discover) with status ${status}, as some servers do that are older than that question; it speaks to who begins with \`initialize\`.`,
    'Connect with `mode: "legacy"`, or let the server answer unknown methods with status 400 or the error -32601.',
  ],
  HTTP_ERROR: ({ url, status }) => [`${url} answers with status ${status}.`, "Look into the server's log."],
  WRONG_ERA: ({ asked, speaks }) => [
    `The server speaks ${speaks ?? "no revision of the protocol that this client knows"}, and the client insists on ${asked}.`,
    speaks ? 'Connect with `mode: "auto"`, the default, or update the server.' : "Update the server, or this package.",
  ],
  NO_SUBPROTOCOL: ({ url, protocol }) => [
    `${url} opens WebSockets, but does not select the subprotocol "${protocol}", as browsers and MCP want it.`,
    `Sec-WebSocket-Protocol: ${protocol} (in the answer to the upgrade)`,
  ],
  WEBSOCKET_REFUSED: ({ url, origin, status }) => [
    `There is a server${status ? `, which answers with status ${status}` : ""}, but it opens no WebSocket at ${url}: another path, or it does not accept the origin ${origin ?? "(none)"}.`,
    "Check the path, and allow the page's origin on the server (mcp-wasm: `Options::allowed_origins`); or connect by http(s).",
  ],
  HANDSHAKE_FAILED: ({ error }) => [`Connecting failed: ${error?.message ?? error}`, "Look into the server's log."],
};

/** What only costs comfort. */
const WARNINGS = ["CORS_ALLOW_METHODS"];

/**
 * @param {string} code
 * @param {{ severity?: "error" | "warning", headers?: string[], status?: number, [name: string]: unknown }} facts
 * @returns {import("../types/diagnosis.js").Finding}
 */
export function finding(code, facts) {
  const [what, fix] = /** @type {(facts: unknown) => [string, string]} */ (TEXTS[code])(facts);
  const severity = facts.severity ?? (WARNINGS.includes(code) ? "warning" : "error");
  const { headers, status } = facts;
  return { code: /** @type {import("../types/diagnosis.js").FindingCode} */ (code), severity, what, fix, ...(headers ? { headers } : {}), ...(status ? { status } : {}) };
}
