// A host that starts its servers from a list: capabilities that are declared when the client exists, folders, a process and an
// address, a fallback to another transport, and word of a connection that is lost. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ListPromptsResultSchema, ListRootsRequestSchema, ListToolsResultSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

/** @typedef {import("@modelcontextprotocol/sdk/shared/transport.js").Transport} Transport */
/** @typedef {import("@modelcontextprotocol/sdk/types.js").JSONRPCMessage} JSONRPCMessage */
/** @typedef {{ command: string, args: string[], cwd: string } | { url: string }} Config */

const SERVER = `
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
const server = new McpServer({ name: "local", version: "1.0.0" });
server.registerTool("roots", { description: "Folders" }, async () => ({ content: [{ type: "text", text: JSON.stringify((await server.server.listRoots()).roots) }] }));
server.registerTool("leave", { description: "Ends the process" }, async () => process.exit(3));
await server.connect(new StdioServerTransport());
`;

/** @param {Config} config @returns {Transport} */
const transportFor = (config) => ("url" in config ? new StreamableHTTPClientTransport(new URL(config.url)) : new StdioClientTransport({ ...config, stderr: "ignore" }));

/** @param {string} name @param {Config} config @param {unknown[]} seen */
async function start(name, config, seen) {
  const client = new Client({ name: "host", version: "1.0.0" });
  client.registerCapabilities({ roots: { listChanged: true } });
  client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [{ uri: "file:///work", name: "work" }] }));
  client.onerror = () => {};
  const transport = transportFor(config);
  // Some hosts watch the transport, and set that up before it is connected.
  /** @type {(() => void) | undefined} */
  const before = transport.onclose;
  transport.onclose = () => {
    before?.();
    seen.push([name, "transport closed"]);
  };
  let messages = 0;
  transport.onmessage = (/** @type {JSONRPCMessage} */ message) => void (messages += "jsonrpc" in message ? 1 : 0);
  await client.connect(transport, { timeout: 20_000 });
  client.onclose = () => void seen.push([name, "client closed"]);
  return { client, transport, messages: () => messages };
}

/** @param {{ demo: string, refusing: string, modules: string }} servers */
export async function main({ demo, refusing, modules }) {
  /** @type {unknown[]} */
  const seen = [];
  const local = await start("local", { command: process.execPath, args: ["--input-type=module", "--eval", SERVER], cwd: modules }, seen);
  const { tools } = await local.client.request({ method: "tools/list" }, ListToolsResultSchema);
  const roots = await local.client.callTool({ name: "roots" });
  const own = await local.client.request({ method: "tools/list", params: {} }, z.object({ tools: z.array(z.object({ name: z.string().transform((name) => name.length) })) }));
  const left = await local.client.callTool({ name: "leave" }).catch((error) => [error instanceof McpError, error.code]);
  await new Promise((resolve) => setTimeout(resolve, 50));

  const attempts = [];
  for (const url of [`${refusing}/404`, demo]) {
    try {
      const remote = await start("remote", { url }, seen);
      const prompts = await remote.client.request({ method: "prompts/list" }, ListPromptsResultSchema).then(
        ({ prompts }) => prompts.length,
        (error) => error.code,
      );
      attempts.push(["connected", typeof prompts, remote.messages() > 1]);
      await remote.client.close();
    } catch (error) {
      attempts.push(["failed", error instanceof Error]);
    }
  }
  return { tools: tools.map(({ name }) => name), roots: roots.content, own, left, attempts, seen: seen.map(String).sort() };
}
