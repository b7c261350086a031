/**
 * For programs of `@modelcontextprotocol/sdk` 1.x, after changing their import.
 *
 * @example
 * ```ts
 * import { Client, CreateMessageRequestSchema, ErrorCode, McpError, StreamableHTTPClientTransport } from "mcp-wasm/compat/v1";
 *
 * const client = new Client({ name: "app", version: "1.0.0" }, { capabilities: { sampling: {} } });
 * client.setRequestHandler(CreateMessageRequestSchema, async ({ params }) => answer(params.messages));
 * await client.connect(new StreamableHTTPClientTransport(new URL("https://example.com/mcp")));
 * ```
 * @module
 */
import type {
  CallToolResult,
  CompleteResult,
  ElicitationParams,
  ElicitationResult,
  GetPromptResult,
  InputAnswer,
  InputContext,
  JsonObject,
  ListPromptsResult,
  ListResourcesResult,
  ListResourceTemplatesResult,
  ListRootsResult,
  ListToolsResult,
  ReadResourceResult,
  Result,
  ResultSchema as Schema,
  SamplingParams,
  SamplingResult,
  ServerNotifications,
} from "../index.js";
import { CommonClient } from "./common.js";

export { InMemoryTransport, StreamableHTTPClientTransport, WebSocketClientTransport } from "./common.js";

/** What a handler is told beside the request: the SDK's members, and ours. */
export interface RequestHandlerExtra extends InputContext {
  _meta?: JsonObject;
  sendNotification(notification: { method: string; params?: object }): Promise<void>;
  sendRequest<Out = Result>(request: { method: string; params?: object }, schema?: Schema<Out>): Promise<Out>;
}

/** A schema that names a method: a zod object, of either major, with `method: z.literal("…")`. */
export interface MethodSchema<Message extends { method: string }> {
  parse(message: unknown): Message;
}

/** What answers a message, where the method is known. */
type Answer<Message> = Message extends { method: "sampling/createMessage" }
  ? SamplingResult
  : Message extends { method: "elicitation/create" }
    ? ElicitationResult
    : Message extends { method: "roots/list" }
      ? ListRootsResult
      : object;

/** The client, with the SDK's handlers, errors and pages. */
export class Client extends CommonClient {
  /** Answers the server's requests of a schema's method. */
  setRequestHandler<Message extends { method: string }>(
    schema: MethodSchema<Message>,
    handler: (request: Message, extra: RequestHandlerExtra) => InputAnswer<Answer<Message>>,
  ): void;
  /** Handles the notifications of a schema's method. */
  setNotificationHandler<Message extends { method: string }>(
    schema: MethodSchema<Message>,
    handler: (notification: Message) => unknown,
  ): void;
}

/** The SDK's numbers of errors. */
export const ErrorCode: {
  readonly ConnectionClosed: -32000;
  readonly RequestTimeout: -32001;
  readonly ParseError: -32700;
  readonly InvalidRequest: -32600;
  readonly MethodNotFound: -32601;
  readonly InvalidParams: -32602;
  readonly InternalError: -32603;
  readonly UrlElicitationRequired: -32042;
};

/** The SDK's error: of the server, of a clock, of a connection. `cause` is ours. */
export class McpError extends Error {
  constructor(code: number, message: string, data?: unknown, options?: { cause?: unknown });
  readonly code: number;
  readonly data?: unknown;
  /** The same number, for the answer to a server whose request a handler refuses with this. */
  readonly rpcCode: number;
}

/** An HTTP status where a message was expected. */
export class StreamableHTTPError extends Error {
  constructor(code: number | undefined, message: string | undefined, options?: { cause?: unknown });
  /** The HTTP status. */
  readonly code: number | undefined;
}

/** The HTTP status 401. */
export class UnauthorizedError extends StreamableHTTPError {
  constructor(message?: string, options?: { cause?: unknown });
}

type Named<Method extends keyof ServerNotifications> = MethodSchema<{ method: Method; params: ServerNotifications[Method] }>;

export const CreateMessageRequestSchema: MethodSchema<{ method: "sampling/createMessage"; params: SamplingParams }>;
export const ElicitRequestSchema: MethodSchema<{ method: "elicitation/create"; params: ElicitationParams }>;
export const ListRootsRequestSchema: MethodSchema<{ method: "roots/list"; params?: JsonObject }>;
export const ProgressNotificationSchema: Named<"notifications/progress">;
export const LoggingMessageNotificationSchema: Named<"notifications/message">;
export const CancelledNotificationSchema: Named<"notifications/cancelled">;
export const ToolListChangedNotificationSchema: Named<"notifications/tools/list_changed">;
export const PromptListChangedNotificationSchema: Named<"notifications/prompts/list_changed">;
export const ResourceListChangedNotificationSchema: Named<"notifications/resources/list_changed">;
export const ResourceUpdatedNotificationSchema: Named<"notifications/resources/updated">;
export const TaskStatusNotificationSchema: Named<"notifications/tasks/status">;
export const ElicitationCompleteNotificationSchema: Named<"notifications/elicitation/complete">;

export const ResultSchema: Schema<Result>;
export const EmptyResultSchema: Schema<Result>;
export const ListToolsResultSchema: Schema<ListToolsResult>;
export const CallToolResultSchema: Schema<CallToolResult>;
export const CompatibilityCallToolResultSchema: Schema<CallToolResult>;
export const ListResourcesResultSchema: Schema<ListResourcesResult>;
export const ListResourceTemplatesResultSchema: Schema<ListResourceTemplatesResult>;
export const ReadResourceResultSchema: Schema<ReadResourceResult>;
export const ListPromptsResultSchema: Schema<ListPromptsResult>;
export const GetPromptResultSchema: Schema<GetPromptResult>;
export const CompleteResultSchema: Schema<CompleteResult>;
