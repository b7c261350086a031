/**
 * The tools of a client for the AI SDK, as state of a React component.
 *
 * @example
 * ```jsx
 * import { useMcpClient } from "mcp-wasm/react";
 * import { useAiTools } from "mcp-wasm/ai-sdk/react";
 *
 * function Chat() {
 *   const { client } = useMcpClient("wss://example.com/mcp", { progressHandler: null });
 *   const { tools, status } = useAiTools(client);
 *   return <button disabled={status !== "ready"} onClick={() => ask({ tools })}>Ask</button>;
 * }
 * ```
 * @module
 */
import type { AiToolsOptions, aiTools } from "../models/ai-sdk.js";
import type { Client } from "../index.js";

/** What {@link useAiTools} gives. */
export interface AiToolsState {
  /** For `tools` of `streamText` and its like; empty until they are known. The same object until they change. */
  tools: Awaited<ReturnType<typeof aiTools>>;
  /** `"idle"` without a client. */
  status: "idle" | "loading" | "ready" | "error";
  /** Why they could not be listed. */
  error?: unknown;
}

/**
 * Lists the tools of a client when there is one, and anew when the server says that they have changed.
 * Functions among the options may be made anew with each drawing.
 *
 * @example
 * ```js
 * const { tools, status } = useAiTools(client, { filter: ["search", "fetch"] });
 * ```
 */
export function useAiTools(client: Client | undefined, options?: Omit<AiToolsOptions, "tools">): AiToolsState;
