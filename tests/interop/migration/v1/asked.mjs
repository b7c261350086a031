// What servers ask for: sampling, elicitation, roots. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";

/** @param {{ fixture: string }} servers */
export async function main({ fixture }) {
  const client = new Client({ name: "program", version: "1.0.0" }, { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } } });
  /** @type {unknown[]} */
  const asked = [];
  client.setRequestHandler(CreateMessageRequestSchema, async ({ method, params }, extra) => {
    asked.push([method, params.messages, params.maxTokens, extra.signal.aborted, typeof extra.requestId]);
    return { role: "assistant", model: "none", content: { type: "text", text: "short" }, stopReason: "endTurn" };
  });
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    asked.push([params.message]);
    return { action: "accept", content: { username: "Ada", email: "ada@example.com" } };
  });
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///work", name: "work" }] }));
  await client.connect(new StreamableHTTPClientTransport(new URL(fixture)));

  const sampled = await client.callTool({ name: "test_sampling", arguments: { prompt: "Say something short" } });
  const elicited = await client.callTool({ name: "test_elicitation", arguments: { message: "Who are you?" } });
  const rooted = await client.callTool({ name: "test_input_required_result_list_roots", arguments: {} });
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "decline" }));
  const declined = await client.callTool({ name: "test_elicitation", arguments: { message: "Again?" } });
  await client.close();
  return { asked, sampled: sampled.content, elicited: elicited.content, rooted: rooted.content, declined: declined.content };
}
