// A level that the protocol does not have, and a subscription that the server refuses: the server says so. As a program of the
// SDK 2.x has it.
import { Client, ProtocolError } from "@modelcontextprotocol/client";

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  /** @type {Record<string, unknown>} */
  const seen = {};
  const older = scripted({
    capabilities: { logging: {} },
    answers: { "logging/setLevel": (/** @type {any} */ { params }) => (params.level === "error" ? {} : { error: { code: -32602, message: `no such level: ${params.level}` } }) },
  });
  const client = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  await client.connect(older);
  await client.setLoggingLevel("error");
  const error = await client.setLoggingLevel(/** @type {any} */ ("loud")).catch((error) => error);
  const levels = older.got.filter((/** @type {any} */ { method }) => method === "logging/setLevel").map((/** @type {any} */ { params }) => params.level);
  seen.level = [error instanceof ProtocolError, error.code, levels];
  await client.close();

  const newer = scripted({ modern: true, capabilities: { tools: { listChanged: true } }, answers: { "subscriptions/listen": { error: { code: -32603, message: "not now" } } } });
  const listener = new Client({ name: "program", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  await listener.connect(newer);
  const refused = await listener.listen({ toolsListChanged: true }).catch((error) => error);
  seen.listen = [refused instanceof ProtocolError, refused.code];
  await listener.close();
  return seen;
}
