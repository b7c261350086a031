// What both entries export.
export { CallBoard, combinedProgress } from "./board.js";
export { Client } from "./client.js";
export {
  AbortError,
  ClosedError,
  HttpError,
  McpError,
  ProtocolError,
  RpcError,
  TimeoutError,
  ToolError,
  isMcpError,
} from "./errors.js";
export { defaultProgressHandler } from "./progress.js";
export { offerToModelContext } from "./model-context.js";
export { createInMemoryPair } from "./pair.js";
export { MessagePortTransport } from "./ports.js";
export { FrameRecorder, recordFrames, replay } from "./replay.js";
export { StreamableHttpTransport } from "./http.js";
export { WebSocketTransport } from "./transports.js";
export { acceptPorts, openPort } from "./windows.js";
