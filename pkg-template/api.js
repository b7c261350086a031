// What both entries export.
export { Client } from "./client.js";
export {
  AbortError,
  ClosedError,
  McpError,
  ProtocolError,
  RpcError,
  TimeoutError,
  ToolError,
  isMcpError,
} from "./errors.js";
export { defaultProgressHandler } from "./progress.js";
export { createInMemoryPair } from "./pair.js";
export { MessagePortTransport } from "./ports.js";
export { WebSocketTransport } from "./transports.js";
export { acceptPorts, openPort } from "./windows.js";
