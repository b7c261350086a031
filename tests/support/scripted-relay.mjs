// A server without a mind of its own: whatever a client under test sends goes to the test that
// controls it, and the other way round. The test may run in a page, so control is a WebSocket:
// `/control` gets an id, and what connects to `/mcp/<id>` is controlled by it, be it by WebSocket or
// by one HTTP request after another.
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { WebSocketServer } from "ws";

/** @typedef {import("ws").WebSocket & { _socket?: import("node:net").Socket }} Socket */

/**
 * @typedef {object} Session
 * @property {Socket} control
 * @property {Socket | undefined} client
 * @property {Map<number, import("node:http").ServerResponse>} exchanges HTTP answers under way
 * @property {"open" | "refuse" | "silent" | "no-protocol" | "other-protocol"} mode what happens to
 *   the next handshake
 */

/** What lets pages in. */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "*",
  "access-control-allow-headers": "*, authorization",
  "access-control-expose-headers": "*",
  "access-control-max-age": "600",
};

/**
 * Starts the relay; its URL has no slash at the end. At `nobody` nothing listens.
 * @param {number} [jitter] up to how many milliseconds an HTTP request is on its way, by chance: those
 *   that travel side by side then overtake each other
 */
export async function startRelay(jitter = Number(process.env.JITTER ?? 0)) {
  /** @type {Map<string, Session>} */
  const sessions = new Map();
  /** @type {Set<import("node:stream").Duplex>} */
  const raw = new Set();
  let latest = 0;
  let exchanges = 0;
  const http = createServer(async (request, response) => {
    const session = sessions.get(request.url?.match(/^\/mcp\/(\d+)$/)?.[1] ?? "");
    if (request.method === "OPTIONS") return void response.writeHead(204, CORS).end();
    if (!session) return void response.writeHead(404, CORS).end();
    const number = ++exchanges;
    /** @param {object} event */
    const tell = (event) => session.control.readyState === 1 && session.control.send(JSON.stringify(event));
    session.exchanges.set(number, response);
    response.on("close", () => {
      session.exchanges.delete(number);
      if (!response.writableFinished) tell({ broken: number });
    });
    let frame = "";
    request.setEncoding("utf8");
    for await (const part of request) frame += part;
    if (jitter) await setTimeout(Math.random() * jitter);
    tell({ exchange: number, verb: request.method, headers: request.headers, frame });
  });
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
    const session = { control, client: undefined, exchanges: new Map(), mode: "open" };
    sessions.set(id, session);
    control.send(JSON.stringify({ id }));
    control.on("close", () => {
      sessions.delete(id);
      session.client?.terminate();
      for (const response of session.exchanges.values()) response.destroy();
    });
    control.on("message", (data) => obey(session, JSON.parse(String(data))));
  }

  /** @param {Session} session @param {any} command */
  function obey(session, command) {
    const { client } = session;
    if (command.mode) {
      session.mode = command.mode;
      session.control.send(JSON.stringify({ mode: command.mode }));
    }
    const response = session.exchanges.get(command.exchange);
    if (command.destroy) response?.destroy();
    else if (response) {
      if (command.status) response.writeHead(command.status, { ...CORS, ...command.headers });
      if (command.write) response.write(typeof command.write === "string" ? command.write : Buffer.from(command.write));
      else response.flushHeaders();
      if (command.end) response.end();
    }
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
