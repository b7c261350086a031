/** The protocol, where the 1.x SDK declares it differently. */
import type * as protocol from "./messages.js";

export type ClientCapabilities = protocol.ClientCapabilitiesOf<object, { applyDefaults?: boolean; [key: string]: unknown }>;
export type ServerCapabilities = protocol.ServerCapabilitiesOf<object>;
export type InitializeRequestParams = protocol.InitializeRequestParamsOf<ClientCapabilities>;
export type InitializeRequest = protocol.InitializeRequestOf<ClientCapabilities>;
export type InitializeResult = protocol.InitializeResultOf<ServerCapabilities>;
type ArgumentSchema = {
  type: "object";
  properties?: { [name: string]: object };
  required?: string[];
  [keyword: string]: unknown;
};
export type Tool = protocol.ToolOf<object, ArgumentSchema>;
export type ListToolsResult = protocol.PaginatedResult & { tools: Tool[] };
type Structured = { [key: string]: unknown };
export type CallToolResult = protocol.CallToolResultOf<Structured>;
export type CompatibilityCallToolResult = CallToolResult | (protocol.Result & { toolResult: unknown });
export type ToolResultContent = protocol.ToolResultContentOf<Structured>;
export type SamplingMessageContentBlock = protocol.SamplingBlockOf<Structured>;
export type SamplingMessage = protocol.SamplingMessageOf<Structured>;
export type CreateMessageRequestParams = protocol.CreateMessageRequestParamsOf<Tool, Structured, object>;
export type CreateMessageRequestParamsBase = Omit<CreateMessageRequestParams, "tools" | "toolChoice">;
export interface CreateMessageRequestParamsWithTools extends CreateMessageRequestParams {
  tools: Tool[];
}
export type CreateMessageRequest = { method: "sampling/createMessage"; params: CreateMessageRequestParams };
export type CreateMessageResultWithTools = protocol.CreateMessageResultWithToolsOf<Structured>;
export type ListChangedHandlers = {
  tools?: protocol.ListChangedOptions<Tool>;
  prompts?: protocol.ListChangedOptions<protocol.Prompt>;
  resources?: protocol.ListChangedOptions<protocol.Resource>;
};
/** The same, by the name that it had. */
export type JSONRPCError = protocol.JSONRPCErrorResponse;
/** The same, by the name that it had. */
export type ResourceReference = protocol.ResourceTemplateReference;
type AboutTasks =
  | protocol.GetTaskRequest
  | protocol.GetTaskPayloadRequest
  | protocol.ListTasksRequest
  | protocol.CancelTaskRequest;
export type ClientRequest =
  | protocol.PingRequest
  | InitializeRequest
  | protocol.CompleteRequest
  | protocol.SetLevelRequest
  | protocol.GetPromptRequest
  | protocol.ListPromptsRequest
  | protocol.ListResourcesRequest
  | protocol.ListResourceTemplatesRequest
  | protocol.ReadResourceRequest
  | protocol.SubscribeRequest
  | protocol.UnsubscribeRequest
  | protocol.CallToolRequest
  | protocol.ListToolsRequest
  | AboutTasks;
export type ClientNotification =
  | protocol.CancelledNotification
  | protocol.ProgressNotification
  | protocol.InitializedNotification
  | protocol.RootsListChangedNotification
  | protocol.TaskStatusNotification;
type ResultOfTask =
  | protocol.GetTaskResult
  | protocol.ListTasksResult
  | protocol.CreateTaskResult;
export type ClientResult =
  | protocol.EmptyResult
  | protocol.CreateMessageResult
  | CreateMessageResultWithTools
  | protocol.ElicitResult
  | protocol.ListRootsResult
  | ResultOfTask;
export type ServerRequest =
  | protocol.PingRequest
  | CreateMessageRequest
  | protocol.ElicitRequest
  | protocol.ListRootsRequest
  | AboutTasks;
export type ServerNotification =
  | protocol.CancelledNotification
  | protocol.ProgressNotification
  | protocol.LoggingMessageNotification
  | protocol.ResourceUpdatedNotification
  | protocol.ResourceListChangedNotification
  | protocol.ToolListChangedNotification
  | protocol.PromptListChangedNotification
  | protocol.TaskStatusNotification
  | protocol.ElicitationCompleteNotification;
export type ServerResult =
  | protocol.EmptyResult
  | InitializeResult
  | protocol.CompleteResult
  | protocol.GetPromptResult
  | protocol.ListPromptsResult
  | protocol.ListResourcesResult
  | protocol.ListResourceTemplatesResult
  | protocol.ReadResourceResult
  | CallToolResult
  | ListToolsResult
  | ResultOfTask;
export {};
