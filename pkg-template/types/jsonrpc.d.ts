/** JSON-RPC 2.0, as MCP uses it. */
import type { RequestMeta } from "./protocol.js";

/** A JSON object whose members the protocol leaves open. */
export type JsonObject = { [key: string]: unknown };

/** The id of a request. */
export type RequestId = string | number;

/** What links a progress notification to its request. This client's tokens are integers. */
export type ProgressToken = string | number;

/** A request, without the envelope. */
export interface Request {
  method: string;
  params?: JsonObject & { _meta?: RequestMeta };
}

/** A notification, without the envelope. */
export interface Notification {
  method: string;
  params?: JsonObject & { _meta?: JsonObject };
}

/** A request as it travels. */
export interface JSONRPCRequest extends Request {
  jsonrpc: "2.0";
  id: RequestId;
}

/** A notification as it travels. */
export interface JSONRPCNotification extends Notification {
  jsonrpc: "2.0";
}

/** An answer. */
export interface JSONRPCResultResponse {
  jsonrpc: "2.0";
  id: RequestId;
  result: JsonObject & { _meta?: JsonObject };
}

/** An answer that is an error. Without an id, the peer could not read the request. */
export interface JSONRPCErrorResponse {
  jsonrpc: "2.0";
  id?: RequestId;
  error: { code: number; message: string; data?: unknown };
}

/** Whatever travels over a transport. */
export type JSONRPCMessage = JSONRPCRequest | JSONRPCNotification | JSONRPCResultResponse | JSONRPCErrorResponse;
