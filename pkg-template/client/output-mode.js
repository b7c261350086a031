// Whether the results of tools are checked, and by what.
import { McpError } from "../base/errors.js";

/** @param {Pick<import("../types/options.js").ClientOptions, "outputValidation" | "jsonSchemaValidator">} options */
export function checkMode({ outputValidation: mode, jsonSchemaValidator }) {
  if (!["off", "warn", "strict"].includes(/** @type {string} */ (mode))) {
    throw new McpError("INVALID_ARGUMENT", `outputValidation must be "off", "warn" or "strict", not ${mode}`);
  }
  if (mode !== "off" && typeof jsonSchemaValidator?.getValidator !== "function") {
    throw new McpError("INVALID_ARGUMENT", `outputValidation needs a jsonSchemaValidator, such as that of "mcp-wasm/validate"`);
  }
}
