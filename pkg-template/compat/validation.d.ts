/** JSON Schema validators, by the shapes that the TypeScript SDKs give them. */

/** A JSON schema. Its keywords depend on the dialect, so they are open. */
export type JsonSchemaType = { [keyword: string]: any };
/** What a check came to. */
export type JsonSchemaValidatorResult<T> =
  | { valid: true; data: T; errorMessage: undefined }
  | { valid: false; data: undefined; errorMessage: string };
/** Checks a value. */
export type JsonSchemaValidator<T> = (input: unknown) => JsonSchemaValidatorResult<T>;
/** Makes checks out of schemas. */
export interface jsonSchemaValidator {
  getValidator<T>(schema: JsonSchemaType): JsonSchemaValidator<T>;
}
export {};
