// The least that an app does with the package; its size is a budget.
import { Client } from "mcp-wasm";

const client = new Client({ name: "app", version: "1.0.0" });
await client.connect("wss://example.com/mcp");
const result = await client.callTool("work", {}, {
  progressHandler: (progress, total, message) => console.log(progress, total, message),
});
console.log(result.content);
