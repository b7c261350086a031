// What servers ask for: sampling, elicitation, roots. As a program of the SDK 2.x has it.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** @param {{ fixture: string }} servers */
export async function main({ fixture }) {
  const client = new Client({ name: "program", version: "1.0.0" }, { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } } });
  /** @type {unknown[]} */
  const asked = [];
  client.setRequestHandler("sampling/createMessage", async ({ method, params }, { mcpReq }) => {
    asked.push([method, params.messages, params.maxTokens, mcpReq.signal.aborted, mcpReq.method]);
    return { role: "assistant", model: "none", content: { type: "text", text: "short" }, stopReason: "endTurn" };
  });
  client.setRequestHandler("elicitation/create", async ({ params }) => {
    asked.push([params.message]);
    return { action: "accept", content: { username: "Ada", email: "ada@example.com" } };
  });
  client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///work", name: "work" }] }));
  await client.connect(new StreamableHTTPClientTransport(new URL(fixture)));

  const sampled = await client.callTool({ name: "test_sampling", arguments: { prompt: "Say something short" } });
  const elicited = await client.callTool({ name: "test_elicitation", arguments: { message: "Who are you?" } });
  const rooted = await client.callTool({ name: "test_input_required_result_list_roots", arguments: {} });
  client.setRequestHandler("elicitation/create", async () => ({ action: "decline" }));
  const declined = await client.callTool({ name: "test_elicitation", arguments: { message: "Again?" } });
  await client.close();
  return { asked, sampled: sampled.content, elicited: elicited.content, rooted: rooted.content, declined: declined.content };
}
