// A tool that wants the user to open a link first, and a client that takes links and no forms. As a program of the SDK
// 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ElicitRequestSchema, ElicitationCompleteNotificationSchema, ErrorCode, McpError, UrlElicitationRequiredError } from "@modelcontextprotocol/sdk/types.js";

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  const link = { mode: "url", message: "Log in", elicitationId: "e1", url: "https://example.com/login" };
  let opened = false;
  const server = scripted({
    capabilities: { tools: {} },
    answers: {
      "tools/call": () => (opened ? { content: [{ type: "text", text: "inside" }] } : { error: { code: -32042, message: "Log in first", data: { elicitations: [link] } } }),
    },
  });
  const client = new Client({ name: "program", version: "1.0.0" }, { capabilities: { elicitation: { url: {} } } });
  /** @type {unknown[]} */
  const asked = [];
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    asked.push(params.mode);
    return { action: "accept" };
  });
  const complete = new Promise((resolve) => client.setNotificationHandler(ElicitationCompleteNotificationSchema, ({ params }) => resolve(params.elicitationId)));
  await client.connect(server);

  const error = await client.callTool({ name: "private" }).catch((error) => error);
  const caught = [
    error instanceof UrlElicitationRequiredError,
    error instanceof McpError,
    error.code === ErrorCode.UrlElicitationRequired,
    error.elicitations,
    asked.length,
  ];
  setTimeout(() => {
    opened = true;
    server.tell("notifications/elicitation/complete", { elicitationId: "e1" });
  }, 10);
  const done = await complete;
  const again = await client.callTool({ name: "private" });
  await client.close();

  const made = McpError.fromError(-32042, "Log in", { elicitations: [link] });
  const other = McpError.fromError(-32602, "Invalid params", { why: "so" });
  return {
    declared: server.got[0].params.capabilities,
    caught,
    done,
    content: again.content,
    made: [made instanceof UrlElicitationRequiredError, made.message, made.data],
    other: [other instanceof UrlElicitationRequiredError, other.name, other.code, other.message, other.data],
    own: new UrlElicitationRequiredError([{ ...link, mode: "url" }]).message,
  };
}
