// The protocol's requests as methods of the client, made from a table.
import { optionsOf } from "../base/check.js";

/** @typedef {import("../types/call-options.js").ListOptions} CallOptions */
/** @typedef {import("../types/inside.js").Params} Params */

/**
 * The method here, the request, and how its params are given: `name` and `uri` have a short form
 * that starts with that text; a list comes in pages.
 * @type {[name: string, method: string, shape: string][]}
 */
const TABLE = [
  ["listTools", "tools/list", "pages"],
  ["listResources", "resources/list", "pages"],
  ["listResourceTemplates", "resources/templates/list", "pages"],
  ["listPrompts", "prompts/list", "pages"],
  ["getPrompt", "prompts/get", "name"],
  ["readResource", "resources/read", "uri"],
  ["subscribeResource", "resources/subscribe", "uri"],
  ["unsubscribeResource", "resources/unsubscribe", "uri"],
  ["complete", "completion/complete", ""],
];

/**
 * Gives the client its methods.
 * @param {unknown} prototype
 * @param {(client: import("./client.js").Client, method: string, params: Params, options: CallOptions | undefined, more?: { pages: number }) => unknown} call
 */
export function define(prototype, call) {
  for (const [name, method, shape] of TABLE) {
    /** @this {import("./client.js").Client} @param {string | Params | undefined} first @param {CallOptions} [second] @param {CallOptions} [third] */
    const value = function (first, second, third) {
      if (typeof first === "string" && shape === "uri") return call(this, method, { uri: first }, second);
      if (typeof first === "string") {
        return call(this, method, second == null ? { name: first } : { name: first, arguments: second }, third);
      }
      const options = optionsOf(second, third);
      return call(this, method, { ...first }, options, shape === "pages" ? { pages: options?.pages ?? Infinity } : undefined);
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
