// A model's tool calls, carried out: each finds its tool, runs, and gets an answer in any case, for
// providers refuse a conversation in which a call has none.
import { namesForModels } from "./tool-names.js";

/**
 * @typedef {import("./tools.js").ModelCall} ModelCall
 * @typedef {import("./tools.js").CallOutcome} CallOutcome
 * @typedef {import("./tools.js").ToolSource} ToolSource
 */

/**
 * How a provider writes it.
 * @typedef {object} Format
 * @property {(name: string, tool: any) => any} declare
 * @property {(response: any) => { id: string | undefined, name: string, arguments: unknown }[]} calls
 *   arguments as text are JSON
 * @property {(outcomes: CallOutcome[]) => any[]} messages
 */

/**
 * What is offered, by the names that models use.
 * @param {ToolSource | readonly ToolSource[]} sources
 * @param {{ filter?: readonly string[] | ((tool: any) => boolean) }} options
 * @returns {Map<string, { client: any, tool: any }>}
 */
export function offer(sources, { filter }) {
  const wanted = typeof filter === "function" ? filter : (/** @type {any} */ tool) => filter?.includes(tool.name) ?? true;
  const offered = [sources].flat().flatMap(({ client, tools, prefix }) =>
    tools.filter(wanted).map((tool) => ({ client, tool, name: prefix ? `${prefix}_${tool.name}` : tool.name })),
  );
  const names = namesForModels(offered.map(({ name }) => name));
  return new Map(offered.map(({ client, tool }, index) => [/** @type {string} */ (names[index]), { client, tool }]));
}

/**
 * @param {ToolSource | readonly ToolSource[]} sources
 * @param {any} options
 * @param {Format} format
 */
export function toolKit(sources, options, { declare, calls, messages }) {
  const offered = offer(sources, options);
  /** @param {any} response @returns {ModelCall[]} */
  const read = (response) =>
    calls(response).map(({ id, name, arguments: given }) => {
      const { client, tool } = offered.get(name) ?? {};
      return { id, name, client, tool, arguments: parsed(given) };
    });
  return {
    tools: [...offered].map(([name, { tool }]) => declare(name, tool)),
    calls: read,
    messages,
    /** @param {any} response @param {any} [how] */
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

/** @param {ModelCall} call @param {any} options @param {any} onCall @param {any} approve */
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
  return typeof value === "object" && value && !Array.isArray(value) ? /** @type {any} */ (value) : undefined;
}

/** What the model is told of a failure. @param {any} error */
export function failureOf(error) {
  if (error?.name === "AbortError") return "The call was cancelled before it had finished.";
  return String(error?.message ?? error);
}
