// A server of the TypeScript SDK 2.x, with a tool that reports progress: `node counter-v2.mjs stdio|PORT`.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { McpServer, createMcpHandler } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

function counter() {
  const server = new McpServer({ name: "counter", version: "1.0.0" });
  const about = { description: "Counts to a number", inputSchema: z.object({ steps: z.number(), pause: z.number() }) };
  server.registerTool("count", about, async ({ steps, pause }, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (let n = 1; n <= steps; n++) {
      if (progressToken !== undefined) await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: n, total: steps, message: `step ${n}` } });
      await sleep(pause * 1000);
    }
    return { content: [{ type: "text", text: `counted to ${steps}` }] };
  });
  return server;
}

const [place = "stdio"] = process.argv.slice(2);
if (place === "stdio") {
  serveStdio(counter);
} else {
  const handler = createMcpHandler(counter);
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.entries(request.headers).map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)]));
    const body = chunks.length ? Buffer.concat(chunks) : undefined;
    const answer = await handler.fetch(new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers, body }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  });
  server.listen(Number(place), "127.0.0.1", () => console.log("listening"));
}
