// What one connection has found out about a server opens the next ones without a round trip. As a program of the SDK 2.x has it.
import { Client } from "@modelcontextprotocol/client";

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  const script = { modern: true, capabilities: { tools: {} }, answers: { "tools/list": { tools: [], ttlMs: 0, cacheScope: "private" } } };
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(scripted(script));
  const discover = client.getDiscoverResult();
  seen.discovered = [discover?.supportedVersions, discover?.capabilities];
  await client.close();

  const again = scripted(script);
  const quick = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  if (discover) await quick.connect(again, { prior: { kind: "modern", discover } });
  seen.quick = [quick.getProtocolEra(), again.methods()];
  await quick.listTools();
  seen.then = again.methods();
  await quick.close();

  return seen;
}
