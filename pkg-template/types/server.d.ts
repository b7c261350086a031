/// <reference lib="esnext.disposable" />
/** A server in the page. */
import type { Client } from "./client.js";
import type { ContentBlock } from "./content.js";
import type { JsonObject } from "./jsonrpc.js";
import type { AcceptPortsOptions, MessagePortOptions, PortLike, acceptPorts } from "./ports.js";
import type { GetPromptResult, Prompt, PromptMessage } from "./prompts.js";
import type { Icon, Implementation } from "./protocol.js";
import type { Resource, ResourceTemplate } from "./resources.js";
import type { BaseContext, ServerContext } from "./server-context.js";
import type { CallToolResult, Tool } from "./tools.js";
import type { Transport } from "./transports.js";
import type { JsonSchemaValidator } from "./validator.js";

/** How a {@link Server} is set up. */
export interface ServerOptions {
  /**
   * Tells the model of a client how to use the server.
   * @default none
   *
   * @example
   * ```js
   * new Server({ name: "notes", version: "1.0.0" }, { instructions: "Search before you write." });
   * ```
   */
  instructions?: string;
  /**
   * Kinds of things to declare although there are none yet. A client is told at the start what
   * kinds there are, so name here what is only added later.
   * @default what there is when a client connects
   *
   * @example
   * ```js
   * const server = new Server({ name: "editor", version: "1.0.0" }, { capabilities: { tools: {} } });
   * ```
   */
  capabilities?: { tools?: object; resources?: object; prompts?: object; completions?: object };
  /**
   * Checks the arguments of tools against their `inputSchema`; `mcp-wasm/validate` has one. What
   * does not fit never reaches a handler: the caller gets a result with `isError` that says what is
   * wrong.
   * @default none: handlers get the arguments as they came, an object
   */
  jsonSchemaValidator?: JsonSchemaValidator;
  /**
   * How many tools, resources, templates or prompts are listed in one answer.
   * @default all
   */
  pageSize?: number;
  /**
   * How long clients may keep lists, in milliseconds (since 2026-07-28).
   * @default 0
   */
  listLifetime?: number;
  /**
   * How long a client may take to answer what a handler asks, in milliseconds (since 2026-07-28).
   * @default 900_000
   */
  stateLifetime?: number;
}

/** A tool, as its author describes it; the name stands by itself. */
export interface ToolDefinition extends Partial<Omit<Tool, "name" | "inputSchema" | "outputSchema">> {
  /**
   * The schema of the arguments: JSON Schema of an object, or a schema of a library that speaks
   * Standard JSON Schema (zod 4.2 and newer), or several of those by the arguments' names. A
   * library's schema also checks the arguments, and the handler gets what it makes of them. What is
   * none of it is refused at once, with `INVALID_ARGUMENT`.
   * @default { type: "object", properties: {} }
   *
   * @example
   * ```js
   * server.tool("add", { inputSchema: z.object({ a: z.number(), b: z.number() }) }, ({ a, b }) => a + b);
   * ```
   */
  inputSchema?: JsonObject | StandardSchema | Record<string, StandardSchema>;
  /** The schema of structured results, in the same ways; results are not checked. */
  outputSchema?: JsonObject | StandardSchema | Record<string, StandardSchema>;
}

/** A schema of a library, as far as a server is concerned (standardschema.dev). */
export interface StandardSchema {
  readonly "~standard": { readonly version: number; readonly vendor: string; readonly validate: (value: unknown) => unknown };
}

/**
 * What the handler of a tool may return.
 *
 * | a handler returns | the caller gets |
 * |---|---|
 * | a text | a block of text |
 * | blocks of content, or an object with `content` | what it says |
 * | every other value that JSON can hold | `structuredContent`, and the same as JSON text |
 * | nothing | a result without content |
 * | it throws | what was thrown, an error's message say, with `isError: true` |
 *
 * Bytes anywhere in it become base64, which is what images and audio need.
 */
export type ToolOutput = string | ContentBlock[] | CallToolResult | object | number | boolean | null | void;

/** What the handler of a resource may return: a text, bytes, contents, anything else as JSON; nothing for a resource that does not exist. */
export type ResourceOutput = string | ArrayBuffer | ArrayBufferView | object | null | undefined | void;

/** What the handler of a prompt may return: a text or a block of content that the person says, messages, or a whole result. */
export type PromptOutput = string | ContentBlock | PromptMessage | PromptMessage[] | GetPromptResult;

/** What is to be completed, and what is there of it. */
export interface CompletionQuestion {
  /** The prompt that is filled in. */
  prompt?: string;
  /** Or the pattern of the resource template. */
  resource?: string;
  /** The argument, or the variable of the pattern. */
  argument: string;
  /** What has been typed of it. */
  value: string;
  /** The arguments that have been chosen already. */
  arguments: { [name: string]: string };
}

/** Suggestions, the best first; 100 of them are sent at most. */
export type CompletionOutput = string[] | { values: string[]; total?: number; hasMore?: boolean };

/** Runs a tool. */
export type ToolHandler<Arguments = any> = (args: Arguments, context: ServerContext) => ToolOutput | Promise<ToolOutput>;

/** Reads a resource: its URI, and the variables of its template. */
export type ResourceHandler = (
  resource: { uri: string; [variable: string]: string },
  context: ServerContext,
) => ResourceOutput | Promise<ResourceOutput>;

/** Fills in a prompt. */
export type PromptHandler = (
  args: { [name: string]: string },
  context: ServerContext,
) => PromptOutput | Promise<PromptOutput>;

/** One connection of a {@link Server}. */
export interface ServerConnection {
  /** The transport in use. */
  readonly transport: Transport;
  /** Which way the client speaks the protocol; `undefined` until it has said something. */
  readonly era: "modern" | "legacy" | undefined;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  /** Ends the connection; what the client has asked for is given up. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A server in the page, a worker or a frame: tools, resources and prompts as functions, for clients in
 * the same page, behind a port, or anything else that can move messages. Both eras of the protocol,
 * several clients at once.
 *
 * Its WebAssembly module is another one than the client's, and loaded when the first client connects.
 *
 * @example
 * ```js
 * import { Client, Server } from "mcp-wasm";
 *
 * const server = new Server({ name: "page", version: "1.0.0" });
 * server.tool("count", { description: "Counts to n" }, async ({ n }, ctx) => {
 *   for (let i = 1; i <= n; i++) await ctx.reportProgress(i, n);
 *   return `counted to ${n}`;
 * });
 *
 * const client = await Client.connect(server);
 * await client.callTool("count", { n: 3 }, { progressHandler: (progress, total) => console.log(progress, total) });
 * ```
 */
export class Server {
  constructor(info: Implementation & { icons?: Icon[] }, options?: ServerOptions);

  /**
   * Is told of what goes wrong beside the calls, and of what handlers throw, which callers only get
   * the message of.
   */
  onerror: ((error: unknown) => void) | undefined;

  /**
   * Adds a tool, in the place of the one that has its name. Clients that are connected are told.
   *
   * @example
   * ```js
   * server.tool(
   *   "search",
   *   {
   *     description: "Searches the notes of this page",
   *     inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
   *   },
   *   async ({ text }) => ({ found: notes.filter((note) => note.includes(text)) }),
   * );
   * ```
   */
  tool<Arguments = any>(name: string, definition: ToolDefinition, handler: ToolHandler<Arguments>): this;
  tool<Arguments = any>(name: string, handler: ToolHandler<Arguments>): this;
  /** Removes a tool, and tells clients. `false`: there is none of that name. */
  removeTool(name: string): boolean;

  /** Adds a resource, in the place of the one that has its URI. */
  resource(uri: string, definition: Partial<Omit<Resource, "uri">>, handler: ResourceHandler): this;
  resource(uri: string, handler: ResourceHandler): this;
  /** Removes a resource, and tells clients. `false`: there is none of that URI. */
  removeResource(uri: string): boolean;

  /**
   * Adds a family of resources. `{name}` in the pattern is a variable (RFC 6570, level 1). A URI
   * belongs to the first template that it matches, if it is not that of a {@link resource}.
   *
   * @example
   * ```js
   * server.resourceTemplate("note://{id}", { mimeType: "text/plain" }, ({ id }) => notes.get(id));
   * ```
   */
  resourceTemplate(
    uriTemplate: string,
    definition: Partial<Omit<ResourceTemplate, "uriTemplate">>,
    handler: ResourceHandler,
  ): this;
  resourceTemplate(uriTemplate: string, handler: ResourceHandler): this;
  /** Removes a family of resources, and tells clients. `false`: there is none of that pattern. */
  removeResourceTemplate(uriTemplate: string): boolean;
  /** The contents of a resource have changed. Who subscribed to `a://b` hears of `a://b/c` too. */
  resourceUpdated(uri: string): void;

  /**
   * Adds a prompt, in the place of the one that has its name. Its arguments are texts; those that
   * are `required` are there when the handler runs.
   */
  prompt(name: string, definition: Partial<Omit<Prompt, "name">>, handler: PromptHandler): this;
  prompt(name: string, handler: PromptHandler): this;
  /** Removes a prompt, and tells clients. `false`: there is none of that name. */
  removePrompt(name: string): boolean;

  /** Suggests values for the arguments of prompts and the variables of templates. Asked only for those that there are. */
  completion(
    handler: (question: CompletionQuestion, context: BaseContext) => CompletionOutput | Promise<CompletionOutput>,
  ): this;

  /**
   * Serves a client behind a port, a worker, a worker's own scope (`self`), or a transport. For a
   * client in the same page, give the server to {@link Client.connect}.
   *
   * @example
   * ```js
   * await server.connect(self); // in a worker
   * await server.connect(openPort(frame.contentWindow, { origin: "https://app.example.com" }));
   * ```
   */
  connect(target: Transport | PortLike, options?: MessagePortOptions): Promise<ServerConnection>;
  /**
   * Serves whoever opens a port to this window or worker from one of these origins; see
   * {@link acceptPorts}.
   * @returns ends it; connections stay
   *
   * @example
   * ```js
   * // In a frame: for the page around it.
   * server.accept({ origins: ["https://app.example.com"] });
   * ```
   */
  accept(options?: AcceptPortsOptions): () => void;
  /** Ends all connections. The server may be connected again. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Offers the tools of a server to the browser's own agent, where the browser has
 * `document.modelContext` or `navigator.modelContext` (WebMCP), and keeps that offer up to date. The
 * agent is one more client, which gets plain values and rejections: the server may be one in the page, or anything else that
 * {@link Client.connect} takes.
 * @returns the offer, to be taken back by `close()`; `undefined` if the browser has no such thing
 *
 * @example
 * ```js
 * const offer = await offerToModelContext(server);
 * ```
 */
export function offerToModelContext(
  server: Server | string | URL | Transport | PortLike,
  options?: {
    /**
     * Where to offer them.
     * @default document.modelContext or navigator.modelContext
     */
    modelContext?: object;
    /**
     * Is told of tools that the browser does not take, such as those whose name it does not like.
     * @default none
     */
    onerror?: (error: unknown) => void;
  },
): Promise<{ close(): Promise<void> } | undefined>;
