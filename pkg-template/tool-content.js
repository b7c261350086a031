// What a model is given of a tool's result: text, and files as bytes.

/**
 * @typedef {{ type: "text", text: string }
 *   | { type: "file", mediaType: string, data: string, name?: string }} Part `data` is base64
 */

/** What is said for nothing: an empty text is refused by some providers. */
const NOTHING = "(no output)";

/**
 * The parts of a result that are for a model, in the server's order; at least one.
 * @param {any} result of a tool call
 * @returns {Part[]}
 */
export function contentForModel(result) {
  const content = Array.isArray(result?.content) ? result.content : [];
  const parts = content.filter(isForModel).map(partOf).filter((/** @type {Part} */ part) => part.type === "file" || part.text);
  if (parts.length) return parts;
  // A server may leave out the text that repeats what is structured.
  const structured = content.length ? undefined : result?.structuredContent;
  return [{ type: "text", text: structured === undefined ? NOTHING : JSON.stringify(structured) }];
}

/** All that is text, for where nothing else is taken. @param {Part[]} parts */
export const textOfParts = (parts) => parts.map((part) => (part.type === "text" ? part.text : noteOf(part))).join("\n");

/** What stands for a file that cannot be shown to the model. @param {Part & { type: "file" }} part */
export function noteOf({ mediaType, data, name }) {
  const size = Math.ceil((data.length * 3) / 4);
  return `[${name ? `${name}, ` : ""}${mediaType}, ${size} bytes, not shown]`;
}

/** Whether the server did not say that it is for the user alone. @param {any} block */
const isForModel = (block) => block && (block.annotations?.audience?.includes?.("assistant") ?? true);

/** @param {any} block @returns {Part} */
function partOf(block) {
  switch (block.type) {
    case "text":
      return { type: "text", text: String(block.text ?? "") };
    case "image":
    case "audio":
      return { type: "file", mediaType: String(block.mimeType), data: String(block.data ?? "") };
    case "resource": {
      const { uri, mimeType = "application/octet-stream", text, blob } = block.resource ?? {};
      if (typeof blob === "string") return { type: "file", mediaType: String(mimeType), data: blob, name: lastOf(uri) };
      return { type: "text", text: String(text ?? "") };
    }
    case "resource_link": {
      const { uri, name, title, description } = block;
      return { type: "text", text: [title ?? name, uri, description].filter(Boolean).join("\n") };
    }
    default:
      return { type: "text", text: JSON.stringify(block) };
  }
}

/** The last part of a URI. @param {unknown} uri */
const lastOf = (uri) => String(uri ?? "").split("/").findLast(Boolean);
