// Tool lists in the formats of model providers, and what their models call, carried out.
import { contentForModel, noteOf, textOfParts } from "./content.js";
import { failureOf, toolKit } from "./calls.js";
import { geminiSchema } from "./gemini.js";

export { contentForModel } from "./content.js";

/** @typedef {import("./tools.js").ToolSource | readonly import("./tools.js").ToolSource[]} Sources */
/** @typedef {import("./tools.js").ToolKitOptions & { media?: boolean }} MediaOptions */
/** @typedef {{ id: string, type?: string, function: { name: string, arguments: string } }} OpenaiCall */
/** @typedef {{ functionCall: { id: string | undefined, name: string, args: unknown } }} GeminiPart */

/** The pictures that all providers read. */
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const PDF = "application/pdf";

/**
 * A tool's outcome: what it said, or why it failed.
 * @param {import("./tools.js").CallOutcome} outcome
 */
function answer({ result, error }) {
  if (!result) return { failed: true, parts: [/** @type {const} */ ({ type: "text", text: failureOf(error) })] };
  return { failed: result.isError === true, parts: contentForModel(result) };
}

/** For providers that have no word for failure. @param {boolean} failed @param {string} text */
const marked = (failed, text) => (failed ? `Error: ${text}` : text);

/** OpenAI's Chat Completions. @param {Sources} sources @param {MediaOptions} [options] */
export function openaiChatTools(sources, options = {}) {
  return toolKit(sources, options, {
    declare: (name, description, parameters) => ({ type: "function", function: { name, description, parameters } }),
    calls: (response) =>
      ((response?.choices?.[0]?.message ?? response)?.tool_calls ?? [])
        .filter((/** @type {OpenaiCall} */ { type, function: called }) => called && (type ?? "function") === "function")
        .map((/** @type {OpenaiCall} */ { id, function: called }) => ({ id, name: called.name, arguments: called.arguments })),
    messages: (outcomes) =>
      outcomes.map((outcome) => {
        const { failed, parts } = answer(outcome);
        return { role: "tool", tool_call_id: String(outcome.call.id), content: marked(failed, textOfParts(parts)) };
      }),
  });
}

/** OpenAI's Responses. @param {Sources} sources @param {MediaOptions} [options] */
export function openaiResponsesTools(sources, { media = true, ...options } = {}) {
  /** @param {import("./content.js").Part} part */
  const item = (part) => {
    if (part.type === "text") return { type: "input_text", text: part.text };
    const url = `data:${part.mediaType};base64,${part.data}`;
    if (media && PICTURES.includes(part.mediaType)) return { type: "input_image", detail: "auto", image_url: url };
    if (media && part.mediaType === PDF) return { type: "input_file", filename: part.name ?? "file.pdf", file_data: url };
    return { type: "input_text", text: noteOf(part) };
  };
  return toolKit(sources, options, {
    // Without a word on it, the schema would be made strict, which most tools' schemas are not.
    declare: (name, description, parameters) => ({ type: "function", name, description, parameters, strict: false }),
    calls: (response) =>
      [response?.output ?? response]
        .flat()
        .filter((called) => called?.type === "function_call")
        .map(({ call_id: id, name, arguments: given }) => ({ id, name, arguments: given })),
    messages: (outcomes) =>
      outcomes.map((outcome) => {
        const { failed, parts } = answer(outcome);
        const textual = failed || parts.every((part) => part.type === "text");
        const output = textual ? marked(failed, textOfParts(parts)) : parts.map(item);
        return { type: "function_call_output", call_id: String(outcome.call.id), output };
      }),
  });
}

/** Anthropic's Messages. @param {Sources} sources @param {MediaOptions} [options] */
export function anthropicTools(sources, { media = true, ...options } = {}) {
  /** @param {import("./content.js").Part} part */
  const block = (part) => {
    if (part.type === "text") return { type: "text", text: part.text };
    const source = { type: "base64", media_type: part.mediaType, data: part.data };
    if (media && PICTURES.includes(part.mediaType)) return { type: "image", source };
    if (media && part.mediaType === PDF) return { type: "document", source };
    return { type: "text", text: noteOf(part) };
  };
  return toolKit(sources, options, {
    declare: (name, description, schema) => ({ name, description, input_schema: schema }),
    calls: (response) =>
      [response?.content ?? response]
        .flat()
        .filter((part) => part?.type === "tool_use")
        .map(({ id, name, input }) => ({ id, name, arguments: input })),
    messages(outcomes) {
      const content = outcomes.map((outcome) => {
        const { failed, parts } = answer(outcome);
        // A failure is told in text only.
        const blocks = failed ? [{ type: "text", text: textOfParts(parts) }] : parts.map(block);
        return { type: "tool_result", tool_use_id: String(outcome.call.id), content: blocks, ...(failed && { is_error: true }) };
      });
      return content.length ? [{ role: "user", content }] : [];
    },
  });
}

/** Google's Gemini. @param {Sources} sources @param {MediaOptions} [options] */
export function geminiTools(sources, { media = true, ...options } = {}) {
  /** @param {import("./content.js").Part} part @returns {part is import("./content.js").Part & { type: "file" }} */
  const shown = (part) => media && part.type === "file" && [...PICTURES, PDF].includes(part.mediaType);
  const { tools, ...kit } = toolKit(sources, options, {
    schema: geminiSchema,
    declare: (name, description, parameters) => ({ name, description, .../** @type {{}} */ (parameters && { parameters }) }),
    calls: (response) =>
      ((response?.candidates?.[0]?.content ?? response)?.parts ?? [])
        .filter((/** @type {GeminiPart | undefined} */ part) => part?.functionCall)
        .map((/** @type {GeminiPart} */ { functionCall: { id, name, args } }) => ({ id, name, arguments: args })),
    messages(outcomes) {
      const parts = outcomes.map((outcome) => {
        const { id, name } = outcome.call;
        const { failed, parts } = answer(outcome);
        const files = failed ? [] : /** @type {import("./content.js").Part[]} */ (parts).filter(shown);
        const text = textOfParts(parts.filter((part) => !(/** @type {import("./content.js").Part[]} */ (files).includes(part))));
        const inline = files.map(({ mediaType, data }) => ({ inlineData: { mimeType: mediaType, data } }));
        const response = failed ? { error: text } : { output: text };
        return { functionResponse: { ...(id !== undefined && { id }), name, response, ...(inline.length && { parts: inline }) } };
      });
      return parts.length ? [{ role: "user", parts }] : [];
    },
  });
  return { ...kit, tools: tools.length ? [{ functionDeclarations: tools }] : [] };
}
