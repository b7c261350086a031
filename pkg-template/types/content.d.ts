/** What tools return and prompts hold: text, pictures, sound, resources. */
import type { JsonObject } from "./jsonrpc.js";
import type { Annotations } from "./protocol.js";
import type { Resource, ResourceContents } from "./resources.js";

interface Block {
  annotations?: Annotations;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** Text. */
export interface TextContent extends Block {
  type: "text";
  text: string;
}

/** A picture. */
export interface ImageContent extends Block {
  type: "image";
  /** In base64. */
  data: string;
  mimeType: string;
}

/** Sound. */
export interface AudioContent extends Block {
  type: "audio";
  /** In base64. */
  data: string;
  mimeType: string;
}

/** A resource that the server has, to be read by its URI. */
export interface ResourceLink extends Resource {
  type: "resource_link";
}

/** What is in a resource, or in a part of it. */
export interface EmbeddedResource extends Block {
  type: "resource";
  resource: ResourceContents;
}

/**
 * One part of a tool's result or of a prompt's message.
 *
 * @example
 * ```ts
 * for (const block of result.content) {
 *   if (block.type === "text") show(block.text);
 *   else if (block.type === "image") showImage(`data:${block.mimeType};base64,${block.data}`);
 * }
 * ```
 */
export type ContentBlock = TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource;

/** In sampling: the model wants a tool to run. */
export interface ToolUseContent {
  type: "tool_use";
  id: string;
  name: string;
  input: JsonObject;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** In sampling: what that tool returned. */
export interface ToolResultContent {
  type: "tool_result";
  toolUseId: string;
  content: ContentBlock[];
  structuredContent?: unknown;
  isError?: boolean;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** One part of a message that a model reads or writes. */
export type SamplingMessageContentBlock = TextContent | ImageContent | AudioContent | ToolUseContent | ToolResultContent;
