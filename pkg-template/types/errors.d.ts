/** Errors. */
import type { AuthErrorCode } from "../auth/index.js";
import type { CallToolResult } from "./tools.js";
import type { HeaderList } from "./transports.js";

/** The stable codes of this package's errors; those of log-ins are at {@link AuthErrorCode}. */
export type ErrorCode =
  | AuthErrorCode
  | "RPC_ERROR"
  | "TIMEOUT"
  | "ABORTED"
  | "CLOSED"
  | "HTTP_ERROR"
  | "HTTP_SSE_ONLY"
  | "PROTOCOL_ERROR"
  | "INCOMPATIBLE_VERSION"
  | "ENDLESS_PAGES"
  | "INVALID_OUTPUT"
  | "UNUSABLE_SCHEMA"
  | "TOOL_ERROR"
  | "INPUT_FAILED"
  | "TASK_FAILED"
  | "INVALID_ARGUMENT"
  | "ALREADY_CONNECTED"
  | "NOT_INITIALIZED"
  | "NOT_LOADED"
  | "WASM_BLOCKED"
  | "WORKER_BLOCKED"
  | "WORKER_FAILED"
  | "MESSAGE_TOO_LARGE"
  | "UNSUPPORTED"
  | "HANDLER_HUNG";

/**
 * The base of the errors. `instanceof` also recognises those of another copy of the package.
 *
 * @example
 * ```js
 * try {
 *   await client.callTool("scan");
 * } catch (error) {
 *   if (error instanceof McpError) show(error.code, error.message);
 * }
 * ```
 */
export class McpError extends Error {
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown });
  /** Says what happened; stable, unlike the message. */
  readonly code: ErrorCode;
}

/**
 * The server answered with a JSON-RPC error.
 *
 * @example
 * ```js
 * if (error instanceof RpcError && error.rpcCode === -32602) show("These arguments do not fit.", error.data);
 * ```
 */
export class RpcError extends McpError {
  constructor(message: string, rpcCode: number, data?: unknown);
  /** The server's number, such as -32602. */
  readonly rpcCode: number;
  /** What else the server said. */
  readonly data: unknown;
}

/**
 * A clock ran out. The server has been told to stop.
 *
 * @example
 * ```js
 * if (error instanceof TimeoutError) show(`Nothing for ${error.timeout / 1000} seconds.`);
 * ```
 */
export class TimeoutError extends McpError {
  constructor(message: string, clock: "idle" | "total" | "connect", timeout: number);
  /** Which clock: `timeout`, `maxTotalTimeout` or `connectTimeout`. */
  readonly clock: "idle" | "total" | "connect";
  /** Its setting, in milliseconds. */
  readonly timeout: number;
}

/**
 * The connection is not open, or was lost.
 *
 * @example
 * ```js
 * if (error instanceof ClosedError && !error.mayHaveRun) await again();
 * ```
 */
export class ClosedError extends McpError {
  constructor(message: string, mayHaveRun: boolean, options?: { cause?: unknown });
  /** Whether the request had left, so that the server may have carried it out. */
  readonly mayHaveRun: boolean;
}

/**
 * The server answered a request with an HTTP status instead of a message.
 *
 * @example
 * ```js
 * if (error instanceof HttpError && error.status === 429) setTimeout(again, error.retryAfter ?? 1_000);
 * ```
 */
export class HttpError extends McpError {
  constructor(message: string, status: number, body: string, more?: { retryAfter?: number; headers?: HeaderList });
  /** The HTTP status; 401 and 403 mean that the server wants other credentials. */
  readonly status: number;
  /** How the body begins. */
  readonly body: string;
  /** How many milliseconds the server wants to be left alone, if it says so. */
  readonly retryAfter: number | undefined;
  /** The headers, as far as the page may read them. */
  readonly headers: Headers;
}

/**
 * The server broke the protocol, or speaks no revision in common.
 *
 * @example
 * ```js
 * if (error instanceof ProtocolError && error.code === "INVALID_OUTPUT") log(error.message, error.result);
 * ```
 */
export class ProtocolError extends McpError {
  constructor(
    message: string,
    code?: "PROTOCOL_ERROR" | "HTTP_SSE_ONLY" | "INCOMPATIBLE_VERSION" | "ENDLESS_PAGES" | "INVALID_OUTPUT" | "UNUSABLE_SCHEMA",
    options?: { cause?: unknown },
  );
  /** What the tool returned; there for `INVALID_OUTPUT` and `UNUSABLE_SCHEMA`. */
  readonly result?: CallToolResult;
}

/**
 * A tool failed, and `throwOnToolError` was set.
 *
 * @example
 * ```js
 * await client.callTool("scan", {}, { throwOnToolError: true }).catch((error) => {
 *   if (error instanceof ToolError) show(error.result.content);
 * });
 * ```
 */
export class ToolError extends McpError {
  constructor(message: string, result: CallToolResult);
  /** The tool's whole result. */
  readonly result: CallToolResult;
}

/** The caller aborted the call: a `DOMException` named `AbortError`, with a `code` of ours. */
export interface AbortError extends Omit<DOMException, "code"> {
  readonly code: "ABORTED";
  /** The signal's reason. */
  readonly cause: unknown;
}
/**
 * The same, to be made and compared with.
 *
 * @example
 * ```js
 * if (error instanceof AbortError) return; // the user pressed stop
 * ```
 */
export const AbortError: {
  new (message: string, reason?: unknown): AbortError;
  readonly prototype: AbortError;
};

/**
 * Whether a value is an error of this package, or of another copy of it.
 *
 * @example
 * ```js
 * window.addEventListener("unhandledrejection", ({ reason }) => isMcpError(reason) && log(reason.code));
 * ```
 */
export function isMcpError(value: unknown): value is McpError | AbortError;
