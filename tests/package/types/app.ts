// Compiled, not run: what TypeScript apps write.
import {
  AbortError,
  type CallView,
  Client,
  ClosedError,
  type JSONRPCMessage,
  type ProgressHandler,
  RpcError,
  TimeoutError,
  type ToolCall,
  type Transport,
  combinedProgress,
  createInMemoryPair,
  isMcpError,
} from "mcp-wasm";
import { jsonSchemaValidator } from "mcp-wasm/validate";

const report: ProgressHandler = (progress, total, message) => {
  const percent: number | undefined = total ? (progress / total) * 100 : undefined;
  const text: string | undefined = message;
  console.log(percent, text);
};
const client: Client = await Client.connect("wss://example.com/mcp", { progressHandler: report });
const result = await client.callTool("count", { n: 3 }, { progressHandler: null, timeout: 1000 });
console.log(result.content, result.isError);

const names: string[] = (await client.listTools()).tools.map(({ name }) => name);
const text: string | undefined = (await client.readResource("file:///a")).contents[0]?.text;
const role: "user" | "assistant" | undefined = (await client.getPrompt("p", { a: "b" })).messages[0]?.role;
console.log(names, text, role);

const subscription = await client.listen({ toolsListChanged: true }, { onnotification: ({ method }) => console.log(method) });
const ended: "local" | "graceful" | "remote" = await subscription.closed;
for await (const { method } of subscription) console.log(method, ended);

const strict = new Client({ name: "app", version: "1.0.0" }, {
  outputValidation: "strict",
  jsonSchemaValidator,
  cache: false,
  listChanged: { tools: { onChanged: (error, tools) => console.log(error?.message, tools?.[0]?.name) } },
});
await strict.callTool("count", {}, { outputValidation: "warn" });

// Structured results have the type that the caller names.
interface Weather {
  celsius: number;
}
const weather: Weather | undefined = (await client.callTool<Weather>("weather", { city: "Bern" })).structuredContent;
const forecast: ToolCall<Weather[]> = client.callTool<Weather[]>({ name: "forecast" }, { onprogress: ({ total }) => console.log(total) });
const unknownOut: unknown = result.structuredContent;
console.log(weather?.celsius, (await forecast).structuredContent?.[0]?.celsius, unknownOut);

// What a handler returns does not matter, but that a promise is waited for.
const numbers: number[] = [];
await client.callTool("count", {}, { progressHandler: (progress) => numbers.push(progress) });
await client.callTool("count", {}, { onprogress: async ({ progress }) => numbers.push(progress) });

// Blocks are told apart by their type.
for (const block of result.content) {
  if (block.type === "text") console.log(block.text.length);
  else if (block.type === "image" || block.type === "audio") console.log(block.data, block.mimeType);
  else if (block.type === "resource_link") console.log(block.uri, block.size?.toFixed());
  else console.log(block.resource.uri, block.resource.blob);
}

// Requests, handlers and notifications are typed by their method.
const { resources } = await client.request({ method: "resources/list", params: { cursor: "a" } });
console.log(resources[0]?.uri);
const own = await client.request<{ answer: number }>({ method: "acme/ask", params: { question: "?" } });
console.log(own.answer.toFixed());
client.setNotificationHandler("notifications/resources/updated", ({ params }) => console.log(params.uri.length));
client.setNotificationHandler("notifications/message", ({ params: { level, data } }) => console.log(level, data));
client.setNotificationHandler("acme/news", ({ method, params }) => console.log(method, params?.["what"]));
client.setRequestHandler("sampling/createMessage", async ({ params }, { signal, reportProgress }) => {
  await reportProgress(1, params.maxTokens);
  return { role: "assistant", model: "mine", content: { type: "text", text: signal.aborted ? "" : "hello" } };
});
client.setRequestHandler("elicitation/create", ({ params }) => {
  for (const [name, field] of Object.entries(params.requestedSchema?.properties ?? {})) {
    if (field.type === "number") console.log(name, field.minimum?.toFixed());
    if (field.type === "array") console.log(name, field.items.enum?.join());
  }
  return { action: "accept", content: { name: "Ada", ages: ["36"] } };
});
client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///a" }] }));
client.setRequestHandler("acme/ask", async ({ params }) => ({ echo: params }));

for await (const news of subscription) {
  if (news.method === "notifications/resources/updated") console.log(news.params.uri.length);
}

// Every report of a loop, and every call on the board.
for await (const { fraction, remaining, phase } of forecast.progress()) console.log(fraction?.toFixed(), remaining, phase);
const views: readonly CallView[] = client.calls.snapshot;
console.log(views.map(({ name, stalled }) => [name, stalled]), combinedProgress(views).determinate);

// Errors are told apart by class and by code.
try {
  await client.ping();
} catch (error) {
  if (error instanceof RpcError) console.log(error.rpcCode.toFixed(), error.data);
  else if (error instanceof TimeoutError) console.log(error.clock === "idle", error.timeout);
  else if (error instanceof ClosedError) console.log(error.mayHaveRun);
  else if (error instanceof AbortError) console.log(error.name, error.code === "ABORTED");
  else if (isMcpError(error)) console.log(error.code);
}

// Whatever talks in messages is a target; so are ports, workers and sockets of the page.
const mine: Transport = {
  start() {},
  send(message: JSONRPCMessage) {
    if ("method" in message) console.log(message.method, message.params?._meta?.progressToken);
  },
};
await client.connect(mine);
await client.connect(new MessageChannel().port1);
await client.connect(new Worker("worker.js"));
const [here, there] = createInMemoryPair();
there.onmessage = (message) => console.log("result" in message && message.result);
await client.connect(here, { trace: (direction) => console.log(direction === "sent") });
