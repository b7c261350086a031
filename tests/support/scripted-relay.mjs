// A WebSocket server without a mind of its own: whatever a client under test sends goes to the test
// that controls it, and the other way round. The test may run in a page, so control is a WebSocket
// too: `/control` gets an id, and what connects to `/mcp/<id>` is controlled by it.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

/** @typedef {import("ws").WebSocket & { _socket?: import("node:net").Socket }} Socket */

/**
 * @typedef {object} Session
 * @property {Socket} control
 * @property {Socket | undefined} client
 * @property {"open" | "refuse" | "silent" | "no-protocol" | "other-protocol"} mode what happens to
 *   the next handshake
 */

/** Starts the relay; its URL has no slash at the end. At `nobody` nothing listens. */
export async function startRelay() {
  /** @type {Map<string, Session>} */
  const sessions = new Map();
  /** @type {Set<import("node:stream").Duplex>} */
  const raw = new Set();
  let latest = 0;
  const http = createServer((_, response) => void response.writeHead(404).end());
  const plain = new WebSocketServer({ noServer: true });
  /** @param {(offered: Set<string>) => string | false} handleProtocols @param {object} [options] */
  const accepting = (handleProtocols, options) =>
    new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols, ...options });
  const ends = {
    open: accepting((offered) => (offered.has("mcp") ? "mcp" : false)),
    "no-protocol": accepting(() => false),
    "other-protocol": accepting(() => "other"),
  };

  http.on("upgrade", (request, socket, head) => {
    raw.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => raw.delete(socket));
    const { url = "" } = request;
    if (url === "/control") {
      plain.handleUpgrade(request, socket, head, (control) => control_(control));
      return;
    }
    const session = sessions.get(url.match(/^\/mcp\/(\d+)$/)?.[1] ?? "");
    const mode = session?.mode ?? "refuse";
    if (!session || mode === "refuse") {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    } else if (mode !== "silent") {
      ends[mode].handleUpgrade(request, socket, head, (client) => serve(session, client));
    }
  });

  /** @param {Socket} control */
  function control_(control) {
    const id = String(++latest);
    /** @type {Session} */
    const session = { control, client: undefined, mode: "open" };
    sessions.set(id, session);
    control.send(JSON.stringify({ id }));
    control.on("close", () => {
      sessions.delete(id);
      session.client?.terminate();
    });
    control.on("message", (data) => obey(session, JSON.parse(String(data))));
  }

  /** @param {Session} session @param {any} command */
  function obey(session, command) {
    const { client } = session;
    if (command.mode) session.mode = command.mode;
    if (!client) return;
    if (command.send) {
      // In one segment, so that they come together.
      client._socket?.cork();
      for (const frame of command.send) client.send(frame);
      client._socket?.uncork();
    }
    if (command.fill) client.send(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${"x".repeat(command.fill)}"}}`);
    if (command.binary) client.send(Buffer.from(command.binary));
    if (command.close) client.close(command.close, command.reason);
    if (command.terminate) client.terminate();
  }

  /** @param {Session} session @param {Socket} client */
  function serve(session, client) {
    session.client = client;
    /** @param {object} event */
    const tell = (event) => session.control.readyState === 1 && session.control.send(JSON.stringify(event));
    tell({ opened: client.protocol });
    client.on("message", (data) => tell({ frame: String(data) }));
    client.on("close", (code) => {
      if (session.client === client) session.client = undefined;
      tell({ closed: code });
    });
  }

  /** @param {import("node:http").Server} server @returns {Promise<number>} */
  const listen = (server) =>
    new Promise((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve(/** @type {import("node:net").AddressInfo} */ (server.address()).port)),
    );
  const port = await listen(http);
  const free = createServer();
  const freePort = await listen(free);
  await new Promise((resolve) => free.close(resolve));
  const stop = async () => {
    for (const socket of raw) socket.destroy();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(() => resolve(undefined)));
  };
  return { url: `ws://127.0.0.1:${port}`, nobody: `ws://127.0.0.1:${freePort}/mcp`, stop };
}
