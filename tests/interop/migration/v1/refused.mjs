// Servers that refuse by an HTTP status. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport, StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** @param {{ refusing: string }} servers */
export async function main({ refusing }) {
  const refusals = [];
  for (const status of [401, 403, 404, 500]) {
    const client = new Client({ name: "program", version: "1.0.0" });
    const error = await client.connect(new StreamableHTTPClientTransport(new URL(`${refusing}/${status}`))).catch((error) => error);
    refusals.push([error instanceof StreamableHTTPError, error.code]);
  }
  return refusals;
}
