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
} from "../base/errors.js";
export { defaultProgressHandler } from "./progress.js";
export { offerToModelContext } from "./model-context.js";
export { createInMemoryPair } from "../transports/pair.js";
export { MessagePortTransport } from "../transports/port.js";
export { FrameRecorder, recordFrames, replay } from "../transports/replay.js";
export { StreamableHttpTransport } from "../transports/http.js";
export { WebSocketTransport } from "../transports/socket.js";
export { acceptPorts, openPort } from "../transports/window.js";
