// The tools of a server, of one in the page say, for the browser's own agent, by `modelContext`
// (WebMCP). The agent is one more client of the server.
import { isForModels } from "../base/check.js";
import { McpError, attempt } from "../base/errors.js";
import { Client } from "./client.js";

/** @typedef {import("../types/tools.js").Tool} Tool */
/**
 * What the browser's agent is offered tools by.
 * @typedef {object} ModelContext
 * @property {(tool: object, options: { signal: AbortSignal }) => unknown} [registerTool]
 * @property {(name: string) => unknown} [unregisterTool]
 * @property {(context: { tools: object[] }) => void | Promise<void>} [provideContext]
 */

/**
 * @param {unknown} server
 * @param {{ modelContext?: ModelContext, onerror?: (error: unknown) => void }} [options]
 */
export async function offerToModelContext(server, { modelContext, onerror } = {}) {
  const failed = (/** @type {unknown} */ error) => attempt(() => onerror?.(error));
  const scope = /** @type {{ document?: { modelContext?: ModelContext }, navigator?: { modelContext?: ModelContext } }} */ (globalThis);
  // The proposal moved it from the navigator to the document.
  const target = /** @type {Required<ModelContext> | undefined} */ (modelContext ?? scope.document?.modelContext ?? scope.navigator?.modelContext);
  if (!target) return undefined;
  const registers = typeof target.registerTool === "function";
  if (!registers && typeof target.provideContext !== "function") {
    throw new McpError("UNSUPPORTED", "this modelContext has neither `registerTool` nor `provideContext`");
  }
  const client = /** @type {import("../types/client.js").Client} */ (/** @type {unknown} */ (await Client.connect(server, { info: { name: "modelContext", version: "1" }, progressHandler: null })));
  /** What is offered: how it looks, and how it is taken back. @type {Map<string, { look: string, take: AbortController }>} */
  const offered = new Map();

  /** @param {Tool} tool */
  const entry = ({ name, title, description, inputSchema, annotations }) => ({
    name,
    title,
    // The browser refuses a tool without one.
    description: description || title || name,
    inputSchema,
    annotations,
    // A value, or a rejection: the agent knows nothing of the protocol's results.
    execute: async (/** @type {object | undefined} */ input, /** @type {{ signal?: AbortSignal } | undefined} */ agent) => plain(await client.callTool(name, input ?? {}, { signal: agent?.signal, throwOnToolError: true })),
  });

  /** @param {string} name */
  const takeBack = (name) => {
    offered.get(name)?.take.abort();
    offered.delete(name);
    // Older browsers know no signal.
    target.unregisterTool?.(name);
  };

  const refresh = async () => {
    const listed = client.getServerCapabilities()?.tools ? await client.listTools() : { tools: [] };
    const tools = listed.tools.filter(isForModels);
    if (!registers) return target.provideContext({ tools: tools.map(entry) });
    const now = new Map(tools.map((tool) => [tool.name, JSON.stringify(tool)]));
    for (const [name, { look }] of offered) if (now.get(name) !== look) takeBack(name);
    for (const tool of tools) {
      if (offered.has(tool.name)) continue;
      const take = new AbortController();
      offered.set(tool.name, { look: JSON.stringify(tool), take });
      try {
        await target.registerTool(entry(tool), { signal: take.signal });
      } catch (error) {
        // Names may be taken, or not be to the browser's liking; the other tools are offered still.
        if (!take.signal.aborted) {
          offered.delete(tool.name);
          failed(error);
        }
      }
    }
  };

  // One after the other: an older list must not come last.
  let last = Promise.resolve();
  const again = () => (last = last.then(refresh, refresh));
  const changed = () => again().catch(failed);
  const close = async () => {
    await client.close();
    await last.catch(() => {});
    if (registers) for (const name of [...offered.keys()]) takeBack(name);
    else target.provideContext({ tools: [] });
  };
  try {
    // First, for nobody tells of what changes before; nor of what changes while the stream is broken off.
    if (client.getServerCapabilities()?.tools?.listChanged) await client.listen({ toolsListChanged: true }, { onnotification: changed, onreopen: changed });
    await again();
  } catch (error) {
    await close().catch(failed);
    throw error;
  }
  return { close };
}

/** What a result says, without the protocol around it. @param {import("../types/tools.js").CallToolResult} result */
const plain = ({ structuredContent, content = [] }) =>
  structuredContent ?? (content.every(({ type }) => type === "text") ? content.map(({ text }) => text).join("\n") : content);
