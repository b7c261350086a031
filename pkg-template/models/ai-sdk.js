// The tools of a client as tools of the AI SDK: progress as preliminary results, the signal's abort
// as a cancellation on the server, failures as errors.
import { dynamicTool, jsonSchema, toolModelMessageSchema } from "ai";
import { ToolError } from "../base/errors.js";
import { offer } from "./calls.js";
import { contentForModel, textOfParts } from "./content.js";
import { textOrNone, wellFormed } from "./text.js";

/** How often a page that draws every preliminary result should have to, in milliseconds. */
const THROTTLE = 100;

/** @typedef {import("./ai-sdk.js").AiToolsOptions} Options */
/** @typedef {import("../types/call-options.js").CallOptions} CallOptions */
/** @typedef {ReturnType<NonNullable<import("ai").Tool["toModelOutput"]>>} ModelOutput */

/** @param {import("../types/client.js").Client} client @param {Options} [options] */
export async function aiTools(client, { filter, prefix, tools, metadata, onWarning, throttle = THROTTLE, ...options } = {}) {
  const list = tools ?? (await client.listTools({}, { signal: options.signal })).tools;
  const offered = offer({ client, tools: list, prefix }, { filter, onWarning });
  return Object.fromEntries([...offered].map(([name, made]) => [name, aiTool(made, { ...options, throttle }, metadata)]));
}

/** What is said of a call that did not come to its end. */
const STOPPED = "The call was stopped before it had finished.";
/** The states of a part whose call is over, or waits for a person. */
const SETTLED = ["output-available", "output-error", "output-denied", "approval-requested", "approval-responded"];

/** @typedef {{ type?: string, state?: string, preliminary?: boolean, output?: unknown }} MessagePart */
/** @typedef {{ role: string, parts?: MessagePart[] }} Message */

/**
 * @param {readonly Message[]} messages
 * @param {string} [errorText]
 */
export function markStopped(messages, errorText = STOPPED) {
  return messages.map((message) => {
    const is = (/** @type {MessagePart} */ part) => part.type === "dynamic-tool" || part.type?.startsWith("tool-");
    const stopped = (/** @type {MessagePart} */ part) => is(part) && (!SETTLED.includes(/** @type {string} */ (part.state)) || part.preliminary === true || isToolProgress(part.output));
    if (message.role !== "assistant" || !message.parts?.some(stopped)) return message;
    const parts = message.parts.map((part) => {
      if (!stopped(part)) return part;
      const { output, preliminary, ...rest } = part;
      return { ...rest, state: "output-error", errorText };
    });
    return { ...message, parts };
  });
}

/** @param {any} value whatever a tool gave, or has so far @returns {value is import("./ai-sdk.js").ToolProgress} */
export const isToolProgress = (value) => value?.type === "progress" && typeof value.progress === "number" && !("content" in value);

/** @param {import("./calls.js").Offered} offered @param {CallOptions} options @param {Options["metadata"]} metadata */
function aiTool({ client, tool, description, schema, argumentsOf }, options, metadata) {
  const { name, title, annotations } = tool;
  const shown = textOrNone(title) ?? textOrNone(annotations?.title);
  return dynamicTool({
    description,
    inputSchema: jsonSchema(/** @type {import("ai").JSONSchema7} */ (schema)),
    metadata: { mcp: { server: /** @type {Partial<import("../types/client.js").Client>} */ (client).getServerVersion?.()?.name ?? "", tool: wellFormed(name), ...(shown && { title: shown }) }, ...metadata },
    async *execute(input, { abortSignal }) {
      const signal = either(options.signal, abortSignal);
      const call = client.callTool(name, argumentsOf(/** @type {Record<string, unknown>} */ (input ?? {})), { ...options, signal, throwOnToolError: false });
      try {
        for await (const progress of call.progress()) yield { type: "progress", ...progress };
        const result = await call;
        if (result.isError) throw new ToolError(textOfParts(contentForModel(result)), result);
        // The AI SDK takes what comes last for the result.
        yield result;
      } finally {
        // Whoever stops listening wants no more of it; a call that has ended is left as it is.
        call.cancel();
      }
    },
    toModelOutput: ({ output }) => /** @type {ModelOutput} */ (toModelOutput(output)),
  });
}

/**
 * What the model is given: text as text, pictures and other files as such.
 * @param {any} output whatever a tool gave
 */
function toModelOutput(output) {
  // What is left of a call that was stopped is its progress, and no result.
  if (isToolProgress(output)) return { type: "error-text", value: STOPPED };
  const parts = contentForModel(output);
  if (parts.every((part) => part.type === "text")) return { type: "text", value: textOfParts(parts) };
  return {
    type: "content",
    value: parts.map((part) => (part.type === "text" ? part : fileOf(part))),
  };
}

/** @param {import("./content.js").Part & { type: "file" }} part */
function fileOf({ mediaType, data, name }) {
  const named = name && { filename: name };
  if (knowsFiles()) return { type: "file", mediaType, data: { type: "data", data }, ...named };
  return mediaType.startsWith("image/") ? { type: "image-data", mediaType, data } : { type: "file-data", mediaType, data, ...named };
}

/** @type {boolean | undefined} */
let known;
/** Whether this AI SDK has one kind of part for all files, as it has since 7, which would refuse a conversation with it before. */
function knowsFiles() {
  const value = [{ type: "file", mediaType: "text/plain", data: { type: "data", data: "" } }];
  const content = [{ type: "tool-result", toolCallId: "", toolName: "", output: { type: "content", value } }];
  return (known ??= toolModelMessageSchema.safeParse({ role: "tool", content }).success);
}

/** @param {AbortSignal | undefined} one @param {AbortSignal | undefined} other */
const either = (one, other) => (one && other ? AbortSignal.any([one, other]) : (one ?? other));
