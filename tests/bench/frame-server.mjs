// A server that answers the tool `flood {n}` with n progress notifications in batches, over
// WebSocket and over Streamable HTTP on the same port; `replay {n}` with as many, all written beforehand, when it is told to;
// `large {bytes}` with a result of that size.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { largeFrame, reply } from "./frames.mjs";
import { progressFrame, shapes } from "./shapes.mjs";

const BATCH = 250;
const ENOUGH_WAITING = 256 * 1024;
/** Reports in a burst of a recording. */
const BURST = 1000;

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "*",
  "access-control-allow-headers": "*, authorization",
};

/**
 * @param {Record<string, any>[]} messages calls of `flood`, which report by turns
 * @param {(frames: string[]) => void} send takes a batch
 * @param {() => number} waiting how many bytes have not left yet
 */
async function flood(messages, send, waiting) {
  const { n, shape } = messages[0]?.params.arguments;
  const tokens = messages.map(({ params }) => params._meta?.progressToken);
  const most = Math.ceil(BATCH / tokens.length);
  for (let i = 1; i <= n; ) {
    const turns = Array.from({ length: Math.min(most, n - i + 1) }, () => i++);
    const batch = turns.flatMap((turn) => tokens.map((token) => progressFrame(shape, token, turn, n)));
    send(batch);
    do await new Promise((resolve) => setImmediate(resolve));
    while (waiting() > ENOUGH_WAITING);
  }
}

/**
 * Text frames of a WebSocket as a server writes them.
 * @param {string[]} texts
 */
function framed(texts) {
  return Buffer.concat(texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const short = bytes.length < 126;
    if (bytes.length > 0xffff) throw new Error("too long for a frame of the recording");
    return [Buffer.from(short ? [0x81, bytes.length] : [0x81, 126, bytes.length >> 8, bytes.length & 255]), bytes];
  }));
}

/** What is recorded, and waits to be played. @type {{ resolve: () => void }[]} */
const recorded = [];
/** Who waits for a recording. @type {(() => void) | undefined} */
let waiting;

/**
 * Plays a recording, once it is told to: nothing is made while it is, so that the page has the processors.
 * @param {Record<string, any>} message the call
 * @param {import("ws").WebSocket} socket
 */
async function replay({ params }, socket) {
  const { n, shape } = params.arguments;
  /** @type {Buffer[]} */
  const bursts = [];
  for (let i = 0; i < n; i += BURST) {
    bursts.push(framed(Array.from({ length: Math.min(BURST, n - i) }, (_, more) => progressFrame(shape, params._meta.progressToken, i + more + 1, n))));
  }
  await new Promise((resolve) => {
    recorded.push({ resolve: () => resolve(undefined) });
    waiting?.();
  });
  const { _socket: wire } = /** @type {{ _socket: import("node:net").Socket }} */ (/** @type {unknown} */ (socket));
  for (const burst of bursts) if (!wire.write(burst)) await new Promise((resolve) => wire.once("drain", resolve));
}

/** @param {import("node:http").IncomingMessage} request */
async function body(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return JSON.parse(text);
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
async function serve(request, response) {
  // As if the server were that far away, in milliseconds.
  const away = Number(new URL(request.url ?? "", "http://bench").searchParams.get("away"));
  if (away) await new Promise((resolve) => setTimeout(resolve, away));
  if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
  if (request.method !== "POST") return response.writeHead(405, cors).end();
  const message = await body(request);
  const answer = reply(message);
  if (!answer) return response.writeHead(202, cors).end();
  if (message.method !== "tools/call") {
    return response.writeHead(200, { ...cors, "content-type": "application/json" }).end(JSON.stringify(answer));
  }
  if (message.params.name === "large") {
    return response.writeHead(200, { ...cors, "content-type": "application/json" }).end(largeFrame(message.id, message.params.arguments.bytes));
  }
  response.writeHead(200, { ...cors, "content-type": "text/event-stream", "cache-control": "no-cache" });
  /** @param {string[]} frames */
  const send = (frames) => response.write(frames.map((frame) => `event: message\ndata: ${frame}\n\n`).join(""));
  await flood([message], send, () => response.writableLength);
  send([JSON.stringify(answer)]);
  response.end();
}

export async function startFrameServer() {
  // A page that is closed meanwhile takes its request with it.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => "mcp" });
  sockets.on("connection", (socket) => {
    /** Calls that wait until all that report by turns with them are there. @type {Record<string, any>[]} */
    let together = [];
    socket.on("message", async (data) => {
      const message = JSON.parse(String(data));
      let done = [message];
      if (message.params?.name === "large") return socket.send(largeFrame(message.id, message.params.arguments.bytes));
      if (message.params?.name === "replay") await replay(message, socket);
      if (message.params?.name === "flood") {
        together.push(message);
        if (together.length < (shapes[message.params.arguments.shape]?.calls ?? 1)) return;
        [done, together] = [together, []];
        await flood(done, (frames) => frames.forEach((frame) => socket.send(frame)), () => socket.bufferedAmount);
      }
      for (const answer of done.map(reply)) if (answer) socket.send(JSON.stringify(answer));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `ws://127.0.0.1:${port}/mcp`,
    http: `http://127.0.0.1:${port}/mcp`,
    /** Fulfilled when a call of `replay` has its recording; returns what plays it. */
    async recording() {
      while (!recorded.length) await new Promise((resolve) => (waiting = () => resolve(undefined)));
      return /** @type {{ resolve: () => void }} */ (recorded.shift()).resolve;
    },
    stop() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}
