/** What keeps a page from connecting. */
import type { McpError } from "./errors.js";
import type { ClientOptions, ConnectOptions } from "./options.js";
import type { Implementation, ProtocolVersion } from "./protocol.js";

/** What can be found. */
export type FindingCode =
  /** No URL that one can connect to. */
  | "INVALID_URL"
  /** A page that came by https, and an address without TLS. */
  | "MIXED_CONTENT"
  /** The page's policy lacks `'wasm-unsafe-eval'`. */
  | "WASM_BLOCKED"
  /** Neither `mcp-wasm` nor `init` of `mcp-wasm/slim` has been called for. */
  | "NOT_INITIALIZED"
  /** The page's policy lacks the server in `connect-src`. */
  | "CSP_BLOCKED"
  /** Nobody there, or not in time. */
  | "NO_ANSWER"
  /** The browser asks before pages reach a machine or its network, and was not told to allow it. */
  | "LOCAL_NETWORK_ACCESS"
  /** A redirect, which is not followed. */
  | "REDIRECTED"
  /** `Access-Control-Allow-Origin` is missing. */
  | "CORS_ALLOW_ORIGIN"
  /** `OPTIONS` is not answered. */
  | "CORS_PREFLIGHT"
  /** `Access-Control-Allow-Headers` lacks some; they are in `headers`. */
  | "CORS_ALLOW_HEADERS"
  /** `Access-Control-Expose-Headers` lacks `Mcp-Session-Id`. */
  | "CORS_EXPOSE_HEADERS"
  /** `Access-Control-Allow-Methods` lacks `DELETE`. */
  | "CORS_ALLOW_METHODS"
  /** The server refuses the origin, the host or the credentials. */
  | "FORBIDDEN"
  /** The server wants credentials. */
  | "GATEWAY_TOKEN"
  | "AUTHENTICATION_REQUIRED"
  /** `WWW-Authenticate` is missing, hidden from pages or in several fields, or names no metadata; a warning. */
  | "AUTH_CHALLENGE"
  /** The metadata of the server, or of its authorization server, is missing or wrong. */
  | "AUTH_METADATA"
  /** Pages may not read the metadata, or what the token endpoint answers. */
  | "AUTH_CORS"
  /** The metadata is that of another server. */
  | "AUTH_RESOURCE_MISMATCH"
  /** The authorization server's metadata has another issuer. */
  | "AUTH_ISSUER_MISMATCH"
  /** The authorization server does not announce PKCE with `S256`. */
  | "AUTH_PKCE"
  /** Apps cannot register by themselves, so that one has to be given; a warning. */
  | "AUTH_CLIENT"
  /** A server, but no endpoint at that path. */
  | "WRONG_PATH"
  /** An endpoint of the deprecated transport. */
  | "HTTP_SSE_ONLY"
  /** Something else answers, such as a web page. */
  | "NOT_MCP"
  /** The server fails when it is asked for its revision, and speaks the older ones: `mode: "legacy"` helps. */
  | "PROBE_FAILED"
  /** Another HTTP status. */
  | "HTTP_ERROR"
  /** The server speaks no revision that the client wants. */
  | "WRONG_ERA"
  /** The WebSocket opens without the subprotocol. */
  | "NO_SUBPROTOCOL"
  /** A server, but it opens no WebSocket there. */
  | "WEBSOCKET_REFUSED"
  /** Anything else; `error` says what. */
  | "HANDSHAKE_FAILED";

/** One thing that was found. */
export interface Finding {
  /** Says which; stable, unlike the words. */
  code: FindingCode;
  /** A `"warning"` does not keep anybody from connecting. */
  severity: "error" | "warning";
  /** What is wrong, in a sentence. */
  what: string;
  /** What to do: the line to add on the server where there is one. */
  fix: string;
  /** The names of the headers that it is about. */
  headers?: string[];
  /** The HTTP status that it is about. */
  status?: number;
}

/** What {@link Client.diagnose} tells. */
export interface Diagnosis {
  /** Whether a client can connect and work. */
  ok: boolean;
  /** The address that was looked at, without what may be secret in it: user, password, query. */
  url: string;
  /** What was found, the first cause first. */
  findings: Finding[];
  /** Which of the two ways to speak MCP the server was found to speak. */
  era?: "modern" | "legacy";
  /** The revision that was agreed on. */
  protocolVersion?: ProtocolVersion;
  /** The server's name and version. */
  server?: Implementation;
  /** What connecting failed with. */
  error?: McpError;
}

/** What a diagnosis can be told. */
export interface DiagnoseOptions extends Pick<ConnectOptions, "headers" | "fetch" | "protocols">, Pick<ClientOptions, "mode"> {
  /**
   * Milliseconds for each thing that is tried.
   * @default 5_000
   */
  timeout?: number;
  /**
   * Who the client is.
   * @default { name: "diagnose", version: "1.0.0" }
   */
  info?: Implementation;
}
