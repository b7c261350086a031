/** Log-ins, for servers that ask for one: `import { OAuth } from "mcp-wasm/auth"`. */
import { McpError } from "../types/errors.js";
import type { AuthAnswer, Authorizer } from "../types/authorizer.js";

export type { AuthAnswer, Authorizer } from "../types/authorizer.js";

/** What a log-in can fail with. */
export type AuthErrorCode =
  | "AUTH_REQUIRED"
  | "AUTH_SCOPE"
  | "AUTH_DENIED"
  | "AUTH_CANCELLED"
  | "AUTH_POPUP_BLOCKED"
  | "AUTH_STATE"
  | "AUTH_ISSUER_MISMATCH"
  | "AUTH_RESOURCE_MISMATCH"
  | "AUTH_METADATA"
  | "AUTH_PKCE"
  | "AUTH_CLIENT"
  | "AUTH_REGISTRATION"
  | "AUTH_TOKEN"
  | "AUTH_CORS"
  | "AUTH_LOOP"
  | "AUTH_INSECURE"
  | "AUTH_TRANSIENT";

/** What an {@link AuthError} knows beside its words. */
export interface AuthErrorDetails {
  /** The server that the log-in is for. */
  server: string;
  /** The address that something is wrong with, or that the person has to be sent to. */
  url?: string;
  /** The authorization server. */
  issuer?: string;
  /** The scopes to log in with. */
  scopes?: string[];
  /** What the authorization server called it, such as `invalid_grant`. Data of somebody else: show it as text only. */
  error?: string;
  /** What the authorization server said of it. Data of somebody else: show it as text only. */
  description?: string;
  /** Where metadata was looked for. */
  tried?: { url: string; status: number | "blocked" }[];
}

/**
 * A log-in is needed, or has failed. Tokens, codes and secrets are in none of its members.
 *
 * @example
 * ```js
 * client.callTool("delete", args).catch((error) => {
 *   if (error.code === "AUTH_SCOPE") button.onclick = () => auth.login(error);
 * });
 * ```
 */
export class AuthError extends McpError {
  constructor(code: AuthErrorCode, message: string, details: AuthErrorDetails & { cause?: unknown });
  readonly code: AuthErrorCode;
  readonly server: string;
  readonly url?: string;
  readonly issuer?: string;
  readonly scopes?: string[];
  readonly error?: string;
  readonly description?: string;
  readonly tried?: { url: string; status: number | "blocked" }[];
}

/** Where log-ins are kept; what throws or rejects is made up for by the page's memory. */
export interface AuthStorage {
  get(key: string): Promise<unknown> | unknown;
  /** Fulfilled when other tabs that share the store read this. */
  set(key: string, value: unknown): Promise<void> | void;
  delete(key: string): Promise<void> | void;
}

/** How log-ins are made and kept. */
export interface OAuthOptions {
  /**
   * The page that log-ins come back to: one that calls {@link finish}.
   * @default "/oauth.html" of this origin
   */
  redirectUri?: string | URL;
  /**
   * The https address of this app's Client ID Metadata Document.
   * @default none: the app registers by itself
   */
  clientMetadata?: string | URL;
  /**
   * A client that was registered by hand. A page may have a secret on localhost only.
   * @default none
   */
  client?: { id: string; issuer?: string; secret?: string };
  /**
   * How this app calls itself where it registers.
   * @default document.title
   */
  clientName?: string;
  /**
   * Where the person logs in: a window, this page, or a function that gets the address and returns
   * the address or query that it leads back to.
   * @default "popup"
   */
  open?: "popup" | "redirect" | ((url: URL, signal: AbortSignal) => Promise<URLSearchParams | string>);
  /**
   * Where tokens live; with `open: "redirect"`, `session()`.
   * @default memory()
   */
  storage?: AuthStorage;
  /**
   * Whether tokens are bound to a key of this browser (DPoP), where the authorization server can.
   * @default false
   */
  dpop?: boolean;
  /**
   * The scopes to ask for where the server names none, by blanks.
   * @default those that the server names
   */
  scope?: string;
  /**
   * The authorization server to take if there are several.
   * @default the first that the server names
   */
  issuer?: string;
  /**
   * The resource to ask for instead of the one that the server names; false: none.
   * @default the one that the server names
   */
  resource?: string | false;
  /**
   * More parameters of the authorization request, such as `audience`.
   * @default {}
   */
  authorizationParams?: Record<string, string>;
  /**
   * Authorization servers that know PKCE without saying so.
   * @default []
   */
  assumePkce?: string[];
  /**
   * Whether an issuer without a path must be spelled with or without its slash as announced.
   * @default false
   */
  strictIssuer?: boolean;
  /**
   * Makes the requests of log-ins.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch;
}

/** How one log-in is made. */
export interface LoginOptions {
  /**
   * Scopes that are needed, by blanks, beside those that the server asked for.
   * @default none
   */
  scope?: string;
  /**
   * Log in anew, and register anew, although there is a log-in.
   * @default false
   */
  fresh?: boolean;
  /**
   * Register, although there is a metadata document.
   * @default the metadata document, if there is one
   */
  registration?: "dynamic";
  /**
   * Where the page goes after a redirect; of this origin only.
   * @default location.href
   */
  returnTo?: string;
  /**
   * Gives the log-in up, with `AUTH_CANCELLED`.
   * @default none
   */
  signal?: AbortSignal;
}

/**
 * Log-ins by OAuth 2.1, one for each server.
 *
 * @example
 * ```js
 * const auth = new OAuth({ storage: indexedDb(), dpop: true });
 * const connect = () => Client.connect("https://mcp.example.com/mcp", { auth });
 * const client = await connect().catch(async (error) => {
 *   if (error.code !== "AUTH_REQUIRED") throw error;
 *   await clicked(button);
 *   await auth.login(error);
 *   return connect();
 * });
 * ```
 */
export class OAuth implements Authorizer {
  /** @throws {McpError} `INVALID_ARGUMENT` for a secret in a page that is not on this machine */
  constructor(options?: OAuthOptions);
  /**
   * Logs in. Call it in a click: it opens a window. Resolves when there are tokens that should do;
   * at once if there are.
   * @throws {AuthError} each with a `code` that says why
   * @throws {McpError} `NOT_LOADED` when a part that is loaded when it is needed did not come
   */
  login(server: string | URL | AuthError, options?: LoginOptions): Promise<void>;
  /** Forgets the tokens here and in all tabs, and takes them back if the authorization server lets it. */
  logout(
    server: string | URL,
    options?: {
      /** @default true */
      revoke?: boolean;
    },
  ): Promise<void>;
  /** What there is for a server; `expires` is in milliseconds since 1970. */
  status(server: string | URL): Promise<{ state: "none" | "ready" | "expired"; issuer?: string; scope?: string; expires?: number }>;
  /** The headers for the app's own requests to a server. */
  headers(request: { method: string; url: string; server?: string }): Promise<Record<string, string>>;
  answered(answer: AuthAnswer): Promise<boolean>;
  ticket(url: string): Promise<string | undefined>;
  /** Hears of log-ins and of their end, in other tabs too. */
  onchange?: (server: string, state: "ready" | "none") => void;
}

/**
 * A token that somebody else has obtained: a header over HTTP, a ticket over WebSocket. A function
 * is asked for each request.
 *
 * @example
 * ```js
 * await client.connect("https://mcp.example.com/mcp", { auth: bearer(() => session.token) });
 * ```
 */
export function bearer(token: string | (() => string | Promise<string>)): Authorizer;

/**
 * Ends a log-in, on the page that it comes back to. False: there is nothing to end.
 * @throws {AuthError} as {@link OAuth.login}, after a redirect
 *
 * @example
 * ```js
 * // The script of the callback page.
 * import { finish } from "mcp-wasm/auth";
 * if (await finish()) location.reload();
 * ```
 */
export function finish(options?: {
  /**
   * Where the app keeps its log-ins.
   * @default session()
   */
  storage?: AuthStorage;
}): Promise<boolean>;

/**
 * Forgets when the page is left: the safest.
 *
 * @example
 * ```js
 * const auth = new OAuth({ storage: memory() });
 * ```
 */
export function memory(): AuthStorage;
/**
 * `sessionStorage`: survives a reload of the tab; every script of the origin can read it.
 *
 * @example
 * ```js
 * const auth = new OAuth({ open: "redirect", storage: session() });
 * ```
 */
export function session(): AuthStorage;
/**
 * `localStorage`: survives everything; every script of the origin can read it, and use it elsewhere.
 *
 * @example
 * ```js
 * const auth = new OAuth({ storage: local() });
 * ```
 */
export function local(): AuthStorage;
/**
 * IndexedDB: survives everything; with `dpop`, nobody can use the tokens elsewhere.
 * @param name of the database
 *
 * @example
 * ```js
 * const auth = new OAuth({ storage: indexedDb(), dpop: true });
 * ```
 */
export function indexedDb(name?: string): AuthStorage;
