// A WebSocket server that answers the tool `flood {n}` with n progress notifications in batches.
import { WebSocketServer } from "ws";
import { progressFrame, reply } from "./frames.mjs";

const BATCH = 250;
const ENOUGH_WAITING = 256 * 1024;

export async function startFrameServer() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, handleProtocols: () => "mcp" });
  server.on("connection", (socket) => {
    socket.on("message", async (data) => {
      const message = JSON.parse(String(data));
      if (message.method === "tools/call") {
        const { n } = message.params.arguments;
        for (let i = 1; i <= n; i++) {
          socket.send(progressFrame(message.params._meta.progressToken, i, n));
          if (i % BATCH) continue;
          do await new Promise((resolve) => setImmediate(resolve));
          while (socket.bufferedAmount > ENOUGH_WAITING);
        }
      }
      const answer = reply(message);
      if (answer) socket.send(JSON.stringify(answer));
    });
  });
  await new Promise((resolve) => server.once("listening", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `ws://127.0.0.1:${port}/mcp`,
    stop() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}
