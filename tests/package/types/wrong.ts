// Compiled, not run: uses that TypeScript must refuse, each on its own line.
import { Client, StreamableHttpTransport, WebSocketTransport, openPort, replay } from "mcp-wasm";
import type { CallToolResult, ContentBlock, ElicitationResult, ProgressHandler, Tool } from "mcp-wasm";

declare const client: Client;
declare const block: ContentBlock;
declare const tool: Tool;

// @ts-expect-error a handler is a function
await client.callTool("count", {}, { progressHandler: 1 });
// @ts-expect-error a handler's progress is a number
const textual: ProgressHandler = (progress: string) => progress;
// @ts-expect-error the total may be missing
const sure: ProgressHandler = (progress, total) => progress / total;
// @ts-expect-error there is no such option
await client.callTool("count", {}, { onProgress: () => {} });
// @ts-expect-error a timeout is a number of milliseconds
await client.callTool("count", {}, { timeout: "1s" });
// @ts-expect-error throttle is milliseconds or frames
await client.callTool("count", {}, { throttle: "second" });
// @ts-expect-error a tool has a name
await client.callTool({ arguments: {} });
// @ts-expect-error arguments are an object
await client.callTool("count", "three");
// @ts-expect-error the structured result may be missing
(await client.callTool<{ n: number }>("count")).structuredContent.n;
// @ts-expect-error it has no such member
(await client.callTool<{ n: number }>("count")).structuredContent?.m;
// @ts-expect-error without a type it is unknown
(await client.callTool("count")).structuredContent?.n;
// @ts-expect-error a handle is no result
client.callTool("count").content;
// @ts-expect-error not every block has text
block.text.length;
// @ts-expect-error there is no such kind of block
block.type === "video";
// @ts-expect-error what is open is unknown, not any
tool.annotations?.hint.length;
// @ts-expect-error a cursor is text
await client.listTools({ cursor: 1 });
// @ts-expect-error the arguments of a prompt are texts
await client.getPrompt("p", { a: 1 });
// @ts-expect-error there is no such level
await client.setLoggingLevel("loud");
// @ts-expect-error a filter has no such member
await client.listen({ toolListChanged: true });
// @ts-expect-error there is no such mode
await client.callTool("count", {}, { outputValidation: "loud" });
// @ts-expect-error there is no such revision
new Client({ name: "app", version: "1.0.0" }, { mode: { pin: "2020-01-01" } });
// @ts-expect-error a client has a version
new Client({ name: "app" });
// @ts-expect-error a target is needed
await client.connect();
// @ts-expect-error a number is no target
await client.connect(8000);
// @ts-expect-error a role is one of two
client.setRequestHandler("sampling/createMessage", () => ({ role: "system", model: "m", content: { type: "text", text: "" } }));
// @ts-expect-error an answer is accept, decline or cancel
client.setRequestHandler("elicitation/create", () => ({ action: "yes" }));
// @ts-expect-error a form's answer is flat
const nested: ElicitationResult = { action: "accept", content: { address: { city: "Bern" } } };
// @ts-expect-error folders have URIs
client.setRequestHandler("roots/list", () => ({ roots: [{ name: "a" }] }));
// @ts-expect-error its params have no such type
client.setNotificationHandler("notifications/resources/updated", ({ params }) => params.uri.toFixed());
// @ts-expect-error a protocol version is only read
client.protocolVersion = "2026-07-28";
// @ts-expect-error a result has content
const empty: CallToolResult = {};
// @ts-expect-error headers are headers
new StreamableHttpTransport("https://example.com/mcp", { headers: 1 });
// @ts-expect-error a transport is made for a URL
new WebSocketTransport();
// @ts-expect-error a log is text
replay(1);
// @ts-expect-error an origin is text
openPort(globalThis.window, { origin: true });
