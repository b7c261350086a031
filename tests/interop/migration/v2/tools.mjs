// Tools: lists, calls with progress, timeouts, abort, errors. As a program of the SDK 2.x has it.
import { Client, ProtocolError, ProtocolErrorCode, SdkError, SdkErrorCode, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** @param {{ demo: string }} servers */
export async function main({ demo }) {
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  const transport = new StreamableHTTPClientTransport(new URL(demo), { requestInit: { headers: { "x-program": "1" } } });
  await client.connect(transport);
  const server = client.getServerVersion()?.name;
  const version = client.getNegotiatedProtocolVersion();
  const { tools } = await client.listTools();
  const asked = await client.request({ method: "tools/list", params: {} });

  /** @type {unknown[]} */
  const reports = [];
  const params = { name: "process_items", arguments: { items: ["amber", "basalt"] } };
  const processed = await client.callTool(params, {
    onprogress: (report) => reports.push(report),
    resetTimeoutOnProgress: true,
    timeout: 10_000,
    maxTotalTimeout: 60_000,
  });
  const failed = await client.callTool({ name: "fail" });

  const slow = { name: "slow", arguments: { seconds: 60 } };
  const timeout = await client.callTool(slow, { timeout: 300, resetTimeoutOnProgress: false }).catch((error) => error);
  const controller = new AbortController();
  const aborted = await client.callTool(slow, { signal: controller.signal, onprogress: () => controller.abort("enough") }).then(
    () => "answered",
    () => `given up: ${controller.signal.aborted}`,
  );
  const unknown = await client.callTool({ name: "no_such_tool", arguments: {} }).catch((error) => error);
  const range = await client.callTool({ name: "slow", arguments: { seconds: -1 } }).catch((error) => error);

  let closed = 0;
  client.onclose = () => closed++;
  await client.close();
  const after = await client.callTool({ name: "fail" }).then(() => "answered", () => "refused");
  return {
    server,
    version,
    tools: tools.map(({ name, inputSchema }) => [name, inputSchema]),
    same: asked.tools.length === tools.length,
    reports,
    processed: [processed.content, processed.structuredContent],
    failed: [failed.content, failed.isError],
    timeout: [timeout instanceof SdkError, timeout.code === SdkErrorCode.RequestTimeout],
    aborted,
    unknown: [unknown instanceof ProtocolError, unknown.code, unknown.message],
    range: [range.isError, range instanceof ProtocolError && range.code === ProtocolErrorCode.InvalidParams],
    closed,
    after,
  };
}
