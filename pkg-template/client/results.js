// Structured results of tools, checked against the schemas that the tools declare: loaded by who wants that.
import { ProtocolError } from "../transports/common.js";

/** @typedef {import("../types/validator.js").JsonSchemaValidator} JsonSchemaValidator */
/** @typedef {ReturnType<JsonSchemaValidator["getValidator"]>} Check */

export class Outputs {
  #tool;
  #list;
  #report;
  /** What the schemas of tools were made into, and by which validator. @type {Map<string | undefined, [schema: unknown, validator: JsonSchemaValidator, check: Check]>} */
  #checks = new Map();
  /** The tools are listed once for the schemas that nobody has asked for. @type {Promise<unknown> | undefined} */
  #listed;

  /**
   * @param {(name: string | undefined) => { outputSchema?: import("../types/tools.js").JsonSchema } | undefined} tool what is known of one
   * @param {() => Promise<unknown>} list asks for the tools, which are learnt by that
   * @param {(error: Error) => void} report
   */
  constructor(tool, list, report) {
    this.#tool = tool;
    this.#list = list;
    this.#report = report;
  }

  /** Nothing is known of tools any more. */
  forget() {
    this.#checks.clear();
    this.#listed = undefined;
  }

  /**
   * The result, or an error about it.
   * @param {string | undefined} name
   * @param {import("../types/jsonrpc.js").JsonObject | undefined} result
   * @param {Pick<import("../types/inside.js").Settings, "outputValidation" | "jsonSchemaValidator">} options with a validator
   */
  async check(name, result, { outputValidation: mode, jsonSchemaValidator }) {
    const validator = /** @type {JsonSchemaValidator} */ (jsonSchemaValidator);
    // Errors, questions and tasks have no structured content to check.
    if (result?.isError || (result?.resultType ?? "complete") !== "complete" || result?.task) return result;
    let code = "UNUSABLE_SCHEMA";
    let problem;
    let cause;
    try {
      if (!this.#tool(name)) await (this.#listed ??= this.#list());
      const schema = this.#tool(name)?.outputSchema;
      if (schema === undefined) return result;
      let [made, by, check] = this.#checks.get(name) ?? [];
      if (!check || made !== schema || by !== validator) this.#checks.set(name, [schema, validator, (check = validator.getValidator(schema))]);
      code = "INVALID_OUTPUT";
      const content = result?.structuredContent;
      // `null`, 0 and false are values; only what is not there is missing.
      if (content === undefined) {
        problem = "the result has no structuredContent";
      } else {
        const { valid, errorMessage } = check(content);
        if (valid) return result;
        problem = errorMessage;
      }
    } catch (error) {
      cause = error;
      problem = /** @type {Partial<Error> | undefined} */ (error)?.message;
      if (code === "UNUSABLE_SCHEMA" && !this.#tool(name)) this.#listed = undefined;
    }
    const what = code === "INVALID_OUTPUT" ? "does not follow its output schema" : "has an output schema that cannot be used";
    const error = new ProtocolError(`the tool ${name} ${what}: ${problem}`, code, { cause });
    Object.assign(error, { result });
    if (mode === "strict") throw error;
    this.#report(error);
    return result;
  }
}
