/**
 * Hooks for React 18 and newer: a connection, its calls in flight, and one tool.
 *
 * @example
 * ```jsx
 * import { useCalls, useMcpClient, useTool } from "mcp-wasm/react";
 *
 * function Scan() {
 *   const { client, status } = useMcpClient("wss://example.com/mcp");
 *   const scan = useTool(client, "scan_directory");
 *   return (
 *     <>
 *       <button disabled={status !== "connected"} onClick={() => scan.call({ directory: "/" })}>Scan</button>
 *       {scan.status === "running" && <progress value={scan.progress?.fraction} />}
 *       <p>{useCalls(client).length} calls are running</p>
 *     </>
 *   );
 * }
 * ```
 * @module
 */
import type {
  CallOptions,
  CallToolResult,
  CallView,
  Client,
  ClientOptions,
  ConnectOptions,
  Implementation,
  Progress,
  ToolCall,
} from "../index.js";

/** What a client connects to. */
type Target = Parameters<Client["connect"]>[0];

/** The options of {@link useMcpClient}: those of a client and of its connection, and more. */
export interface UseMcpClientOptions extends ClientOptions, ConnectOptions {
  /**
   * Who the client is.
   * @default { name: "mcp-wasm" }
   */
  info?: Implementation;
  /**
   * Whether to connect again when a connection fails or ends, after growing pauses.
   * @default false
   */
  autoReconnect?: boolean;
  /**
   * What the server or the transport did wrong; nothing else is affected by it.
   * @default none
   */
  onError?: (error: Error) => void;
}

/** A connection, as it is now. */
export interface McpConnection {
  /** The client while it is connected. */
  client: Client | undefined;
  /** `idle` without a target; `login` if the server wants a log-in, `error` if the connection failed, `closed` if it ended. */
  status: "idle" | "connecting" | "connected" | "closed" | "login" | "error";
  /** Why it is not connected, if there is a reason; while it connects again, why it has to. */
  error: unknown;
  /** Ends the connection, if there is one, and opens another; always the same function. */
  reconnect: () => void;
  /**
   * Logs in by the option `auth`, and connects. Call it in a click.
   * @throws {AuthError} of `mcp-wasm/auth`, or `INVALID_ARGUMENT` without one that can log in
   *
   * @example
   * ```jsx
   * if (status === "login") return <button onClick={() => login().catch(show)}>Log in</button>;
   * ```
   */
  login: () => Promise<void>;
}

/**
 * A client that is connected as long as the component is there, and closed with it; also in strict
 * mode, with one connection. On a server it stays `connecting`.
 *
 * Options are read when it connects; of functions, such as handlers, the newest is called, so they
 * may be made anew with each drawing.
 *
 * @param target a URL, or what else `client.connect` takes; a function makes one for each
 *   connection. Another one, compared by identity unless it is a URL, is connected to instead.
 *   Nothing stays unconnected.
 *
 * @example
 * ```jsx
 * const { client, status, error, reconnect } = useMcpClient(url, { elicitationHandler: askUser });
 * if (status === "error") return <button onClick={reconnect}>{String(error)} Try again</button>;
 * ```
 */
export function useMcpClient(
  target: Target | (() => Target) | null | undefined,
  options?: UseMcpClientOptions,
): McpConnection;

/**
 * The calls of a client that are in flight, oldest first; changes once a frame at most.
 *
 * @example
 * ```jsx
 * {useCalls(client).map(({ id, name, fraction }) => <progress key={id} aria-label={name} value={fraction} />)}
 * ```
 */
export function useCalls(client: Client | null | undefined): readonly CallView[];

/**
 * A tool, and the latest call of it.
 * @typeParam Out the type of the result's `structuredContent`
 */
export interface ToolHandle<Out = unknown> {
  /** `failed` also for a result that says so (`isError`). */
  status: "idle" | "running" | "done" | "failed" | "cancelled";
  /** The call under way, such as for `<mcp-progress>`. */
  running: ToolCall<Out> | undefined;
  /** The newest progress; stays when the call has ended. */
  progress: Progress | undefined;
  /** What the tool returned. */
  result: CallToolResult<Out> | undefined;
  /** Why the call failed, or was cancelled. */
  error: unknown;
  /**
   * Calls the tool, in place of a call that is still under way. The promise may be left alone: its
   * failure is in `error`.
   */
  call: (args?: object, options?: CallOptions) => ToolCall<Out>;
  /** Gives up the call under way; always the same function. */
  cancel: (reason?: string) => void;
  /** Forgets the latest call, and gives it up if it is under way; always the same function. */
  reset: () => void;
}

/**
 * One tool of a client. Its call ends with the component.
 *
 * @typeParam Out the type of the result's `structuredContent`: `useTool<{ files: number }>(client, "scan")`.
 *   It is taken at its word: `outputValidation` checks it.
 * @param options hold for every call
 *
 * @example
 * ```jsx
 * const backup = useTool(client, "backup_database", { timeout: 20_000 });
 * return backup.status === "running"
 *   ? <button onClick={() => backup.cancel()}>Stop at {backup.progress?.message}</button>
 *   : <button onClick={() => backup.call()}>Back up</button>;
 * ```
 */
export function useTool<Out = unknown>(
  client: Client | null | undefined,
  name: string,
  options?: CallOptions,
): ToolHandle<Out>;
