// A session that outlives its client, and one that is ended. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** @param {{ fixture: string }} servers */
export async function main({ fixture }) {
  const first = new StreamableHTTPClientTransport(new URL(fixture), { reconnectionOptions: { initialReconnectionDelay: 100, maxReconnectionDelay: 1_000, reconnectionDelayGrowFactor: 2, maxRetries: 1 } });
  const client = new Client({ name: "program", version: "1.0.0" });
  await client.connect(first);
  const { sessionId, protocolVersion } = first;
  await client.close();

  const second = new StreamableHTTPClientTransport(new URL(fixture), { sessionId });
  if (protocolVersion) second.setProtocolVersion(protocolVersion);
  const again = new Client({ name: "program", version: "1.0.0" });
  await again.connect(second);
  const same = second.sessionId === sessionId;
  const { tools } = await again.listTools();
  await second.terminateSession();
  const ended = second.sessionId;
  const late = await again.listTools().then(() => "listed", () => "refused");
  await again.close();
  return { session: typeof sessionId, protocolVersion, same, tools: tools.length > 0, ended: ended === undefined, late };
}
