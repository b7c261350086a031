/**
 * The WebAssembly module, for `init` of `mcp-wasm/slim`: compiled or as a URL, as the platform or the
 * bundler hands it over.
 * @module
 */
import type { CompiledModule } from "./slim.js";

declare const core: CompiledModule;
export default core;
