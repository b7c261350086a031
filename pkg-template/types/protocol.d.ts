/** What all of the protocol's messages are made of, in both eras. */
import type { JsonObject, ProgressToken } from "./jsonrpc.js";

/** The protocol revisions this package speaks. */
export type ProtocolVersion = "2024-11-05" | "2025-03-26" | "2025-06-18" | "2025-11-25" | "2026-07-28";

/** Who says something. */
export type Role = "user" | "assistant";

/** The members of a request's `_meta` that the protocol names; the client writes them by itself. */
export interface RequestMeta extends JsonObject {
  progressToken?: ProgressToken;
  "io.modelcontextprotocol/protocolVersion"?: string;
  "io.modelcontextprotocol/clientInfo"?: Implementation;
  "io.modelcontextprotocol/clientCapabilities"?: ClientCapabilities;
  "io.modelcontextprotocol/logLevel"?: LoggingLevel;
}

/** The members of a result's `_meta` that the protocol names. */
export interface ResultMeta extends JsonObject {
  "io.modelcontextprotocol/serverInfo"?: Implementation;
}

/** A picture to show. Check where `src` leads before fetching it. */
export interface Icon {
  src: string;
  mimeType?: string;
  sizes?: string[];
  theme?: "light" | "dark";
  [key: string]: unknown;
}

/** Who is at one end of a connection. For display only. */
export interface Implementation {
  name: string;
  version: string;
  title?: string;
  description?: string;
  websiteUrl?: string;
  icons?: Icon[];
  [key: string]: unknown;
}

/** What a client can do. Handlers declare their capabilities by themselves. */
export interface ClientCapabilities {
  /** Non-standard ones, by name. */
  experimental?: { [name: string]: JsonObject };
  /** Extensions, by their ids. */
  extensions?: { [id: string]: JsonObject };
  roots?: { listChanged?: boolean; [key: string]: unknown };
  sampling?: { context?: JsonObject; tools?: JsonObject; [key: string]: unknown };
  elicitation?: { form?: JsonObject; url?: JsonObject; [key: string]: unknown };
  /** Of 2025-11-25. */
  tasks?: JsonObject;
  [key: string]: unknown;
}

/** What a server can do. */
export interface ServerCapabilities {
  /** Non-standard ones, by name. */
  experimental?: { [name: string]: JsonObject };
  /** Extensions, by their ids. */
  extensions?: { [id: string]: JsonObject };
  tools?: { listChanged?: boolean; [key: string]: unknown };
  resources?: { subscribe?: boolean; listChanged?: boolean; [key: string]: unknown };
  prompts?: { listChanged?: boolean; [key: string]: unknown };
  logging?: JsonObject;
  completions?: JsonObject;
  /** Of 2025-11-25. */
  tasks?: JsonObject;
  [key: string]: unknown;
}

/** What every result has. */
export interface Result {
  /** Which kind of result it is (2026-07-28); `"complete"` unless the server asks for input. */
  resultType?: string;
  _meta?: ResultMeta;
  [key: string]: unknown;
}

/** For how long a result may be kept, and by whom (2026-07-28). */
export interface CacheableResult extends Result {
  /** Milliseconds; 0 for not at all. */
  ttlMs?: number;
  cacheScope?: "public" | "private";
}

/** What every list has. */
export interface Page extends CacheableResult {
  /** Where the next page starts; `undefined` on the last. */
  nextCursor?: string;
}

/** What a list is asked with. */
export interface ListParams {
  /** Where the page starts: a `nextCursor`. Any text is one, also the empty one. */
  cursor?: string;
  _meta?: RequestMeta;
}

/** The answer to `initialize`, in revisions before 2026-07-28. */
export interface InitializeResult extends Result {
  protocolVersion: string;
  capabilities: ServerCapabilities;
  serverInfo: Implementation;
  instructions?: string;
}

/** The answer to `server/discover`, from 2026-07-28 on. */
export interface DiscoverResult extends CacheableResult {
  supportedVersions: string[];
  capabilities: ServerCapabilities;
  instructions?: string;
}

/** What to know about a piece of content. Hints of the server, not to be trusted. */
export interface Annotations {
  audience?: Role[];
  /** From 0, optional, to 1, needed. */
  priority?: number;
  /** An ISO 8601 time. */
  lastModified?: string;
  [key: string]: unknown;
}

/** The levels of log messages, from least to most severe. */
export type LoggingLevel =
  | "debug"
  | "info"
  | "notice"
  | "warning"
  | "error"
  | "critical"
  | "alert"
  | "emergency";

/** A log message of the server. */
export interface LoggingMessage {
  level: LoggingLevel;
  logger?: string;
  data: unknown;
  _meta?: JsonObject;
}
