// A small MCP server over WebSocket for tests that need a peer which is not ours: fixed answers,
// every frame recorded, tools as plain functions.
import { WebSocketServer } from "ws";

/**
 * @typedef {Record<string, any>} Message a JSON-RPC message
 *
 * @typedef {object} ToolContext
 * @property {string | number | undefined} token the request's progress token
 * @property {string | number} id the request's id
 * @property {(progress: number, total?: number, message?: string) => void} progress
 * @property {(frame: string | Message) => void} send any other frame
 * @property {Promise<void>} cancelled resolves when the client cancels this call
 *
 * @typedef {(args: any, context: ToolContext) => any} Tool its value is the tool's result; never
 *   answered when it is undefined
 *
 * @typedef {object} FakeServer
 * @property {string} url
 * @property {number} port
 * @property {Message[]} received every message of every client, in order
 * @property {Set<import("ws").WebSocket>} sockets the open connections
 * @property {() => Promise<void>} stop
 */

const modernVersion = "2026-07-28";

/** The tool `count {n}`: `n` progress notifications, `i / n` and a message each, then a text. */
/** @type {Tool} */
export const count = ({ n = 3 }, { progress }) => {
  for (let i = 1; i <= n; i++) progress(i, n, `step ${i}`);
  return { content: [{ type: "text", text: `counted to ${n}` }] };
};

/**
 * @param {object} [options]
 * @param {"modern" | "legacy"} [options.era] which revision the server speaks; default legacy
 * @param {Record<string, Tool>} [options.tools] default: `count`
 * @param {import("node:http").Server} [options.server] serve on this HTTP server, not on a port of its own
 * @param {(message: Message, socket: import("ws").WebSocket) => boolean | void} [options.intercept]
 *   sees each message first; `true` means that it has been dealt with
 * @param {boolean} [options.deflate] whether to offer permessage-deflate
 * @returns {Promise<FakeServer>}
 */
export async function startFakeServer({ era = "legacy", tools = { count }, server, intercept, deflate = false } = {}) {
  const wss = new WebSocketServer({
    ...(server ? { server } : { host: "127.0.0.1", port: 0 }),
    perMessageDeflate: deflate,
    handleProtocols: (offered) => (offered.has("mcp") ? "mcp" : false),
  });
  /** @type {Message[]} */
  const received = [];
  const sockets = new Set();
  const serverInfo = { name: "fake", version: "1.0.0" };
  const list = Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } }));
  const stamp = era === "modern" ? { resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": serverInfo } } : {};

  wss.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    /** @type {Map<string | number, () => void>} */
    const cancels = new Map();
    /** @param {string | Message} frame */
    const send = (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    socket.on("message", async (data) => {
      const message = /** @type {Message} */ (JSON.parse(String(data)));
      received.push(message);
      if (intercept?.(message, socket)) return;
      const { id, method, params } = message;
      /** @param {Message} result */
      const answer = (result) => send({ jsonrpc: "2.0", id, result: { ...result, ...stamp } });
      /** @param {number} code @param {string} text @param {any} [extra] */
      const refuse = (code, text, extra) => send({ jsonrpc: "2.0", id, error: { code, message: text, data: extra } });
      if (method === "notifications/cancelled") return cancels.get(params.requestId)?.();
      if (id === undefined || method === undefined) return;
      if (era === "modern") {
        const version = params?._meta?.["io.modelcontextprotocol/protocolVersion"];
        if (method === "initialize") return refuse(-32601, "Method not found");
        if (version !== modernVersion) {
          return refuse(-32022, "Unsupported protocol version", { supported: [modernVersion], requested: version });
        }
      }
      switch (method) {
        case "initialize":
          return answer({
            protocolVersion: params.protocolVersion,
            capabilities: { tools: {}, logging: {} },
            serverInfo,
            instructions: "Count.",
          });
        case "server/discover":
          if (era === "legacy") return refuse(-32601, "Method not found");
          return answer({ supportedVersions: [modernVersion], capabilities: { tools: {}, logging: {} }, instructions: "Count.", ttlMs: 0, cacheScope: "private" });
        case "ping":
          return answer({});
        case "tools/list":
          return answer(era === "modern" ? { tools: list, ttlMs: 0, cacheScope: "private" } : { tools: list });
        case "tools/call": {
          const tool = tools[params.name];
          if (!tool) return refuse(-32602, `Unknown tool: ${params.name}`);
          const token = params._meta?.progressToken;
          /** @type {ToolContext} */
          const context = {
            id,
            token,
            send,
            cancelled: new Promise((resolve) => cancels.set(id, () => resolve(undefined))),
            progress(progress, total, text) {
              if (token === undefined) return;
              send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress, total, message: text } });
            },
          };
          const result = await tool(params.arguments ?? {}, context);
          cancels.delete(id);
          if (result !== undefined && socket.readyState === socket.OPEN) answer(result);
          return;
        }
        default:
          return refuse(-32601, "Method not found");
      }
    });
  });
  if (!server) await new Promise((resolve) => wss.once("listening", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ ((server ?? wss).address());
  const stop = async () => {
    for (const socket of sockets) socket.terminate();
    await new Promise((resolve) => wss.close(() => resolve(undefined)));
  };
  return { url: `ws://127.0.0.1:${port}/mcp`, port, received, sockets, stop };
}
