/**
 * The script of a worker that holds a connection, for the option `worker` of `connect`. Importing it
 * in a worker is all that there is to do.
 *
 * @example
 * ```js
 * // mcp-worker.js
 * import "mcp-wasm/worker";
 * ```
 *
 * ```js
 * const worker = () => new Worker(new URL("./mcp-worker.js", import.meta.url), { type: "module" });
 * const client = await Client.connect("wss://example.com/mcp", { worker });
 * ```
 * @module
 */
export {};
