// The one place that knows where the package is served: with a bundler these would be "mcp-wasm",
// "mcp-wasm/tools" and "mcp-wasm/element".
export { McpProgressElement } from "/pkg/element.js";
export { combinedProgress } from "/pkg/index.js";
export { openaiChatTools } from "/pkg/tools.js";
