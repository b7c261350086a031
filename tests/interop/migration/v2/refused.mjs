// Servers that refuse by an HTTP status. As a program of the SDK 2.x has it.
import { Client, SdkHttpError, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** @param {{ refusing: string }} servers */
export async function main({ refusing }) {
  const refusals = [];
  for (const status of [401, 403, 404, 500]) {
    const client = new Client({ name: "program", version: "1.0.0" });
    const error = await client.connect(new StreamableHTTPClientTransport(new URL(`${refusing}/${status}`))).catch((error) => error);
    refusals.push([error instanceof SdkHttpError, error.status]);
  }
  return refusals;
}
