/** What servers ask of the client: a model's words, the user's answers, folders. */
import type { SamplingMessageContentBlock } from "./content.js";
import type { JsonObject } from "./jsonrpc.js";
import type { Role } from "./protocol.js";
import type { Tool } from "./tools.js";

/** A message of the conversation to continue. */
export interface SamplingMessage {
  role: Role;
  content: SamplingMessageContentBlock | SamplingMessageContentBlock[];
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** Which model the server would like; the client decides. Priorities are from 0 to 1. */
export interface ModelPreferences {
  /** Parts of names, the best first. */
  hints?: { name?: string; [key: string]: unknown }[];
  costPriority?: number;
  speedPriority?: number;
  intelligencePriority?: number;
  [key: string]: unknown;
}

/** What the server wants the client's model to continue. */
export interface SamplingParams {
  messages: SamplingMessage[];
  /** Must be kept to. */
  maxTokens: number;
  systemPrompt?: string;
  temperature?: number;
  stopSequences?: string[];
  modelPreferences?: ModelPreferences;
  includeContext?: "none" | "thisServer" | "allServers";
  metadata?: JsonObject;
  tools?: Tool[];
  toolChoice?: { mode?: "auto" | "required" | "none"; [key: string]: unknown };
  [key: string]: unknown;
}

/** What the model wrote. */
export interface SamplingResult {
  role: Role;
  /** The model's name. */
  model: string;
  content: SamplingMessageContentBlock | SamplingMessageContentBlock[];
  /** Such as `"endTurn"`, `"stopSequence"`, `"maxTokens"`, `"toolUse"`. */
  stopReason?: string;
  _meta?: JsonObject;
  [key: string]: unknown;
}

interface Field {
  title?: string;
  description?: string;
}

/** A field of a form that is text. */
export interface StringSchema extends Field {
  type: "string";
  minLength?: number;
  maxLength?: number;
  format?: "email" | "uri" | "date" | "date-time";
  default?: string;
}

/** A field of a form that is a number. */
export interface NumberSchema extends Field {
  type: "number" | "integer";
  minimum?: number;
  maximum?: number;
  default?: number;
}

/** A field of a form that is yes or no. */
export interface BooleanSchema extends Field {
  type: "boolean";
  default?: boolean;
}

/** A field of a form with one choice; `enumNames` is the titles of earlier revisions. */
export interface SingleSelectEnumSchema extends Field {
  type: "string";
  enum?: string[];
  enumNames?: string[];
  oneOf?: { const: string; title: string }[];
  default?: string;
}

/** A field of a form with several choices. */
export interface MultiSelectEnumSchema extends Field {
  type: "array";
  items: { type?: "string"; enum?: string[]; anyOf?: { const: string; title: string }[] };
  minItems?: number;
  maxItems?: number;
  default?: string[];
}

/** A field of a form. */
export type PrimitiveSchemaDefinition =
  | StringSchema
  | NumberSchema
  | BooleanSchema
  | SingleSelectEnumSchema
  | MultiSelectEnumSchema;

/** A form: an object of plain fields. */
export interface FormSchema {
  $schema?: string;
  type: "object";
  properties: { [name: string]: PrimitiveSchemaDefinition };
  required?: string[];
}

/** What the server asks the user. */
export interface ElicitationParams {
  message: string;
  /** Absent for a form. */
  mode?: "form" | "url";
  /** Of a form. */
  requestedSchema?: FormSchema;
  /** Of a URL: shown in full before it is opened. */
  url?: string;
  elicitationId?: string;
  [key: string]: unknown;
}

/** What the user answered. Accepting a URL is consent to open it, and does not say that all is done. */
export interface ElicitationResult {
  action: "accept" | "decline" | "cancel";
  content?: { [key: string]: string | number | boolean | string[] };
  [key: string]: unknown;
}

/** A folder that the server may look at. */
export interface Root {
  /** Starts with `file://`. */
  uri: string;
  name?: string;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** The folders that the server may look at. */
export interface ListRootsResult {
  roots: Root[];
  [key: string]: unknown;
}

/** What a 2026-07-28 result asks for, by keys of the server's. */
export interface InputRequests {
  [key: string]:
    | { method: "sampling/createMessage"; params: SamplingParams }
    | { method: "elicitation/create"; params: ElicitationParams }
    | { method: "roots/list"; params?: JsonObject };
}

/** The answers to that, by the same keys. */
export interface InputResponses {
  [key: string]: SamplingResult | ElicitationResult | ListRootsResult;
}
