/**
 * The package for apps that place the WebAssembly module themselves.
 *
 * @example
 * ```js
 * import { Client, init } from "mcp-wasm/slim";
 * import url from "mcp-wasm/core.wasm?url";
 *
 * await init(url);
 * ```
 * @module
 */
export * from "./index.js";

/**
 * Starts the module. Call it once, before the first `connect`.
 * @param source where the module is, or what it is
 *
 * @example
 * ```js
 * await init("/assets/core.wasm");
 * ```
 */
export function init(
  source: string | URL | Response | Promise<Response> | ArrayBuffer | ArrayBufferView | CompiledModule,
): Promise<void>;

/**
 * Says where the module of servers is, for pages that make a {@link Server}: `mcp-wasm/server.wasm`.
 * It starts when the first client connects.
 * @param source where the module is, or what it is
 *
 * @example
 * ```js
 * initServer("/assets/server.wasm");
 * ```
 */
export function initServer(
  source: string | URL | Response | Promise<Response> | ArrayBuffer | ArrayBufferView | CompiledModule,
): void;

/** A `WebAssembly.Module`, where the platform's types have one. */
export type CompiledModule = typeof globalThis extends {
  WebAssembly: { Module: abstract new (...args: never[]) => infer Module };
}
  ? Module
  : object;
