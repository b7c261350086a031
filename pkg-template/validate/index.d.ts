/**
 * A JSON Schema validator for the client's option `jsonSchemaValidator`. It makes no code at run
 * time, so it needs no `'unsafe-eval'`, and it fetches nothing.
 *
 * Dialects: 2020-12 (the default), 2019-09, draft 7, 6 and 4. A schema with another, with a `$ref`
 * that leads out of it, with `$dynamicRef`, or too large to be checked in bounded time is refused.
 *
 * Patterns never backtrack, so none takes time without end; they may be of the flavour with the `u` flag
 * or, if they are none, of the one without. Lookbehind and backreferences are refused.
 *
 * @example
 * ```js
 * import { Client } from "mcp-wasm";
 * import { jsonSchemaValidator } from "mcp-wasm/validate";
 *
 * const client = new Client(info, { outputValidation: "strict", jsonSchemaValidator });
 * ```
 * @module
 */
import type { JsonSchemaValidator } from "../index.js";

/**
 * Checks values against JSON schemas.
 *
 * @example
 * ```js
 * const check = jsonSchemaValidator.getValidator({ type: "number" });
 * console.log(check("7").errorMessage);
 * ```
 */
export const jsonSchemaValidator: JsonSchemaValidator;
