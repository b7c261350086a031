// A level that the protocol does not have: the server says so. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  const server = scripted({
    capabilities: { logging: {} },
    answers: { "logging/setLevel": (/** @type {any} */ { params }) => (params.level === "error" ? {} : { error: { code: -32602, message: `no such level: ${params.level}`, data: { levels: ["error"] } } }) },
  });
  const client = new Client({ name: "program", version: "1.0.0" });
  await client.connect(server);
  await client.setLoggingLevel("error");
  const error = await client.setLoggingLevel(/** @type {any} */ ("loud")).catch((error) => error);
  const levels = server.got.filter((/** @type {any} */ { method }) => method === "logging/setLevel").map((/** @type {any} */ { params }) => params.level);
  await client.close();
  return [error instanceof McpError, error.code, error.data, levels];
}
