// Tools: lists, calls with progress, timeouts, abort, errors. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ErrorCode, ListToolsResultSchema, McpError } from "@modelcontextprotocol/sdk/types.js";

/** @param {{ demo: string }} servers */
export async function main({ demo }) {
  const client = new Client({ name: "program", version: "1.0.0" }, { capabilities: {} });
  const transport = new StreamableHTTPClientTransport(new URL(demo), { requestInit: { headers: { "x-program": "1" } } });
  await client.connect(transport);
  const server = client.getServerVersion()?.name;
  const { tools } = await client.listTools();
  const asked = await client.request({ method: "tools/list", params: {} }, ListToolsResultSchema);

  /** @type {unknown[]} */
  const reports = [];
  const params = { name: "process_items", arguments: { items: ["amber", "basalt"] } };
  const processed = await client.callTool(params, CallToolResultSchema, {
    onprogress: (report) => reports.push(report),
    resetTimeoutOnProgress: true,
    timeout: 10_000,
    maxTotalTimeout: 60_000,
  });
  const failed = await client.callTool({ name: "fail" });

  const slow = { name: "slow", arguments: { seconds: 60 } };
  const timeout = await client.callTool(slow, undefined, { timeout: 300, resetTimeoutOnProgress: false }).catch((error) => error);
  const controller = new AbortController();
  const aborted = await client.callTool(slow, undefined, { signal: controller.signal, onprogress: () => controller.abort("enough") }).then(
    () => "answered",
    () => `given up: ${controller.signal.aborted}`,
  );
  const unknown = await client.callTool({ name: "no_such_tool", arguments: {} }).catch((error) => error);
  const method = await client.request({ method: "no/such/method" }, CallToolResultSchema).catch((error) => error);

  let closed = 0;
  client.onclose = () => closed++;
  await client.close();
  const after = await client.callTool({ name: "fail" }).then(() => "answered", () => "refused");
  return {
    server,
    tools: tools.map(({ name, inputSchema }) => [name, inputSchema]),
    same: asked.tools.length === tools.length,
    reports,
    processed: [processed.content, processed.structuredContent],
    failed: [failed.content, failed.isError],
    timeout: [timeout instanceof McpError, timeout.code === ErrorCode.RequestTimeout],
    aborted,
    unknown: [unknown instanceof McpError, unknown.code, unknown.message],
    method: [method instanceof McpError, method.code === ErrorCode.MethodNotFound],
    closed,
    after,
  };
}
