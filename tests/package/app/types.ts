// Compiled, not run: the declarations as a TypeScript app sees them.
import { Client, type ProgressHandler } from "mcp-wasm";
import { jsonSchemaValidator } from "mcp-wasm/validate";

const report: ProgressHandler = (progress, total, message) => {
  const percent: number | undefined = total ? (progress / total) * 100 : undefined;
  const text: string | undefined = message;
  console.log(percent, text);
};
const client: Client = await Client.connect("wss://example.com/mcp", { progressHandler: report });
const result = await client.callTool("count", { n: 3 }, { progressHandler: null, timeout: 1000 });
console.log(result.content, result.isError);
// @ts-expect-error a handler is a function
await client.callTool("count", {}, { progressHandler: 1 });

const names: string[] = (await client.listTools()).tools.map(({ name }) => name);
const text: string | undefined = (await client.readResource("file:///a")).contents[0]?.text;
const role: "user" | "assistant" | undefined = (await client.getPrompt("p", { a: "b" })).messages[0]?.role;
console.log(names, text, role);
// @ts-expect-error a cursor is text
await client.listTools({ cursor: 1 });
// @ts-expect-error the arguments of a prompt are texts
await client.getPrompt("p", { a: 1 });

const subscription = await client.listen({ toolsListChanged: true }, { onnotification: ({ method }) => console.log(method) });
const ended: "local" | "graceful" | "remote" = await subscription.closed;
for await (const { method } of subscription) console.log(method, ended);
// @ts-expect-error a filter has no such member
await client.listen({ toolListChanged: true });

const strict = new Client({ name: "app", version: "1.0.0" }, {
  outputValidation: "strict",
  jsonSchemaValidator,
  cache: false,
  listChanged: { tools: { onChanged: (error, tools) => console.log(error?.message, tools?.[0]?.name) } },
});
await strict.callTool("count", {}, { outputValidation: "warn" });
// @ts-expect-error there is no such mode
await strict.callTool("count", {}, { outputValidation: "loud" });
