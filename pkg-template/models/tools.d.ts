/**
 * Tools in the formats of model providers: what a request offers, and what a model calls, carried
 * out by the servers, with the answers in the provider's own shape.
 *
 * @example
 * ```js
 * import { Client } from "mcp-wasm";
 * import { anthropicTools } from "mcp-wasm/tools";
 *
 * const client = await Client.connect("wss://example.com/mcp");
 * const kit = anthropicTools({ client, tools: (await client.listTools()).tools });
 * for (;;) {
 *   const message = await anthropic.messages.create({ model, max_tokens, messages, tools: kit.tools });
 *   messages.push({ role: "assistant", content: message.content });
 *   const answers = await kit.run(message, { signal });
 *   if (!answers.length) break;
 *   messages.push(...answers);
 * }
 * ```
 * @module
 */
import type { CallOptions, CallToolResult, Client, Tool, ToolCall } from "../index.js";

/** Where tools come from. */
export interface ToolSource {
  /** Carries the calls out. */
  client: Pick<Client, "callTool">;
  /** What `client.listTools()` gave; some servers say `null` for none. */
  tools: readonly Tool[] | null;
  /** Is put before each name, with an underscore, to tell several servers apart. */
  prefix?: string;
}

/** The options of a kit. */
export interface ToolKitOptions {
  /**
   * The names of the tools to offer, or what chooses them; all without.
   * @default all tools
   */
  filter?: readonly string[] | ((tool: Tool) => boolean);
  /**
   * Whether pictures and PDFs of results are shown to the model; a line of text stands for them
   * otherwise, as it does for every other kind of file. Tool messages of Chat Completions hold text
   * only, whatever is said here.
   * @default true
   */
  media?: boolean;
  /**
   * Is told of a tool that cannot be offered; the others are.
   * @default console.warn
   */
  onWarning?: (warning: Error) => void;
}

/** The options of `run`: those of every call of the turn, and more. */
export interface RunOptions extends Omit<CallOptions, "throwOnToolError"> {
  /**
   * Is given each call as it starts, to show its progress.
   * @default none
   *
   * @example
   * ```js
   * await kit.run(message, { onCall: (call, { tool }) => show(tool.name, call.progress()) });
   * ```
   */
  onCall?: (call: ToolCall, request: ModelCall) => void;
  /**
   * Whether the call may be made; a model is told of a refusal. Ask the user here.
   * @default every call may be made
   */
  approve?: (request: ModelCall) => boolean | Promise<boolean>;
}

/** A call that a model wants made. */
export interface ModelCall {
  /** The provider's id of it; Gemini may leave it out. */
  id: string | undefined;
  /** The name as the model wrote it. */
  name: string;
  /** The tool of that name, as its server calls it; absent if there is none. */
  tool: Tool | undefined;
  /** Where that tool is. */
  client: Pick<Client, "callTool"> | undefined;
  /** By the server's own names; absent if the model wrote no JSON object. */
  arguments: Record<string, unknown> | undefined;
}

/** What became of a call: a result, or an error. */
export interface CallOutcome {
  call: ModelCall;
  result?: CallToolResult;
  error?: unknown;
}

/** Tools for one provider. */
export interface ToolKit<Declaration, Response, Message> {
  /**
   * For the request's `tools`. Names are as the tools have them, as far as providers allow: what is
   * not a letter, digit, underscore or dash becomes an underscore, what is longer than 64 is cut,
   * and what would be there twice gets a number. So are the names of arguments. The way back is
   * known to the kit.
   *
   * Schemas are those of the server, with what providers refuse mended or, where it cannot be, left out.
   */
  readonly tools: Declaration[];
  /** The calls in a model's response. */
  calls(response: Response): ModelCall[];
  /**
   * Makes all calls of a response at once, and gives the messages that answer them; none if there
   * were none. It does not reject: what fails, is refused, is cancelled or does not exist is told to
   * the model, so that each call has its answer and the conversation can go on.
   */
  run(response: Response, options?: RunOptions): Promise<Message[]>;
  /** The messages for calls that were made in another way. */
  messages(outcomes: readonly CallOutcome[]): Message[];
}

/** A part of a tool's result that is for a model; `data` is base64. */
export type ModelContent =
  | { type: "text"; text: string }
  | { type: "file"; mediaType: string; data: string; name?: string };

/**
 * What a model is given of a tool's result: without what the server means for the user alone
 * (`audience`), never nothing, and nothing blank. Files are of the media type that their bytes are; text
 * that came as bytes is text.
 *
 * @example
 * ```js
 * const text = contentForModel(result).map((part) => part.text ?? part.mediaType).join("\n");
 * ```
 */
export function contentForModel(result: CallToolResult): ModelContent[];

// ---- OpenAI, Chat Completions ----

/** A tool of Chat Completions. */
export interface OpenaiChatTool {
  type: "function";
  function: { name: string; description?: string; parameters: Record<string, unknown> };
}

/** A completion, or its message. */
export type OpenaiChatResponse = { choices: readonly { message: OpenaiChatMessage }[] } | OpenaiChatMessage;

/** The message of a completion, as far as calls are concerned. */
export interface OpenaiChatMessage {
  tool_calls?: readonly { id: string; type?: string; function?: { name: string; arguments: string } }[] | null;
}

/** The answer to one call. */
export interface OpenaiToolMessage {
  role: "tool";
  tool_call_id: string;
  content: string;
}

/**
 * Tools for OpenAI's Chat Completions, and for the many servers that speak the same.
 *
 * @example
 * ```js
 * const kit = openaiChatTools({ client, tools });
 * const completion = await openai.chat.completions.create({ model, messages, tools: kit.tools });
 * messages.push(completion.choices[0].message, ...(await kit.run(completion)));
 * ```
 */
export function openaiChatTools(
  sources: ToolSource | readonly ToolSource[],
  options?: ToolKitOptions,
): ToolKit<OpenaiChatTool, OpenaiChatResponse, OpenaiToolMessage>;

// ---- OpenAI, Responses ----

/** A tool of Responses. */
export interface OpenaiResponsesTool {
  type: "function";
  name: string;
  description?: string;
  parameters: Record<string, unknown>;
  strict: false;
}

/** A response, its output, or one item of that. */
export type OpenaiResponse = { output: readonly OpenaiOutputItem[] } | readonly OpenaiOutputItem[] | OpenaiOutputItem;

/** An item of a response's output, as far as calls are concerned. */
export interface OpenaiOutputItem {
  type: string;
}

/** The answer to one call. */
export interface OpenaiFunctionCallOutput {
  type: "function_call_output";
  call_id: string;
  output:
    | string
    | (
        | { type: "input_text"; text: string }
        | { type: "input_image"; detail: "auto"; image_url: string }
        | { type: "input_file"; filename: string; file_data: string }
      )[];
}

/**
 * Tools for OpenAI's Responses.
 *
 * @example
 * ```js
 * const kit = openaiResponsesTools({ client, tools });
 * const response = await openai.responses.create({ model, input, tools: kit.tools });
 * input.push(...response.output, ...(await kit.run(response)));
 * ```
 */
export function openaiResponsesTools(
  sources: ToolSource | readonly ToolSource[],
  options?: ToolKitOptions,
): ToolKit<OpenaiResponsesTool, OpenaiResponse, OpenaiFunctionCallOutput>;

// ---- Anthropic, Messages ----

/** A tool of Messages. */
export interface AnthropicTool {
  name: string;
  description?: string;
  input_schema: { type: "object"; [key: string]: unknown };
}

/** A message, or its content. */
export type AnthropicResponse = { content: readonly AnthropicBlock[] } | readonly AnthropicBlock[];

/** A block of a message, as far as calls are concerned. */
export interface AnthropicBlock {
  type: string;
}

/** The answers to all calls of a message. */
export interface AnthropicResultMessage {
  role: "user";
  content: {
    type: "tool_result";
    tool_use_id: string;
    content: (
      | { type: "text"; text: string }
      | { type: "image"; source: { type: "base64"; media_type: "image/png" | "image/jpeg" | "image/gif" | "image/webp"; data: string } }
      | { type: "document"; source: { type: "base64"; media_type: "application/pdf"; data: string } }
    )[];
    is_error?: boolean;
  }[];
}

/**
 * Tools for Anthropic's Messages.
 *
 * @example
 * ```js
 * const kit = anthropicTools({ client, tools }, { filter: ["search", "fetch"] });
 * ```
 */
export function anthropicTools(
  sources: ToolSource | readonly ToolSource[],
  options?: ToolKitOptions,
): ToolKit<AnthropicTool, AnthropicResponse, AnthropicResultMessage>;

// ---- Google, Gemini ----

/** A group of functions; a request has one. */
export interface GeminiTool {
  functionDeclarations: {
    name: string;
    description?: string;
    /** A `Schema` of the Gemini API; absent for a tool without arguments. */
    parameters?: object;
  }[];
}

/** A response, or a candidate's content. */
export type GeminiResponse =
  | { candidates?: readonly { content?: GeminiContent }[] }
  | GeminiContent;

/** The content of a candidate, as far as calls are concerned. */
export interface GeminiContent {
  parts?: readonly { functionCall?: { id?: string; name?: string; args?: Record<string, unknown> } }[];
}

/** The answers to all calls of a response. */
export interface GeminiResultContent {
  role: "user";
  parts: {
    functionResponse: {
      id?: string;
      name: string;
      response: { output: string } | { error: string };
      parts?: { inlineData: { mimeType: string; data: string } }[];
    };
  }[];
}

/**
 * Tools for Google's Gemini. It takes a part of OpenAPI's schemas: references are written out,
 * alternatives and null become `anyOf` and `nullable`, and what there is no keyword for is said in
 * the description.
 *
 * Only models from Gemini 3 on look at pictures of results: give `media: false` for older ones.
 *
 * @example
 * ```js
 * const kit = geminiTools({ client, tools });
 * const response = await ai.models.generateContent({ model, contents, config: { tools: kit.tools } });
 * contents.push(response.candidates[0].content, ...(await kit.run(response)));
 * ```
 */
export function geminiTools(
  sources: ToolSource | readonly ToolSource[],
  options?: ToolKitOptions,
): ToolKit<GeminiTool, GeminiResponse, GeminiResultContent>;
