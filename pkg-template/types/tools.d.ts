/** Tools: what they are, how they are called, what they return, and the tasks that calls become. */
import type { InputRequests, InputResponses } from "./asked.js";
import type { ContentBlock } from "./content.js";
import type { JsonObject } from "./jsonrpc.js";
import type { Icon, Page, RequestMeta, Result } from "./protocol.js";

/** A JSON schema. Its keywords depend on the dialect, so they are open. */
export interface JsonSchema {
  $schema?: string;
  type?: string | string[];
  [keyword: string]: unknown;
}

/** What a tool does to the world. Hints of the server, not to be trusted. */
export interface ToolAnnotations {
  title?: string;
  /** @default false */
  readOnlyHint?: boolean;
  /** @default true */
  destructiveHint?: boolean;
  /** @default false */
  idempotentHint?: boolean;
  /** @default true */
  openWorldHint?: boolean;
  [key: string]: unknown;
}

/** A tool. */
export interface Tool {
  name: string;
  title?: string;
  description?: string;
  /** Of its arguments, which are an object. */
  inputSchema: JsonSchema;
  /** Of the result's `structuredContent`. */
  outputSchema?: JsonSchema;
  annotations?: ToolAnnotations;
  /** Whether its calls become tasks (2025-11-25). */
  execution?: { taskSupport?: "forbidden" | "optional" | "required"; [key: string]: unknown };
  icons?: Icon[];
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** The server's tools. */
export interface ListToolsResult extends Page {
  tools: Tool[];
}

/** The params of a tool call. */
export interface CallToolParams {
  name: string;
  arguments?: object;
  /** With `inputRequired: "manual"`: the answers to what the server asked, by its keys. */
  inputResponses?: InputResponses;
  /** With `inputRequired: "manual"`: as the server gave it. */
  requestState?: string;
  _meta?: RequestMeta;
}

/** The same, by the protocol's name. */
export type CallToolRequestParams = CallToolParams;

/**
 * What a tool returned, with every member the server sent.
 *
 * @typeParam Out what its output schema describes. It is taken at its word: `outputValidation`
 *   checks it.
 *
 * @example
 * ```ts
 * const { structuredContent } = await client.callTool<{ celsius: number }>("weather", { city });
 * show(structuredContent?.celsius);
 * ```
 */
export interface CallToolResult<Out = unknown> extends Result {
  content: ContentBlock[];
  /** Of a tool with an output schema; absent if the tool failed. */
  structuredContent?: Out;
  /** Whether the tool failed; `content` then says why. */
  isError?: boolean;
}

/** With `inputRequired: "manual"`: what the server wants to know before it answers (2026-07-28). */
export interface InputRequiredResult extends Result {
  resultType: "input_required";
  inputRequests?: InputRequests;
  requestState?: string;
}

/** How a task stands. */
export type TaskStatus = "working" | "input_required" | "completed" | "failed" | "cancelled";

/** A tool call that the server works on while nobody waits. */
export interface Task {
  taskId: string;
  status: TaskStatus;
  statusMessage?: string;
  createdAt?: string;
  lastUpdatedAt?: string;
  /** Milliseconds for which it is kept; 2025-11-25 has `ttl`. */
  ttlMs?: number | null;
  /** Milliseconds between two polls; 2025-11-25 has `pollInterval`. */
  pollIntervalMs?: number;
  ttl?: number | null;
  pollInterval?: number;
  [key: string]: unknown;
}
