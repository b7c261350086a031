import { Client, Server } from "mcp-wasm";
import { call } from "./call.js";

const server = new Server({ name: "own", version: "1.0.0" });
const inputSchema = { type: "object", properties: { n: { type: "number" } } };
server.tool("count", { description: "Counts", inputSchema }, async (/** @type {any} */ { n }, ctx) => {
  for (let i = 1; i <= n; i++) await ctx.reportProgress(i, n, `step ${i}`);
  return `counted to ${n}`;
});

export default {
  /** Calls the server of the address, and the worker's own. @param {Request} request */
  async fetch(request) {
    const far = await call(Client, String(new URL(request.url).searchParams.get("server")));
    return Response.json([far, await call(Client, server)]);
  },
};
