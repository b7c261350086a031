// A server of the TypeScript SDK 1.x, with a tool that reports progress: `node counter-v1.mjs stdio|PORT`.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

function counter() {
  const server = new McpServer({ name: "counter", version: "1.0.0" });
  const about = { description: "Counts to a number", inputSchema: { steps: z.number(), pause: z.number() } };
  server.registerTool("count", about, async ({ steps, pause }, { _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken;
    for (let n = 1; n <= steps; n++) {
      if (progressToken !== undefined) await sendNotification({ method: "notifications/progress", params: { progressToken, progress: n, total: steps, message: `step ${n}` } });
      await sleep(pause * 1000);
    }
    return { content: [{ type: "text", text: `counted to ${steps}` }] };
  });
  return server;
}

const [place = "stdio"] = process.argv.slice(2);
if (place === "stdio") {
  await counter().connect(new StdioServerTransport());
} else {
  /** The sessions, as the SDK's examples keep them. @type {Map<string, StreamableHTTPServerTransport>} */
  const sessions = new Map();
  const server = createServer(async (request, response) => {
    const known = sessions.get(String(request.headers["mcp-session-id"]));
    if (known) return known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), onsessioninitialized: (id) => void sessions.set(id, transport) });
    await counter().connect(/** @type {any} */ (transport));
    await transport.handleRequest(request, response);
  });
  server.listen(Number(place), "127.0.0.1", () => console.log("listening"));
}
