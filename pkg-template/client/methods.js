// The protocol's requests as methods of the client, made from a table.
import { optionsOf } from "../base/check.js";

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
 * @param {(client: any, method: string, params: unknown, options: unknown, more?: { pages: number }) => unknown} call
 */
export function define(prototype, call) {
  for (const [name, method, shape] of TABLE) {
    /** @this {unknown} @param {any} first @param {unknown} second @param {unknown} third */
    const value = function (first, second, third) {
      if (typeof first === "string" && shape === "uri") return call(this, method, { uri: first }, second);
      if (typeof first === "string") {
        return call(this, method, second == null ? { name: first } : { name: first, arguments: second }, third);
      }
      const options = optionsOf(second, third);
      return call(this, method, first, options, shape === "pages" ? { pages: options?.pages ?? Infinity } : undefined);
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
