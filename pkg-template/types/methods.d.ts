/** Which params and which results belong to which method. */
import type { ElicitationParams, ElicitationResult, ListRootsResult, SamplingParams, SamplingResult } from "./asked.js";
import type { JsonObject, ProgressToken, RequestId } from "./jsonrpc.js";
import type {
  CompleteParams,
  CompleteResult,
  GetPromptParams,
  GetPromptResult,
  ListPromptsResult,
} from "./prompts.js";
import type { DiscoverResult, ListParams, LoggingLevel, LoggingMessage, RequestMeta, Result } from "./protocol.js";
import type {
  ListResourcesResult,
  ListResourceTemplatesResult,
  ReadResourceResult,
  ResourceParams,
} from "./resources.js";
import type { SubscriptionFilter } from "./subscription.js";
import type { CallToolParams, CallToolResult, ListToolsResult, Task } from "./tools.js";

/** The requests of a client: their params, and what answers them. */
export interface ClientRequests {
  "tools/list": { params: ListParams; result: ListToolsResult };
  "tools/call": { params: CallToolParams; result: CallToolResult };
  "resources/list": { params: ListParams; result: ListResourcesResult };
  "resources/templates/list": { params: ListParams; result: ListResourceTemplatesResult };
  "resources/read": { params: ResourceParams; result: ReadResourceResult };
  "resources/subscribe": { params: ResourceParams; result: Result };
  "resources/unsubscribe": { params: ResourceParams; result: Result };
  "prompts/list": { params: ListParams; result: ListPromptsResult };
  "prompts/get": { params: GetPromptParams; result: GetPromptResult };
  "completion/complete": { params: CompleteParams; result: CompleteResult };
  "logging/setLevel": { params: { level: LoggingLevel }; result: Result };
  "subscriptions/listen": { params: { notifications: SubscriptionFilter; _meta?: RequestMeta }; result: Result };
  "server/discover": { params: JsonObject; result: DiscoverResult };
  ping: { params: JsonObject; result: Result };
}

/** The requests of a server, also those inside 2026-07-28 results: their params, and what answers them. */
export interface ServerRequests {
  "sampling/createMessage": { params: SamplingParams; result: SamplingResult };
  "elicitation/create": { params: ElicitationParams; result: ElicitationResult };
  "roots/list": { params: JsonObject | undefined; result: ListRootsResult };
}

/** The notifications of a server: their params. */
export interface ServerNotifications {
  "notifications/progress": {
    progressToken: ProgressToken;
    progress: number;
    total?: number;
    message?: string;
    [key: string]: unknown;
  };
  "notifications/message": LoggingMessage;
  "notifications/cancelled": { requestId?: RequestId; reason?: string; [key: string]: unknown };
  "notifications/tools/list_changed": JsonObject | undefined;
  "notifications/prompts/list_changed": JsonObject | undefined;
  "notifications/resources/list_changed": JsonObject | undefined;
  "notifications/resources/updated": { uri: string; [key: string]: unknown };
  "notifications/subscriptions/acknowledged": { notifications: SubscriptionFilter; [key: string]: unknown };
  "notifications/elicitation/complete": { elicitationId: string; [key: string]: unknown };
  "notifications/tasks/status": Task;
}
