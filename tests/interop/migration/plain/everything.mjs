// A program that takes the client only: calls, progress, clocks, abort, handlers by method name. Its
// transports stay the SDK's.
import { Client } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as Http } from "@modelcontextprotocol/client";

/** @param {{ demo: string, fixture: string }} servers */
export async function main({ demo, fixture }) {
  const client = new Client({ name: "program", version: "1.0.0" }, { capabilities: { sampling: {}, elicitation: {} } });
  await client.connect(new Http(new URL(demo)));
  const { tools } = await client.listTools();
  /** @type {unknown[]} */
  const reports = [];
  const params = { name: "process_items", arguments: { items: ["amber", "basalt"] } };
  const processed = await client.callTool(params, { onprogress: (report) => reports.push(report), resetTimeoutOnProgress: true, maxTotalTimeout: 60_000 });
  const slow = { name: "slow", arguments: { seconds: 60 } };
  const timeout = await client.callTool(slow, { timeout: 300, resetTimeoutOnProgress: false, onprogress: () => {} }).then(() => "answered", () => "timed out");
  const controller = new AbortController();
  const aborted = await client.callTool(slow, { signal: controller.signal, onprogress: () => controller.abort() }).then(() => "answered", () => "given up");
  await client.close();

  const other = new Client({ name: "program", version: "1.0.0" }, { capabilities: { sampling: {}, elicitation: {} } });
  other.setRequestHandler("sampling/createMessage", () => ({ role: "assistant", model: "none", content: { type: "text", text: "short" } }));
  other.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { username: "Ada", email: "ada@example.com" } }));
  await other.connect(new Http(new URL(fixture)));
  const sampled = await other.callTool({ name: "test_sampling", arguments: { prompt: "Say something short" } });
  const elicited = await other.callTool({ name: "test_elicitation", arguments: { message: "Who are you?" } });
  const { contents } = await other.readResource({ uri: "test://static-text" });
  const { messages } = await other.getPrompt({ name: "test_simple_prompt" });
  const { resources } = await other.listResources();
  const { prompts } = await other.listPrompts();
  await other.close();
  return {
    tools: tools.map(({ name }) => name),
    reports,
    processed: [processed.content, processed.structuredContent],
    timeout,
    aborted,
    asked: [sampled.content, elicited.content],
    library: [contents, messages, resources.map(({ uri }) => uri), prompts.map(({ name }) => name)],
  };
}
