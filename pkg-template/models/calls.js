// A model's tool calls, carried out: each finds its tool, runs, and gets an answer whatever comes, for
// providers refuse a conversation in which a call has none.
import { isForModels } from "../base/check.js";
import { McpError, ProtocolError, attempt } from "../base/errors.js";
import { namesForModels } from "./names.js";
import { objectSchema } from "./schema.js";
import { textOrNone } from "./text.js";

/**
 * @typedef {import("./tools.js").ModelCall} ModelCall
 * @typedef {import("./tools.js").CallOutcome} CallOutcome
 * @typedef {import("./tools.js").ToolSource} ToolSource
 * @typedef {import("../types/tools.js").Tool} Tool
 */

/**
 * How a provider writes it.
 * @typedef {object} Format
 * @property {(given: unknown) => Made} [schema] of arguments
 * @property {(name: string, description: string | undefined, schema: unknown) => unknown} declare
 * @property {(response: any) => { id: string | undefined, name: string, arguments: unknown }[]} calls of whatever answer or part of it
 *   arguments as text are JSON
 * @property {(outcomes: CallOutcome[]) => unknown[]} messages
 */

/**
 * A schema for a provider, if there are arguments, and the way back to the server's names.
 * @typedef {{ schema: unknown, argumentsOf: (given: Record<string, unknown>) => Record<string, unknown> }} Made
 * @typedef {{ client: ToolSource["client"], tool: Tool, description: string | undefined } & Made} Offered
 */

/**
 * What is offered, by the names that models use. What cannot be offered costs a warning, not the
 * rest of the list.
 * @param {ToolSource | readonly ToolSource[]} sources
 * @param {{ filter?: readonly string[] | ((tool: Tool) => boolean), onWarning?: (warning: Error) => void }} options
 * @param {(given: unknown) => Made} [schemaOf]
 * @returns {Map<string, Offered>}
 */
export function offer(sources, { filter, onWarning = console.warn }, schemaOf = objectSchema) {
  const wanted = typeof filter === "function" ? filter : (/** @type {Tool} */ tool) => filter?.includes(tool.name) ?? true;
  /** @type {(Offered & { name: string })[]} */
  const usable = [];
  for (const source of [sources].flat()) {
    const { client, tools, prefix } = source ?? {};
    if (typeof client?.callTool !== "function") {
      throw new McpError("INVALID_ARGUMENT", "tools for models are made of `{ client, tools }`: the client, and the tools that its `listTools()` gave");
    }
    // A list of nothing is `null` in some languages.
    for (const tool of Array.isArray(tools) ? tools : []) {
      try {
        if (typeof tool?.name !== "string") throw new TypeError("it has no name");
        if (!isForModels(tool) || !wanted(tool)) continue;
        const name = prefix ? `${prefix}_${tool.name}` : tool.name;
        usable.push({ name, client, tool, description: descriptionOf(tool), ...schemaOf(tool.inputSchema) });
      } catch (error) {
        const what = `a tool is left out: ${tool?.name ?? JSON.stringify(tool)}: ${/** @type {Partial<Error> | undefined} */ (error)?.message ?? error}`;
        attempt(() => onWarning(Object.assign(new ProtocolError(what), { cause: error })));
      }
    }
  }
  const names = namesForModels(usable.map(({ name }) => name));
  return new Map(usable.map((offered, index) => [/** @type {string} */ (names[index]), offered]));
}

/** What a model is told of a tool. @param {Tool} tool */
const descriptionOf = ({ description, title, annotations }) => [description, title, annotations?.title].map(textOrNone).find(Boolean);

/**
 * @param {ToolSource | readonly ToolSource[]} sources
 * @param {import("./tools.js").ToolKitOptions} options
 * @param {Format} format
 */
export function toolKit(sources, options, { schema, declare, calls, messages }) {
  const offered = offer(sources, options, schema);
  /** @param {unknown} response @returns {ModelCall[]} */
  const read = (response) =>
    calls(response).map(({ id, name, arguments: given }) => {
      const { client, tool, argumentsOf } = offered.get(name) ?? {};
      const written = parsed(given);
      return { id, name, client, tool, arguments: written && argumentsOf ? argumentsOf(written) : written };
    });
  return {
    tools: [...offered].map(([name, { description, schema }]) => declare(name, description, schema)),
    calls: read,
    messages,
    /** @param {unknown} response @param {import("./tools.js").RunOptions} [how] */
    async run(response, { onCall, approve, ...callOptions } = {}) {
      const outcomes = read(response).map(async (call) => {
        try {
          return { call, result: await carryOut(call, callOptions, onCall, approve) };
        } catch (error) {
          return { call, error };
        }
      });
      return messages(await Promise.all(outcomes));
    },
  };
}

/** @param {ModelCall} call @param {object} options @param {import("./tools.js").RunOptions["onCall"]} onCall @param {import("./tools.js").RunOptions["approve"]} approve */
async function carryOut(call, options, onCall, approve) {
  const { client, tool, arguments: args } = call;
  if (!client || !tool) throw new Error(`There is no tool named ${call.name}.`);
  if (!args) throw new Error("The arguments are not a JSON object.");
  if (approve && !(await approve(call))) throw new Error("The user declined this call.");
  const running = client.callTool(tool.name, args, { ...options, throwOnToolError: false });
  onCall?.(running, call);
  return running;
}

/** @param {unknown} given @returns {Record<string, unknown> | undefined} */
function parsed(given) {
  let value = given;
  if (typeof value === "string") {
    try {
      value = JSON.parse(value.trim() || "{}");
    } catch {
      return undefined;
    }
  }
  // Models may write nothing at all for a tool without arguments.
  value ??= {};
  return typeof value === "object" && value && !Array.isArray(value) ? /** @type {Record<string, unknown>} */ (value) : undefined;
}

/** What the model is told of a failure. @param {any} error whatever was thrown */
export function failureOf(error) {
  if (error?.name === "AbortError") return "The call was cancelled before it had finished.";
  return textOrNone(String(error?.message ?? error)) ?? `The call failed${textOrNone(error?.name) ? ` (${textOrNone(error.name)})` : ""}.`;
}
