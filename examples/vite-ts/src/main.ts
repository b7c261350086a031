import { Client, Server } from "mcp-wasm";
import "mcp-wasm/element";

// Something to call. A server elsewhere has an address instead.
const server = new Server({ name: "bakery", version: "1.0.0" });
server.tool("bake", async (_args, ctx) => {
  for (let minute = 1; minute <= 10; minute++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await ctx.reportProgress(minute, 10, `minute ${minute}`);
  }
  return "a cake";
});

const client = await Client.connect(server); // or "wss://example.com/mcp"
const bar = document.createElement("mcp-progress");
bar.setAttribute("label", "Baking");
document.body.append(bar);

const call = client.callTool("bake");
bar.source = call;
const { content } = await call;
console.log(content);
