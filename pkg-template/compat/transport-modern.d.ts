/** The HTTP transport of the SDK 2.x, and who brings its tokens. */
import { type CommonHTTPOptions, CommonHTTPTransport } from "./common.js";
import type { OAuthClientProvider } from "./oauth-modern.js";
import type { FetchLike, ReconnectionScheduler } from "./wire.js";

/** Brings the access token of each request. */
export interface AuthProvider {
  token(): Promise<string | undefined>;
  onUnauthorized?(context: { response: Response; serverUrl: URL; fetchFn: FetchLike }): Promise<void>;
}
export type StreamableHTTPClientTransportOptions = CommonHTTPOptions<AuthProvider | OAuthClientProvider> & {
  skipIssuerMetadataValidation?: boolean;
  redirectPolicy?: "same-origin" | "follow";
  /** Opens a stream again when it is time, instead of a timer. */
  reconnectionScheduler?: ReconnectionScheduler;
  /** The revision of an earlier connection, to go on with beside `sessionId`. */
  protocolVersion?: string;
  /**
   * What a 403 for missing scopes leads to: a log-in for them, or an `InsufficientScopeError`.
   * @default "reauthorize"
   */
  onInsufficientScope?: "reauthorize" | "throw";
  /**
   * How often one request is sent again with more rights, at most 3.
   * @default 1
   */
  maxStepUpRetries?: number;
};
/** Streamable HTTP, by the SDK's name and options. */
export class StreamableHTTPClientTransport extends CommonHTTPTransport {
  constructor(url: string | URL, options?: StreamableHTTPClientTransportOptions);
  /** Ends a log-in with what the program was called back with; connect by another transport then. */
  finishAuth(callbackParams: URLSearchParams): Promise<void>;
  finishAuth(authorizationCode: string, iss?: string): Promise<void>;
  /** Each request has a stream of its own. */
  readonly hasPerRequestStream: true;
}
/** The options of the SDK's own transport; that goes into `connect`. */
export type SSEClientTransportOptions = {
  authProvider?: AuthProvider | OAuthClientProvider;
  skipIssuerMetadataValidation?: boolean;
  eventSourceInit?: object;
  requestInit?: RequestInit;
  fetch?: FetchLike;
  redirectPolicy?: "same-origin" | "follow";
};
export {};
