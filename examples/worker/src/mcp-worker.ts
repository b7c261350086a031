import "mcp-wasm/worker";
