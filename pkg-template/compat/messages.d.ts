/**
 * The protocol's messages, by the names that the TypeScript SDKs give them. Unlike the declarations of this package
 * they are closed, as the SDKs' are: what a revision does not name is not there.
 */

/** Members that the protocol leaves open. */
type Open = { [key: string]: unknown };
/** A message of a method. */
type Message<Method extends string, Params> = { method: Method; params: Params };
/** A message of a method that says no more. */
type Plain<Method extends string, Params> = { method: Method; params?: Params };

// JSON-RPC.

export type ProgressToken = string | number;
export type Cursor = string;
export type RequestId = string | number;
export type RelatedTaskMetadata = { taskId: string };
export type RequestMeta = Open & {
  progressToken?: ProgressToken;
  "io.modelcontextprotocol/related-task"?: RelatedTaskMetadata;
};
export type RequestParams = { _meta?: RequestMeta };
export type NotificationParams = { _meta?: RequestMeta };
export type Request = { method: string; params?: Open & RequestParams };
export type Notification = { method: string; params?: Open & NotificationParams };
export type Result = { _meta?: RequestMeta; [key: string]: unknown };
export type EmptyResult = { _meta?: RequestMeta };
export type JSONRPCRequest = Request & { jsonrpc: "2.0"; id: RequestId };
export type JSONRPCNotification = Notification & { jsonrpc: "2.0" };
export type JSONRPCResultResponse = { jsonrpc: "2.0"; id: RequestId; result: Result };
export type JSONRPCErrorResponse = {
  jsonrpc: "2.0";
  id?: RequestId;
  error: { code: number; message: string; data?: unknown };
};
export type JSONRPCResponse = JSONRPCResultResponse | JSONRPCErrorResponse;
export type JSONRPCMessage = JSONRPCRequest | JSONRPCNotification | JSONRPCResultResponse | JSONRPCErrorResponse;
export type PaginatedRequestParams = RequestParams & { cursor?: Cursor };
export type PaginatedRequest = Plain<string, PaginatedRequestParams>;
export type PaginatedResult = Result & { nextCursor?: Cursor };

// Who speaks, and what both ends can do.

export type Role = "user" | "assistant";
export type Icon = { src: string; mimeType?: string; sizes?: string[]; theme?: "light" | "dark" };
export type Icons = { icons?: Icon[] };
export type BaseMetadata = { name: string; title?: string };
export type Annotations = { audience?: Role[]; priority?: number; lastModified?: string };
export type Implementation = BaseMetadata & Icons & { version: string; websiteUrl?: string; description?: string };
/** @typeParam Bag what the members are that only say that something is there @typeParam Form what a client says about forms */
export type ClientCapabilitiesOf<Bag, Form> = {
  experimental?: { [name: string]: Bag };
  extensions?: { [id: string]: Bag };
  roots?: { listChanged?: boolean };
  sampling?: { context?: Bag; tools?: Bag };
  elicitation?: { form?: Form; url?: Bag };
  tasks?: {
    list?: Bag;
    cancel?: Bag;
    requests?: { sampling?: { createMessage?: Bag }; elicitation?: { create?: Bag } };
  };
};
/** @typeParam Bag what the members are that only say that something is there */
export type ServerCapabilitiesOf<Bag> = {
  experimental?: { [name: string]: Bag };
  extensions?: { [id: string]: Bag };
  logging?: Bag;
  completions?: Bag;
  prompts?: { listChanged?: boolean };
  resources?: { subscribe?: boolean; listChanged?: boolean };
  tools?: { listChanged?: boolean };
  tasks?: { list?: Bag; cancel?: Bag; requests?: { tools?: { call?: Bag } } };
};
export type InitializeRequestParamsOf<Capabilities> = RequestParams & {
  protocolVersion: string;
  capabilities: Capabilities;
  clientInfo: Implementation;
};
export type InitializeRequestOf<Capabilities> = Message<"initialize", InitializeRequestParamsOf<Capabilities>>;
export type InitializeResultOf<Capabilities> = Result & {
  protocolVersion: string;
  capabilities: Capabilities;
  serverInfo: Implementation;
  instructions?: string;
};
export type InitializedNotification = Plain<"notifications/initialized", NotificationParams>;
export type PingRequest = Plain<"ping", RequestParams>;
export type CancelledNotificationParams = NotificationParams & { requestId?: RequestId; reason?: string };
export type CancelledNotification = Message<"notifications/cancelled", CancelledNotificationParams>;
export type Progress = { progress: number; total?: number; message?: string };
export type ProgressNotificationParams = NotificationParams & Progress & { progressToken: ProgressToken };
export type ProgressNotification = Message<"notifications/progress", ProgressNotificationParams>;

// Content.

type Block = { annotations?: Annotations; _meta?: Open };
export type TextContent = Block & { type: "text"; text: string };
export type ImageContent = Block & { type: "image"; data: string; mimeType: string };
export type AudioContent = Block & { type: "audio"; data: string; mimeType: string };
export type EmbeddedResource = Block & { type: "resource"; resource: TextResourceContents | BlobResourceContents };
export type ResourceLink = Resource & { type: "resource_link" };
export type ContentBlock = TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource;
export type ToolUseContent = { type: "tool_use"; id: string; name: string; input: Open; _meta?: Open };

// Tools.

export type ToolAnnotations = {
  title?: string;
  readOnlyHint?: boolean;
  destructiveHint?: boolean;
  idempotentHint?: boolean;
  openWorldHint?: boolean;
};
/** @typeParam Property the schema of one argument @typeParam Output that of what it returns */
export type ToolOf<Property, Output> = BaseMetadata &
  Icons & {
    description?: string;
    inputSchema: {
      type: "object";
      properties?: { [name: string]: Property };
      required?: string[];
      [keyword: string]: unknown;
    };
    outputSchema?: Output;
    annotations?: ToolAnnotations;
    execution?: ToolExecution;
    _meta?: Open;
  };
export type ToolExecution = { taskSupport?: "forbidden" | "optional" | "required" };
export type ListToolsRequest = Plain<"tools/list", PaginatedRequestParams>;
export type CallToolRequestParams = TaskAugmentedRequestParams & { name: string; arguments?: Open };
/** @typeParam Structured what a result may have beside its content */
export type CallToolResultOf<Structured> = Result & {
  content: ContentBlock[];
  structuredContent?: Structured;
  isError?: boolean;
};
export type CallToolRequest = Message<"tools/call", CallToolRequestParams>;
export type ToolListChangedNotification = Plain<"notifications/tools/list_changed", NotificationParams>;

// Resources.

export type ResourceContents = { uri: string; mimeType?: string; _meta?: Open };
export type TextResourceContents = ResourceContents & { text: string };
export type BlobResourceContents = ResourceContents & { blob: string };
export type Resource = BaseMetadata &
  Icons & {
    uri: string;
    description?: string;
    mimeType?: string;
    size?: number;
    annotations?: Annotations;
    _meta?: Open;
  };
export type ResourceTemplate = BaseMetadata &
  Icons & {
    uriTemplate: string;
    description?: string;
    mimeType?: string;
    annotations?: Annotations;
    _meta?: Open;
  };
export type ListResourcesRequest = Plain<"resources/list", PaginatedRequestParams>;
export type ListResourcesResult = PaginatedResult & { resources: Resource[] };
export type ListResourceTemplatesRequest = Plain<"resources/templates/list", PaginatedRequestParams>;
export type ListResourceTemplatesResult = PaginatedResult & { resourceTemplates: ResourceTemplate[] };
export type ResourceRequestParams = RequestParams & { uri: string };
export type ReadResourceRequestParams = ResourceRequestParams;
export type ReadResourceRequest = Message<"resources/read", ReadResourceRequestParams>;
export type ReadResourceResult = Result & { contents: (TextResourceContents | BlobResourceContents)[] };
export type SubscribeRequestParams = ResourceRequestParams;
export type SubscribeRequest = Message<"resources/subscribe", SubscribeRequestParams>;
export type UnsubscribeRequestParams = ResourceRequestParams;
export type UnsubscribeRequest = Message<"resources/unsubscribe", UnsubscribeRequestParams>;
export type ResourceListChangedNotification = Plain<"notifications/resources/list_changed", NotificationParams>;
export type ResourceUpdatedNotificationParams = NotificationParams & { uri: string };
export type ResourceUpdatedNotification = Message<"notifications/resources/updated", ResourceUpdatedNotificationParams>;

// Prompts and completion.

export type PromptArgument = { name: string; description?: string; required?: boolean };
export type Prompt = BaseMetadata & Icons & { description?: string; arguments?: PromptArgument[]; _meta?: Open };
export type PromptMessage = { role: Role; content: ContentBlock };
export type ListPromptsRequest = Plain<"prompts/list", PaginatedRequestParams>;
export type ListPromptsResult = PaginatedResult & { prompts: Prompt[] };
export type GetPromptRequestParams = RequestParams & { name: string; arguments?: { [name: string]: string } };
export type GetPromptRequest = Message<"prompts/get", GetPromptRequestParams>;
export type GetPromptResult = Result & { description?: string; messages: PromptMessage[] };
export type PromptListChangedNotification = Plain<"notifications/prompts/list_changed", NotificationParams>;
export type PromptReference = { type: "ref/prompt"; name: string };
export type ResourceTemplateReference = { type: "ref/resource"; uri: string };
export type CompleteRequestParams = RequestParams & {
  ref: PromptReference | ResourceTemplateReference;
  argument: { name: string; value: string };
  context?: { arguments?: { [name: string]: string } };
};
export type CompleteRequest = Message<"completion/complete", CompleteRequestParams>;
export type CompleteRequestPrompt = Message<"completion/complete", CompleteRequestParams & { ref: PromptReference }>;
export type CompleteRequestResourceTemplate = Message<
  "completion/complete",
  CompleteRequestParams & { ref: ResourceTemplateReference }
>;
export type CompleteResult = Result & {
  completion: { values: string[]; total?: number; hasMore?: boolean; [key: string]: unknown };
};

// Logging.

export type LoggingLevel = "debug" | "info" | "notice" | "warning" | "error" | "critical" | "alert" | "emergency";
export type SetLevelRequestParams = RequestParams & { level: LoggingLevel };
export type SetLevelRequest = Message<"logging/setLevel", SetLevelRequestParams>;
export type LoggingMessageNotificationParams = NotificationParams & {
  level: LoggingLevel;
  logger?: string;
  data: unknown;
};
export type LoggingMessageNotification = Message<"notifications/message", LoggingMessageNotificationParams>;

// What servers ask: a model's words.

export type ModelHint = { name?: string };
export type ModelPreferences = {
  hints?: ModelHint[];
  costPriority?: number;
  speedPriority?: number;
  intelligencePriority?: number;
};
export type ToolChoice = { mode?: "auto" | "required" | "none" };
export type SamplingContent = TextContent | ImageContent | AudioContent;
/** @typeParam Structured what a result may have beside its content */
export type ToolResultContentOf<Structured> = {
  type: "tool_result";
  toolUseId: string;
  content: ContentBlock[];
  structuredContent?: Structured;
  isError?: boolean;
  _meta?: Open;
};
export type SamplingBlockOf<Structured> = SamplingContent | ToolUseContent | ToolResultContentOf<Structured>;
export type SamplingMessageOf<Structured> = {
  role: Role;
  content: SamplingBlockOf<Structured> | SamplingBlockOf<Structured>[];
  _meta?: Open;
};
export type CreateMessageRequestParamsOf<Tool, Structured, Bag> = TaskAugmentedRequestParams & {
  messages: SamplingMessageOf<Structured>[];
  maxTokens: number;
  systemPrompt?: string;
  temperature?: number;
  stopSequences?: string[];
  modelPreferences?: ModelPreferences;
  includeContext?: "none" | "thisServer" | "allServers";
  metadata?: Bag;
  tools?: Tool[];
  toolChoice?: ToolChoice;
};
type Written = Result & { model: string; role: Role; stopReason?: string };
export type CreateMessageResult = Written & { content: SamplingContent };
export type CreateMessageResultWithToolsOf<Structured> = Written & {
  content: SamplingBlockOf<Structured> | SamplingBlockOf<Structured>[];
};

// What servers ask: the user's answers.

type Field = { title?: string; description?: string };
export type BooleanSchema = Field & { type: "boolean"; default?: boolean };
export type StringSchema = Field & {
  type: "string";
  minLength?: number;
  maxLength?: number;
  format?: "email" | "uri" | "date" | "date-time";
  default?: string;
};
export type NumberSchema = Field & {
  type: "number" | "integer";
  minimum?: number;
  maximum?: number;
  default?: number;
};
type Titled = { const: string; title: string };
export type UntitledSingleSelectEnumSchema = Field & { type: "string"; enum: string[]; default?: string };
export type TitledSingleSelectEnumSchema = Field & { type: "string"; oneOf: Titled[]; default?: string };
export type LegacyTitledEnumSchema = Field & {
  type: "string";
  enum: string[];
  enumNames?: string[];
  default?: string;
};
type Several = Field & { type: "array"; minItems?: number; maxItems?: number; default?: string[] };
export type UntitledMultiSelectEnumSchema = Several & { items: { type: "string"; enum: string[] } };
export type TitledMultiSelectEnumSchema = Several & { items: { anyOf: Titled[] } };
export type SingleSelectEnumSchema = UntitledSingleSelectEnumSchema | TitledSingleSelectEnumSchema;
export type MultiSelectEnumSchema = UntitledMultiSelectEnumSchema | TitledMultiSelectEnumSchema;
export type EnumSchema = LegacyTitledEnumSchema | SingleSelectEnumSchema | MultiSelectEnumSchema;
export type PrimitiveSchemaDefinition = EnumSchema | BooleanSchema | StringSchema | NumberSchema;
export type ElicitRequestFormParams = TaskAugmentedRequestParams & {
  mode?: "form";
  message: string;
  requestedSchema: {
    type: "object";
    properties: { [name: string]: PrimitiveSchemaDefinition };
    required?: string[];
    [key: string]: unknown;
  };
};
export type ElicitRequestURLParams = TaskAugmentedRequestParams & {
  mode: "url";
  message: string;
  elicitationId: string;
  url: string;
};
export type ElicitRequestParams = ElicitRequestFormParams | ElicitRequestURLParams;
export type ElicitRequest = Message<"elicitation/create", ElicitRequestParams>;
export type ElicitResult = Result & {
  action: "accept" | "decline" | "cancel";
  content?: { [name: string]: string | number | boolean | string[] };
};
export type ElicitationCompleteNotificationParams = NotificationParams & { elicitationId: string };
export type ElicitationCompleteNotification = Message<
  "notifications/elicitation/complete",
  ElicitationCompleteNotificationParams
>;

// What servers ask: folders.

export type Root = { uri: string; name?: string; _meta?: Open };
export type ListRootsRequest = Plain<"roots/list", RequestParams>;
export type ListRootsResult = Result & { roots: Root[] };
export type RootsListChangedNotification = Plain<"notifications/roots/list_changed", NotificationParams>;

// Tasks, of 2025-11-25.

export type TaskStatus = "working" | "input_required" | "completed" | "failed" | "cancelled";
export type Task = {
  taskId: string;
  status: TaskStatus;
  ttl: number | null;
  createdAt: string;
  lastUpdatedAt: string;
  pollInterval?: number;
  statusMessage?: string;
};
export type TaskMetadata = { ttl?: number };
export type TaskCreationParams = Open & { ttl?: number; pollInterval?: number };
export type TaskAugmentedRequestParams = RequestParams & { task?: TaskMetadata };
export type CreateTaskResult = Result & { task: Task };
export type TaskStatusNotificationParams = NotificationParams & Task;
export type TaskStatusNotification = Message<"notifications/tasks/status", TaskStatusNotificationParams>;
type OfTask = RequestParams & { taskId: string };
export type GetTaskRequest = Message<"tasks/get", OfTask>;
export type GetTaskResult = Result & Task;
export type GetTaskPayloadRequest = Message<"tasks/result", OfTask>;
export type GetTaskPayloadResult = Result;
export type ListTasksRequest = Plain<"tasks/list", PaginatedRequestParams>;
export type ListTasksResult = PaginatedResult & { tasks: Task[] };
export type CancelTaskRequest = Message<"tasks/cancel", OfTask>;
export type CancelTaskResult = Result & Task;

// How to hear of a list that has changed.

export type ListChangedCallback<T> = (error: Error | null, items: T[] | null) => void;
export type ListChangedOptions<T> = { autoRefresh?: boolean; debounceMs?: number; onChanged: ListChangedCallback<T> };
export {};
