/**
 * The WebAssembly module of servers in the page, for `initServer` of `mcp-wasm/slim`: compiled or as a
 * URL, as the platform or the bundler hands it over.
 * @module
 */
import type { CompiledModule } from "./slim.js";

declare const server: CompiledModule;
export default server;
