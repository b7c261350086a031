// An adapter of tools for an agent: it keeps its clients behind Proxies with members of its own, loads every page of tools, and
// calls them with a signal and progress. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { LoggingMessageNotificationSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

/** @typedef {import("@modelcontextprotocol/sdk/types.js").Tool} Tool */
/** @typedef {import("@modelcontextprotocol/sdk/types.js").CallToolResult} CallToolResult */
/** @typedef {import("@modelcontextprotocol/sdk/types.js").ContentBlock} ContentBlock */
/** @typedef {{ server: string, tool: Tool, invoke: (args: Record<string, unknown>, signal?: AbortSignal) => Promise<unknown> }} Loaded */

class Connections {
  /** @type {Map<string, Client>} */
  #clients = new Map();
  /** @type {unknown[]} */
  heard = [];

  /** @param {string} server @param {string} url */
  async open(server, url) {
    const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { "X-Agent": "adapter" } } });
    const client = new Client({ name: "adapter", version: "1.0.0" });
    await client.connect(transport);
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void this.heard.push([server, params.level, params.data]));
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void this.heard.push([server, "tools"]));
    const more = { fork: () => this.open(`${server} again`, url) };
    const wrapped = new Proxy(client, {
      get: (target, name) => (name in more ? Reflect.get(more, name) : Reflect.get(target, name)),
    });
    this.#clients.set(server, wrapped);
    return /** @type {Client & typeof more} */ (wrapped);
  }

  /** @param {string} server @returns {Promise<Loaded[]>} */
  async load(server) {
    const client = this.#clients.get(server);
    if (!client) throw new Error(`no server ${server}`);
    /** @type {Tool[]} */
    const tools = [];
    /** @type {string | undefined} */
    let cursor;
    do {
      const page = await client.listTools(cursor ? { cursor } : undefined);
      tools.push(.../** @type {Tool[]} */ (page.tools));
      cursor = page.nextCursor;
    } while (cursor);
    return tools.map((tool) => ({
      server,
      tool,
      invoke: async (args, signal) => {
        const options = { signal, onprogress: (/** @type {{ progress: number, total?: number }} */ { progress, total }) => void this.heard.push([tool.name, progress, total]) };
        const result = /** @type {CallToolResult} */ (await client.callTool({ name: tool.name, arguments: args }, undefined, options));
        if (result.isError) throw new Error(result.content.map((block) => (block.type === "text" ? block.text : "")).join());
        return result.structuredContent ?? result.content.map(show);
      },
    }));
  }

  async close() {
    for (const client of this.#clients.values()) await client.close();
  }
}

/** @param {ContentBlock} block */
function show(block) {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
    case "audio":
      return `data:${block.mimeType};base64,${block.data}`;
    case "resource_link":
      return block.uri;
    case "resource":
      return "text" in block.resource ? block.resource.text.toUpperCase() : block.resource.blob;
  }
}

/** @param {{ demo: string, fixture: string }} servers */
export async function main({ demo, fixture }) {
  const connections = new Connections();
  const client = await connections.open("demo", demo);
  const tools = await connections.load("demo");
  /** @param {string} name */
  const tool = (name) => tools.find(({ tool }) => tool.name === name) ?? assertNever(name);
  const arguments_ = Object.keys(tool("process_items").tool.inputSchema.properties ?? {});
  const processed = await tool("process_items").invoke({ items: ["amber"] });
  const failed = await tool("fail").invoke({}).catch((error) => error.message.length > 0);
  const aborted = new AbortController();
  setTimeout(() => aborted.abort(), 100);
  const gone = await tool("slow").invoke({ seconds: 30 }, aborted.signal).then(() => "done", () => "aborted");
  const heard = connections.heard.filter((line) => /** @type {unknown[]} */ (line)[0] === "process_items");

  const forked = await client.fork();
  const same = (await forked.listTools()).tools.length === tools.length;
  await connections.open("fixture", fixture);
  const kinds = [];
  for (const { tool, invoke } of await connections.load("fixture")) {
    if (["test_image_content", "test_audio_content", "test_embedded_resource", "test_multiple_content_types"].includes(tool.name)) kinds.push([tool.name, await invoke({})]);
  }
  await connections.close();
  return { names: tools.map(({ tool }) => tool.name), arguments_, processed, failed, gone, heard, same, kinds };
}

/** @param {string} name @returns {never} */
function assertNever(name) {
  throw new Error(`no tool ${name}`);
}
