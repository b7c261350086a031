/** Prompts, and what completes their arguments. */
import type { ContentBlock } from "./content.js";
import type { JsonObject } from "./jsonrpc.js";
import type { Icon, Page, RequestMeta, Result, Role } from "./protocol.js";

/** An argument of a prompt; its value is text. */
export interface PromptArgument {
  name: string;
  title?: string;
  description?: string;
  required?: boolean;
  [key: string]: unknown;
}

/** A prompt. */
export interface Prompt {
  name: string;
  title?: string;
  description?: string;
  arguments?: PromptArgument[];
  icons?: Icon[];
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** The server's prompts. */
export interface ListPromptsResult extends Page {
  prompts: Prompt[];
}

/** The params of `getPrompt`. */
export interface GetPromptParams {
  name: string;
  arguments?: Record<string, string>;
  _meta?: RequestMeta;
}

/** One message of a prompt. */
export interface PromptMessage {
  role: Role;
  content: ContentBlock;
  [key: string]: unknown;
}

/** A prompt, filled in. */
export interface GetPromptResult extends Result {
  description?: string;
  messages: PromptMessage[];
}

/** What a completion is for: a prompt. */
export interface PromptReference {
  type: "ref/prompt";
  name: string;
  title?: string;
}

/** What a completion is for: a template of resource URIs. */
export interface ResourceTemplateReference {
  type: "ref/resource";
  uri: string;
}

/** The params of `complete`. */
export interface CompleteParams {
  /** What is being filled in. */
  ref: PromptReference | ResourceTemplateReference;
  /** The argument, and what its value is so far. */
  argument: { name: string; value: string };
  /** The values that are already chosen. */
  context?: { arguments?: Record<string, string> };
  _meta?: RequestMeta;
}

/** What `complete` suggests. */
export interface CompleteResult extends Result {
  completion: {
    /** At most 100, the best first. */
    values: string[];
    total?: number;
    hasMore?: boolean;
  };
}
