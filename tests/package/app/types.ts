// Compiled, not run: the declarations as a TypeScript app sees them.
import { Client, type ProgressHandler } from "mcp-wasm";

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
