/**
 * The tools of a client for the AI SDK (`ai`, version 6 or newer).
 *
 * @example
 * ```js
 * import { streamText, stepCountIs } from "ai";
 * import { Client } from "mcp-wasm";
 * import { aiTools } from "mcp-wasm/ai-sdk";
 *
 * const client = await Client.connect("wss://example.com/mcp");
 * const result = streamText({ model, messages, tools: await aiTools(client), stopWhen: stepCountIs(10) });
 * ```
 * @module
 */
import type { dynamicTool } from "ai";
import type { CallOptions, CallToolResult, Client, Progress, Tool } from "../index.js";

/** The options of {@link aiTools}: what holds for every call, and more. */
export interface AiToolsOptions extends Omit<CallOptions, "throwOnToolError"> {
  /**
   * The names of the tools to offer, or what chooses them; all without.
   * @default all tools
   */
  filter?: readonly string[] | ((tool: Tool) => boolean);
  /**
   * Is put before each name, with an underscore, to tell several servers apart.
   * @default none
   */
  prefix?: string;
  /**
   * The tools, if they are known already: what `client.listTools()` gave.
   * @default what the client lists
   */
  tools?: readonly Tool[];
  /**
   * Is told of a tool that cannot be offered; the others are.
   * @default console.warn
   */
  onWarning?: (warning: Error) => void;
  /**
   * Is added to the `toolMetadata` of each call, beside `mcp`: `{ server, tool, title }`.
   * @default none
   */
  metadata?: Record<string, string | number | boolean | null>;
  /**
   * Milliseconds between two preliminary results, or `"frame"`; the newest wins, the first and the
   * last always come. 0 for all of them.
   * @default 100
   */
  throttle?: number | "frame";
}

/** The output of a tool while it runs: a preliminary result. */
export type ToolProgress = Progress & { type: "progress" };

/** The output of a tool: progress while it is preliminary, then what the server returned. */
export type ToolOutput = ToolProgress | CallToolResult;

/**
 * The tools of a client, by names that models may write (see `mcp-wasm/tools`).
 *
 * - Each progress is a preliminary tool result, a {@link ToolProgress}; the last result is the
 *   server's, with every member.
 * - The abort signal of the AI SDK cancels the call on the server.
 * - A tool that fails (`isError`), a JSON-RPC error, a timeout and a lost connection are thrown, so
 *   they become the AI SDK's tool errors; the model is told of them and can go on.
 * - The model is given the result's text and files, without what is for the user alone.
 *
 * @example
 * ```js
 * const tools = {
 *   ...(await aiTools(files, { prefix: "files" })),
 *   ...(await aiTools(mail, { prefix: "mail", filter: ["send"], timeout: 20_000 })),
 * };
 * ```
 */
export function aiTools(
  client: Pick<Client, "callTool" | "listTools"> & Partial<Pick<Client, "getServerVersion">>,
  options?: AiToolsOptions,
): Promise<Record<string, ReturnType<typeof dynamicTool>>>;

/**
 * Whether the output of a tool is progress.
 *
 * @example
 * ```js
 * for await (const part of result.stream) {
 *   if (part.type === "tool-result" && isToolProgress(part.output)) show(part.toolCallId, part.output.fraction);
 * }
 * ```
 */
export function isToolProgress(output: unknown): output is ToolProgress;

/**
 * The messages with each tool call that did not come to its end marked as such: an error part in place
 * of the progress that was left of it, which would look as if the tool had run. Messages of which
 * nothing is to be marked are given back as they are.
 *
 * @example
 * ```js
 * const { setMessages, stop } = useChat({
 *   onFinish: ({ isAbort }) => isAbort && setMessages((messages) => markStopped(messages)),
 * });
 * ```
 */
export function markStopped<Message extends { role: string; parts: readonly unknown[] }>(messages: readonly Message[], errorText?: string): Message[];
