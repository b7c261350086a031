/** The protocol's messages, as the SDK 2.x declares them where 1.x does otherwise or has none. */
import type * as protocol from "./messages.js";

export type JSONValue = string | number | boolean | null | JSONObject | JSONArray;
export type JSONObject = { [key: string]: JSONValue };
export type JSONArray = JSONValue[];
export type MetaObject = Record<string, unknown>;
export type RequestMetaObject = protocol.RequestMeta;
export type ResultMetaObject = {
  "io.modelcontextprotocol/serverInfo"?: protocol.Implementation;
  [key: string]: unknown;
};
/** What this client writes into `_meta` by itself. */
export type RequestMetaEnvelope = {
  "io.modelcontextprotocol/protocolVersion"?: string;
  "io.modelcontextprotocol/clientInfo"?: protocol.Implementation;
  "io.modelcontextprotocol/clientCapabilities"?: ClientCapabilities;
  "io.modelcontextprotocol/logLevel"?: protocol.LoggingLevel;
};

export type ClientCapabilities = protocol.ClientCapabilitiesOf<JSONObject, JSONObject & { applyDefaults?: boolean }>;
export type ServerCapabilities = protocol.ServerCapabilitiesOf<JSONObject>;
export type InitializeRequestParams = protocol.InitializeRequestParamsOf<ClientCapabilities>;
export type InitializeRequest = protocol.InitializeRequestOf<ClientCapabilities>;
export type InitializeResult = protocol.InitializeResultOf<ServerCapabilities>;
export type DiscoverRequest = { method: "server/discover"; params?: protocol.RequestParams };
export type DiscoverResult = protocol.Result & {
  supportedVersions: string[];
  capabilities: ServerCapabilities;
  instructions?: string;
};

export type Tool = protocol.ToolOf<JSONValue, { [keyword: string]: unknown }>;
export type ListToolsResult = protocol.PaginatedResult & { tools: Tool[] };
export type CallToolResult = protocol.CallToolResultOf<unknown>;
export type CompatibilityCallToolResult = CallToolResult | (protocol.Result & { toolResult: unknown });
export type ToolResultContent = protocol.ToolResultContentOf<unknown>;
export type SamplingMessageContentBlock = protocol.SamplingBlockOf<unknown>;
export type SamplingMessage = protocol.SamplingMessageOf<unknown>;
export type CreateMessageRequestParams = protocol.CreateMessageRequestParamsOf<Tool, unknown, JSONObject>;
export type CreateMessageRequestParamsBase = Omit<CreateMessageRequestParams, "tools" | "toolChoice">;
export interface CreateMessageRequestParamsWithTools extends CreateMessageRequestParams {
  tools: Tool[];
}
export type CreateMessageRequest = { method: "sampling/createMessage"; params: CreateMessageRequestParams };
export type CreateMessageResultWithTools = protocol.CreateMessageResultWithToolsOf<unknown>;
/** The same, by the SDK's name. */
export type ResourceTemplateType = protocol.ResourceTemplate;

export type SubscriptionFilter = {
  toolsListChanged?: boolean;
  promptsListChanged?: boolean;
  resourcesListChanged?: boolean;
  resourceSubscriptions?: string[];
};
export type SubscriptionsListenRequestParams = protocol.RequestParams & { notifications: SubscriptionFilter };
export type SubscriptionsListenRequest = { method: "subscriptions/listen"; params: SubscriptionsListenRequestParams };
export type SubscriptionsListenResultMeta = {
  "io.modelcontextprotocol/subscriptionId": protocol.RequestId;
  [key: string]: unknown;
};
export type SubscriptionsListenResult = { _meta: SubscriptionsListenResultMeta; [key: string]: unknown };
export type SubscriptionsAcknowledgedNotificationParams = protocol.NotificationParams & {
  notifications: SubscriptionFilter;
};
export type SubscriptionsAcknowledgedNotification = {
  method: "notifications/subscriptions/acknowledged";
  params: SubscriptionsAcknowledgedNotificationParams;
};

export type InputRequest = CreateMessageRequest | protocol.ListRootsRequest | protocol.ElicitRequest;
export type InputResponse = protocol.CreateMessageResult | protocol.ListRootsResult | protocol.ElicitResult;
export interface InputRequests {
  [key: string]: InputRequest;
}
export interface InputResponses {
  [key: string]: InputResponse;
}
export interface InputRequiredResult extends protocol.Result {
  resultType: "input_required";
  inputRequests?: InputRequests;
  requestState?: string;
}

interface ErrorObject<Code extends number> {
  code: Code;
  message: string;
  data?: unknown;
}
export interface ParseError extends ErrorObject<-32700> {}
export interface InvalidRequestError extends ErrorObject<-32600> {}
export interface MethodNotFoundError extends ErrorObject<-32601> {}
export interface InvalidParamsError extends ErrorObject<-32602> {}
export interface InternalError extends ErrorObject<-32603> {}
export interface MissingRequiredClientCapabilityErrorData {
  requiredCapabilities: ClientCapabilities;
}
export interface UnsupportedProtocolVersionErrorData {
  supported: string[];
  requested: string;
}

export type ListChangedHandlers = {
  tools?: protocol.ListChangedOptions<Tool>;
  prompts?: protocol.ListChangedOptions<protocol.Prompt>;
  resources?: protocol.ListChangedOptions<protocol.Resource>;
};

type AboutTasks =
  | protocol.GetTaskRequest
  | protocol.GetTaskPayloadRequest
  | protocol.ListTasksRequest
  | protocol.CancelTaskRequest;
type OfTask = { method: AboutTasks["method"] };
export type ClientRequest =
  | protocol.PingRequest
  | InitializeRequest
  | DiscoverRequest
  | protocol.CompleteRequest
  | protocol.SetLevelRequest
  | protocol.GetPromptRequest
  | protocol.ListPromptsRequest
  | protocol.ListResourcesRequest
  | protocol.ListResourceTemplatesRequest
  | protocol.ReadResourceRequest
  | protocol.SubscribeRequest
  | protocol.UnsubscribeRequest
  | SubscriptionsListenRequest
  | protocol.CallToolRequest
  | protocol.ListToolsRequest;
export type ClientNotification =
  | protocol.CancelledNotification
  | protocol.ProgressNotification
  | protocol.InitializedNotification
  | protocol.RootsListChangedNotification;
export type ClientResult =
  | protocol.EmptyResult
  | protocol.CreateMessageResult
  | CreateMessageResultWithTools
  | protocol.ElicitResult
  | protocol.ListRootsResult;
export type ServerRequest = protocol.PingRequest | CreateMessageRequest | protocol.ElicitRequest | protocol.ListRootsRequest;
export type ServerNotification =
  | protocol.CancelledNotification
  | protocol.ProgressNotification
  | protocol.LoggingMessageNotification
  | protocol.ResourceUpdatedNotification
  | protocol.ResourceListChangedNotification
  | protocol.ToolListChangedNotification
  | protocol.PromptListChangedNotification
  | SubscriptionsAcknowledgedNotification
  | protocol.ElicitationCompleteNotification;
export type ServerResult =
  | protocol.EmptyResult
  | InitializeResult
  | DiscoverResult
  | protocol.CompleteResult
  | protocol.GetPromptResult
  | protocol.ListPromptsResult
  | protocol.ListResourcesResult
  | protocol.ListResourceTemplatesResult
  | protocol.ReadResourceResult
  | SubscriptionsListenResult
  | CallToolResult
  | ListToolsResult;

type ByMethod<Messages extends { method: string }> = {
  [Method in Messages["method"]]: Extract<Messages, { method: Method }>;
};
export type RequestMethod = ClientRequest["method"] | ServerRequest["method"];
export type NotificationMethod = ClientNotification["method"] | ServerNotification["method"];
export type RequestTypeMap = ByMethod<ClientRequest | ServerRequest>;
export type NotificationTypeMap = ByMethod<ClientNotification | ServerNotification>;
export type ResultTypeMap = {
  ping: protocol.EmptyResult;
  initialize: InitializeResult;
  "server/discover": DiscoverResult;
  "completion/complete": protocol.CompleteResult;
  "logging/setLevel": protocol.EmptyResult;
  "prompts/get": protocol.GetPromptResult;
  "prompts/list": protocol.ListPromptsResult;
  "resources/list": protocol.ListResourcesResult;
  "resources/templates/list": protocol.ListResourceTemplatesResult;
  "resources/read": protocol.ReadResourceResult;
  "resources/subscribe": protocol.EmptyResult;
  "resources/unsubscribe": protocol.EmptyResult;
  "subscriptions/listen": SubscriptionsListenResult;
  "tools/call": CallToolResult;
  "tools/list": ListToolsResult;
  "sampling/createMessage": protocol.CreateMessageResult | CreateMessageResultWithTools;
  "elicitation/create": protocol.ElicitResult;
  "roots/list": protocol.ListRootsResult;
};
export type HandlerResultTypeMap = {
  [Method in keyof ResultTypeMap]: Method extends "tools/call" | "prompts/get" | "resources/read"
    ? ResultTypeMap[Method] | InputRequiredResult
    : ResultTypeMap[Method];
};
export {};
