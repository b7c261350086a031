// Compiled, not run: every entry that needs neither windows nor elements, with the declarations behind it.
export * as main from "mcp-wasm";
export * as v1 from "mcp-wasm/compat/v1";
export * as v2 from "mcp-wasm/compat/v2";
export * as diagnose from "mcp-wasm/diagnose";
export * as react from "mcp-wasm/react";
export * as slim from "mcp-wasm/slim";
export * as tools from "mcp-wasm/tools";
export * as validate from "mcp-wasm/validate";
export * as worker from "mcp-wasm/worker";
