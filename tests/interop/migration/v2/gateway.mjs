// What one connection has found out about a server opens the next ones without a round trip. As a program of the SDK 2.x has it.
import { Client, SdkError, SdkErrorCode } from "@modelcontextprotocol/client";

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

  // What was found out before is of another era: the caller decides to find out anew.
  const late = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  const stale = discover && { ...discover, supportedVersions: ["2025-06-18"] };
  if (stale) {
    const error = await late.connect(scripted(script), { prior: { kind: "modern", discover: stale } }).catch((error) => error);
    seen.stale = [error instanceof SdkError, error.code === SdkErrorCode.EraNegotiationFailed];
    await late.connect(scripted(script));
    seen.anew = late.getProtocolEra();
    await late.close();
  }

  // A server that cannot be reached says nothing about its era.
  const lost = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  const dead = { ...scripted(script), send: () => Promise.reject(new Error("the pipe is broken")) };
  const error = await lost.connect(dead).catch((error) => error);
  seen.lost = [error.code, error.cause?.message, /the pipe is broken/.test(error.message)];
  return seen;
}
