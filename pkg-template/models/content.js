// What a model is given of a tool's result: text, and files as bytes.
import { fileOf } from "./files.js";
import { cleanValue, textOrNone, wellFormed } from "./text.js";

/**
 * @typedef {{ type: "text", text: string }
 *   | { type: "file", mediaType: string, data: string, name?: string }} Part `data` is base64
 */

/** What is said for nothing: an empty text is refused by some providers. */
const NOTHING = "(no output)";

/**
 * The parts of a result that are for a model, in the server's order; at least one, none of them blank.
 * @param {any} result of a tool call, as the server gave it
 * @returns {Part[]}
 */
export function contentForModel(result) {
  const content = [result?.content ?? []].flat();
  const shown = content.filter(isForModel);
  const parts = shown.map(partOf).filter((/** @type {Part | undefined} */ part) => part !== undefined);
  if (parts.length) return parts;
  // A server may leave out the text that repeats what is structured.
  const structured = shown.length === content.length ? result?.structuredContent : undefined;
  return [{ type: "text", text: structured == null ? NOTHING : jsonOf(structured) }];
}

/** All that is text, for where nothing else is taken. @param {Part[]} parts */
export const textOfParts = (parts) => parts.map((part) => (part.type === "text" ? part.text : noteOf(part))).join("\n");

/** What stands for a file that cannot be shown to the model. @param {{ mediaType: string, data: string, name?: string }} part */
export function noteOf({ mediaType, data, name }) {
  const size = Math.ceil((data.length * 3) / 4);
  return `[${name ? `${name}, ` : ""}${mediaType}, ${size} bytes, not shown]`;
}

/** Whether the server did not say that it is for the user alone. @param {any} block whatever stands in the content */
const isForModel = (block) => block && (block.annotations?.audience?.includes?.("assistant") ?? true);

/** @param {any} block whatever stands in the content @returns {Part | undefined} nothing of what is blank */
function partOf(block) {
  switch (block.type) {
    case "text":
      return textual(block.text);
    case "image":
    case "audio":
      return fileOrNote(block.data, block.mimeType, undefined);
    case "resource": {
      const { uri, mimeType, text, blob } = block.resource ?? {};
      return typeof blob === "string" ? fileOrNote(blob, mimeType, lastOf(uri)) : textual(text);
    }
    case "resource_link": {
      const { uri, name, title, description } = block;
      return textual([textOrNone(title) ?? textOrNone(name), textOrNone(uri), textOrNone(description)].filter(Boolean).join("\n"));
    }
    default:
      return textual(typeof block === "string" ? block : jsonOf(block));
  }
}

/** @param {unknown} text @returns {Part | undefined} */
function textual(text) {
  const shown = textOrNone(typeof text === "object" ? undefined : String(text ?? ""));
  return shown === undefined ? undefined : { type: "text", text: shown };
}

/**
 * A file as what its bytes are; a text as such, and a word for what cannot be used.
 * @param {unknown} data
 * @param {unknown} mediaType
 * @param {string | undefined} name
 * @returns {Part | undefined}
 */
function fileOrNote(data, mediaType, name) {
  const file = fileOf(data, mediaType);
  if (file.text !== undefined) return textual(file.text);
  const part = { mediaType: file.mediaType, data: file.data, ...(name && { name }) };
  return file.data ? { type: "file", ...part } : { type: "text", text: noteOf(part) };
}

/** @param {unknown} value */
function jsonOf(value) {
  const clean = cleanValue(value, Infinity);
  return clean === undefined ? "(nested too deep to be shown)" : JSON.stringify(clean);
}

/** The last part of a URI. @param {unknown} uri */
const lastOf = (uri) => wellFormed(String(uri ?? "").split("/").findLast(Boolean) ?? "") || undefined;
