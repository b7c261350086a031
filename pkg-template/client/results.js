// Structured results of tools, checked against the schemas that the tools declare: loaded by who wants that.
import { ProtocolError } from "../transports/common.js";

/** @typedef {import("../types/validator.js").JsonSchemaValidator} JsonSchemaValidator */
/** @typedef {ReturnType<JsonSchemaValidator["getValidator"]>} Check */

export class Outputs {
  #calls;
  #client;
  #connection;
  /** What the schemas of tools were made into, and by which validator. @type {Map<string | undefined, [schema: unknown, validator: JsonSchemaValidator, check: Check]>} */
  #checks = new Map();
  /** The tools are listed once for the schemas that nobody has asked for. @type {Promise<import("../types/tools.js").ListToolsResult> | undefined} */
  #listed;

  /**
   * @param {import("./calls.js").Calls} calls who know what was said of the tools
   * @param {import("../types/client.js").Client} client asks for the tools, which are learnt by that
   * @param {import("./connection.js").Connection} connection
   */
  constructor(calls, client, connection) {
    this.#calls = calls;
    this.#client = client;
    this.#connection = connection;
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
   * @param {Pick<import("../types/inside.js").Settings, "outputValidation" | "jsonSchemaValidator" | "headers">} options the call's, with a validator
   */
  async check(name, result, { outputValidation: mode, jsonSchemaValidator, headers }) {
    const validator = /** @type {JsonSchemaValidator} */ (jsonSchemaValidator);
    // Errors, questions and tasks have no structured content to check.
    if (result?.isError || (result?.resultType ?? "complete") !== "complete" || result?.task) return result;
    let code = "UNUSABLE_SCHEMA";
    let problem;
    let cause;
    try {
      for (let turn = 0; turn < 2 && !this.#calls.tool(name); turn++) {
        const { tools } = await (this.#listed ??= this.#client.listTools({}, { progressHandler: null, headers }));
        // A token has changed meanwhile, and the list is another's.
        if (!this.#calls.tool(name) && tools?.some?.((tool) => tool?.name === name)) this.#listed = undefined;
      }
      const schema = this.#calls.tool(name)?.outputSchema;
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
      if (code === "UNUSABLE_SCHEMA" && !this.#calls.tool(name)) this.#listed = undefined;
    }
    const what = code === "INVALID_OUTPUT" ? "does not follow its output schema" : "has an output schema that cannot be used";
    const error = new ProtocolError(`the tool ${name} ${what}: ${problem}`, code, { cause });
    Object.assign(error, { result });
    if (mode === "strict") throw error;
    this.#connection.fault(error);
    return result;
  }
}
