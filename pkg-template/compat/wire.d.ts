/** Transports, by the shapes that the TypeScript SDKs give them. */
import type { JSONRPCMessage, RequestId } from "./messages.js";
import type { AuthInfo } from "./oauth.js";

/** Makes an HTTP request. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;
/** Wraps one that does. */
export type Middleware = (next: FetchLike) => FetchLike;
/** Is told of each HTTP request. */
export type RequestLogger = (input: {
  method: string;
  url: string | URL;
  status: number;
  statusText: string;
  duration: number;
  requestHeaders?: Headers;
  responseHeaders?: Headers;
  error?: Error;
}) => void;
/** What a middleware writes into a log. */
export type LoggingOptions = {
  logger?: RequestLogger;
  includeRequestHeaders?: boolean;
  includeResponseHeaders?: boolean;
  statusLevel?: number;
};

/** What a message is sent with. */
export type TransportSendOptions = {
  relatedRequestId?: RequestId | undefined;
  /** The id of the last event of a stream that broke off: the request is not sent, its stream goes on. */
  resumptionToken?: string | undefined;
  /** Is told the id of each event of the answer's stream. */
  onresumptiontoken?: ((token: string) => void) | undefined;
  requestSignal?: AbortSignal | undefined;
  onRequestStreamEnd?: (() => void) | undefined;
  /** Headers of this message's HTTP request. */
  headers?: Readonly<Record<string, string>> | undefined;
};

/** By which revision a message was read. */
export interface MessageClassification {
  era: "legacy" | "modern";
  revision?: string;
}

/** What a transport says beside a message. */
export interface MessageExtraInfo {
  requestInfo?: RequestInfo;
  request?: globalThis.Request;
  classification?: MessageClassification;
  authInfo?: AuthInfo;
  closeSSEStream?: () => void;
  closeStandaloneSSEStream?: () => void;
}

/** Headers, as Node has them. */
export type IsomorphicHeaders = Record<string, string | string[] | undefined>;
/** The HTTP request of a message. */
export interface RequestInfo {
  headers: IsomorphicHeaders;
  url?: URL;
}

/** A transport. */
export interface Transport {
  start(): Promise<void>;
  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void>;
  close(): Promise<void>;
  readonly hasPerRequestStream?: boolean;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: (<T extends JSONRPCMessage>(message: T, extra?: MessageExtraInfo) => void) | undefined;
  sessionId?: string | undefined;
  setProtocolVersion?: ((version: string) => void) | undefined;
  setSupportedProtocolVersions?: ((versions: string[]) => void) | undefined;
}

/** How a stream of events is opened. */
export interface StartSSEOptions {
  resumptionToken?: string;
  onresumptiontoken?: (token: string) => void;
  replayMessageId?: string | number;
  requestSignal?: AbortSignal;
  onRequestStreamEnd?: () => void;
}

/** How often a stream that broke off is opened again; delays in milliseconds. */
export interface StreamableHTTPReconnectionOptions {
  /** @default 30_000 */
  maxReconnectionDelay: number;
  /** @default 1_000 */
  initialReconnectionDelay: number;
  /** @default 1.5 */
  reconnectionDelayGrowFactor: number;
  /** @default 2 */
  maxRetries: number;
}

/** Opens a stream again when it is time, instead of a timer; returns what takes that back. */
export type ReconnectionScheduler = (reconnect: () => void, delay: number, attemptCount: number) => (() => void) | void;
export {};
