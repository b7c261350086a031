/** JSON Schema validators. */
import type { JsonSchema } from "./tools.js";

/** Makes checks out of JSON schemas; the TypeScript SDK's interface. */
export interface JsonSchemaValidator {
  /**
   * @param schema throws if it cannot be used
   * @returns says whether a value follows the schema
   */
  getValidator<T = unknown>(
    schema: JsonSchema,
  ): (value: unknown) =>
    | { valid: true; data: T; errorMessage: undefined }
    | { valid: false; data: undefined; errorMessage: string };
}
