/**
 * Model Context Protocol client for the browser, with progress done right.
 *
 * @example
 * ```js
 * import { Client } from "mcp-wasm";
 *
 * const client = await Client.connect("wss://example.com/mcp");
 * const result = await client.callTool("process_items", { items: ["a", "b"] }, {
 *   progressHandler(progress, total, message) {
 *     console.log(progress, total, message);
 *   },
 * });
 * ```
 * @module
 */

export * from "./types/client.js";
export * from "./types/server.js";
export * from "./types/server-context.js";
export * from "./types/call.js";
export * from "./types/call-options.js";
export * from "./types/options.js";
export * from "./types/progress.js";
export * from "./types/board.js";
export * from "./types/input.js";
export * from "./types/subscription.js";
export * from "./types/authorizer.js";
export * from "./types/errors.js";
export * from "./types/transports.js";
export * from "./types/ports.js";
export * from "./types/recording.js";
export * from "./types/diagnostics.js";
export * from "./types/diagnosis.js";
export * from "./types/validator.js";
export * from "./types/protocol.js";
export * from "./types/jsonrpc.js";
export * from "./types/methods.js";
export * from "./types/content.js";
export * from "./types/tools.js";
export * from "./types/resources.js";
export * from "./types/prompts.js";
export * from "./types/asked.js";
