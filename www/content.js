// What prompts, results and resources consist of, drawn: text, pictures, sound, and JSON for everything else. Nothing of
// it is treated as markup, and no address in it can be clicked.

import { h } from "./dom.js";
import { size } from "./format.js";
import { prettyJson } from "./pretty-json.js";

const PICTURES = /^image\/(png|jpeg|gif|webp|svg\+xml)$/;

/**
 * @param {any} block a content block
 * @returns {HTMLElement}
 */
export function drawContent(block) {
  if (block?.type === "text") return h("p", { class: "content-text" }, String(block.text ?? ""));
  if (block?.type === "image") return drawBytes(block.mimeType, block.data, "Picture");
  if (block?.type === "resource" && block.resource) return drawResource(block.resource);
  return h("pre", { tabindex: 0, role: "region", "aria-label": "Content" }, prettyJson(block));
}

/**
 * @param {any} contents of a resource or of a part of it
 * @returns {HTMLElement}
 */
export function drawResource({ uri, mimeType, text, blob }) {
  if (typeof blob === "string") return drawBytes(mimeType, blob, `Picture ${uri}`);
  return h("pre", { tabindex: 0, role: "region", "aria-label": `Text of ${uri}` }, text === "" ? "(empty)" : String(text));
}

/**
 * @param {unknown} mimeType
 * @param {unknown} data
 * @param {string} alt
 */
function drawBytes(mimeType, data, alt) {
  const base64 = String(data ?? "");
  if (PICTURES.test(String(mimeType))) return h("img", { class: "content-picture", src: `data:${mimeType};base64,${base64}`, alt });
  return h("p", { class: "content-bytes" }, `${mimeType ?? "Bytes"}, ${size(Math.floor((base64.length * 3) / 4))}`);
}
