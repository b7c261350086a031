// For programs of `@modelcontextprotocol/sdk` 1.x: its names, its error classes, its schemas as far as
// they say which method or which result is meant.
import { adapt } from "./common.js";

export { InMemoryTransport, StreamableHTTPClientTransport, WebSocketClientTransport } from "./common.js";

export const ErrorCode = Object.freeze({
  ConnectionClosed: -32000,
  RequestTimeout: -32001,
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  UrlElicitationRequired: -32042,
});

export class McpError extends Error {
  /**
   * @param {number} code
   * @param {string} message
   * @param {unknown} [data]
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, data, options) {
    super(`MCP error ${code}: ${message}`, options);
    this.name = "McpError";
    this.code = code;
    this.data = data;
  }

  /** What a handler that throws this is answered with. */
  get rpcCode() {
    return this.code;
  }
}

export class StreamableHTTPError extends Error {
  /** @param {number | undefined} code the HTTP status @param {string | undefined} message @param {{ cause?: unknown }} [options] */
  constructor(code, message, options) {
    super(`Streamable HTTP error: ${message}`, options);
    this.code = code;
  }
}

export class UnauthorizedError extends StreamableHTTPError {
  /** @param {string} [message] @param {{ cause?: unknown }} [options] */
  constructor(message = "Unauthorized", options) {
    super(401, message, options);
    this.name = "UnauthorizedError";
  }
}

/** @param {any} error one of ours @returns {unknown} */
function translate(error) {
  const options = { cause: error };
  switch (error?.code) {
    case "RPC_ERROR":
      return new McpError(error.rpcCode, error.message, error.data, options);
    case "TIMEOUT": {
      const [text, name] = error.clock === "total" ? ["Maximum total timeout exceeded", "maxTotalTimeout"] : ["Request timed out", "timeout"];
      return new McpError(ErrorCode.RequestTimeout, text, { [name]: error.timeout }, options);
    }
    case "CLOSED":
      return new McpError(ErrorCode.ConnectionClosed, `Connection closed: ${error.message}`, undefined, options);
    case "INVALID_OUTPUT":
    case "UNUSABLE_SCHEMA":
      return new McpError(ErrorCode.InvalidParams, error.message, undefined, options);
    case "HTTP_ERROR":
      return error.status === 401 ? new UnauthorizedError(error.message, options) : new StreamableHTTPError(error.status, error.message, options);
    default:
      return error;
  }
}

const Adapted = adapt({
  translate,
  options: (given) => given,
  context: (client, request, context) => ({
    ...context,
    _meta: request.params?._meta,
    sendNotification: (/** @type {any} */ notification) => client.notification(notification),
    sendRequest: (/** @type {any} */ asked, /** @type {any} */ schema, /** @type {any} */ options) => client.request(asked, schema, options),
  }),
});

export class Client extends Adapted {
  /** @param {any} [params] @param {any} [options] */
  listTools(params, options) {
    return super.listTools(params, { pages: 1, ...options });
  }

  /** @param {any} [params] @param {any} [options] */
  listResources(params, options) {
    return super.listResources(params, { pages: 1, ...options });
  }

  /** @param {any} [params] @param {any} [options] */
  listResourceTemplates(params, options) {
    return super.listResourceTemplates(params, { pages: 1, ...options });
  }

  /** @param {any} [params] @param {any} [options] */
  listPrompts(params, options) {
    return super.listPrompts(params, { pages: 1, ...options });
  }
}

/** A schema that says which message is meant, and takes it as it is. @param {string} method */
const message = (method) => ({ shape: { method: { value: method } }, parse: (/** @type {any} */ value) => value });

export const CreateMessageRequestSchema = message("sampling/createMessage");
export const ElicitRequestSchema = message("elicitation/create");
export const ListRootsRequestSchema = message("roots/list");
export const ProgressNotificationSchema = message("notifications/progress");
export const LoggingMessageNotificationSchema = message("notifications/message");
export const CancelledNotificationSchema = message("notifications/cancelled");
export const ToolListChangedNotificationSchema = message("notifications/tools/list_changed");
export const PromptListChangedNotificationSchema = message("notifications/prompts/list_changed");
export const ResourceListChangedNotificationSchema = message("notifications/resources/list_changed");
export const ResourceUpdatedNotificationSchema = message("notifications/resources/updated");
export const TaskStatusNotificationSchema = message("notifications/tasks/status");
export const ElicitationCompleteNotificationSchema = message("notifications/elicitation/complete");

/** A schema of a result, which is returned as the server sent it. */
const result = { parse: (/** @type {any} */ value) => value };

export const ResultSchema = result;
export const EmptyResultSchema = result;
export const ListToolsResultSchema = result;
export const CallToolResultSchema = result;
export const CompatibilityCallToolResultSchema = result;
export const ListResourcesResultSchema = result;
export const ListResourceTemplatesResultSchema = result;
export const ReadResourceResultSchema = result;
export const ListPromptsResultSchema = result;
export const GetPromptResultSchema = result;
export const CompleteResultSchema = result;
