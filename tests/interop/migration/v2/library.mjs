// Resources, prompts, completion, log messages. As a program of the SDK 2.x has it.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** @param {{ fixture: string }} servers */
export async function main({ fixture }) {
  const client = new Client({ name: "program", version: "1.0.0" });
  /** @type {unknown[]} */
  const logs = [];
  client.setNotificationHandler("notifications/message", ({ params }) => void logs.push([params.level, params.data]));
  await client.connect(new StreamableHTTPClientTransport(new URL(fixture)));
  const can = Object.keys(client.getServerCapabilities() ?? {}).filter((name) => ["tools", "prompts", "resources", "completions"].includes(name)).sort();

  const { resources } = await client.listResources();
  const { resourceTemplates } = await client.listResourceTemplates();
  const text = await client.readResource({ uri: "test://static-text" });
  const picture = await client.request({ method: "resources/read", params: { uri: "test://static-binary" } });
  const missing = await client.readResource({ uri: "test://nothing" }).then(() => "read", (error) => typeof error.code);

  /** @type {string[]} */
  const prompts = [];
  for (let cursor; ; ) {
    /** @type {{ prompts: { name: string }[], nextCursor?: string }} */
    const page = await client.listPrompts(cursor ? { cursor } : undefined);
    prompts.push(...page.prompts.map(({ name }) => name));
    if (!(cursor = page.nextCursor)) break;
  }
  const prompt = await client.getPrompt({ name: "test_prompt_with_arguments", arguments: { arg1: "a", arg2: "b" } });
  const { completion } = await client.complete({
    ref: { type: "ref/prompt", name: "test_prompt_with_arguments" },
    argument: { name: "arg1", value: "par" },
  });
  await client.setLoggingLevel("debug");
  const logged = await client.callTool({ name: "test_tool_with_logging", arguments: {} });
  await client.close();
  return {
    can,
    resources: resources.map(({ uri, name, mimeType }) => [uri, name, mimeType]),
    templates: resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    text: text.contents,
    picture: picture.contents,
    missing,
    prompts,
    prompt: prompt.messages,
    completion: completion.values,
    logged: logged.content,
    logs,
  };
}
