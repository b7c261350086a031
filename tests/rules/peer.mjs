// The server of the rule tests: says what the test wants it to say, over one of the channels,
// and remembers what it was told.
import { fail, show, within } from "./check.mjs";

/**
 * @typedef {Record<string, any>} Message a JSON-RPC message
 * @typedef {string | Message} Frame the text of a frame, or a message to be one
 * @typedef {"objects" | "frames" | "socket" | "port" | "pair" | "http"} Channel `objects` is a
 *   transport of the TypeScript SDK's shape, `frames` one with `onframe`, `socket` a real WebSocket,
 *   `port` a MessagePort with objects and text by turns, `pair` the linked pair, `http` real HTTP
 * @typedef {"modern" | "legacy"} Era
 *
 * @typedef {object} Exchange an HTTP request
 * @property {number} exchange its number
 * @property {string} verb
 * @property {Record<string, string>} headers
 * @property {any} message what was posted
 * @property {boolean} [streams] whether its answer is a stream of events
 * @property {boolean} [broken] whether the client broke it off
 *
 * @typedef {object} Link one end of a channel
 * @property {any} target what the client connects to
 * @property {(frames: Frame[]) => void} send all of them in one turn
 * @property {(code?: number) => void} hangUp
 * @property {(command: Record<string, unknown>) => void} command for the relay
 * @property {() => void} stop
 */

export const MODERN = "2026-07-28";
export const LEGACY = "2025-11-25";
const INFO = { name: "scripted", version: "1.2.3", "x-unknown": true };
const CAPABILITIES = { tools: {}, logging: {}, "x-unknown": { a: 1 } };

/** @param {Frame} frame */
const text = (frame) => (typeof frame === "string" ? frame : JSON.stringify(frame));

export class Peer {
  /** Every message of the client, in order. @type {Message[]} */
  received = [];
  /** How many connections there have been. */
  connections = 0;
  /** How many of them have ended. */
  ended = 0;
  /** Whether there is a connection that ends. */
  ends = true;
  /** What the relay says that it does with the next handshake. */
  mode = "open";
  /** Every HTTP request, in order. @type {Exchange[]} */
  exchanges = [];
  /**
   * Takes HTTP requests before they are dealt with as usual.
   * @type {((exchange: Exchange) => unknown) | undefined}
   */
  intercept;
  /** @type {Link} */
  link = /** @type {any} */ (undefined);
  #taken = new Set();
  /** @type {Set<() => void>} */
  #watchers = new Set();

  /** @param {Era} era */
  constructor(era) {
    this.era = era;
    /**
     * What is answered without the test: the result, or undefined for none.
     * @type {Record<string, ((request: Message) => Message | undefined) | undefined>}
     */
    this.answers =
      era === "modern"
        ? {
            initialize: (request) => this.refuse(request, -32601, "Method not found"),
            "server/discover": () => ({
              supportedVersions: [MODERN],
              capabilities: CAPABILITIES,
              instructions: "Do as you are told.",
              ttlMs: 0,
              cacheScope: "private",
              _meta: { "io.modelcontextprotocol/serverInfo": INFO },
            }),
          }
        : {
            "server/discover": (request) => this.refuse(request, -32601, "Method not found"),
            initialize: ({ params }) => ({
              protocolVersion: params.protocolVersion,
              capabilities: CAPABILITIES,
              serverInfo: INFO,
              instructions: "Do as you are told.",
            }),
            ping: () => ({}),
          };
  }

  get target() {
    return this.link.target;
  }

  /** Sends frames, all in one turn. @param {...Frame} frames */
  send(...frames) {
    this.link.send(frames);
  }

  /**
   * A frame with progress of a request.
   * @param {Message} request
   * @param {number | Record<string, unknown> | string} progress the number, all members, or their
   *   text without braces
   * @param {number} [total]
   * @param {string} [message]
   * @returns {Frame}
   */
  progress(request, progress, total, message) {
    const token = request.params._meta.progressToken;
    const method = "notifications/progress";
    if (typeof progress === "string") {
      return `{"jsonrpc":"2.0","method":"${method}","params":{"progressToken":${JSON.stringify(token)},${progress}}}`;
    }
    /** @type {Record<string, unknown>} */
    const params = { progressToken: token };
    if (typeof progress === "object") Object.assign(params, progress);
    else params.progress = progress;
    if (total !== undefined) params.total = total;
    if (message !== undefined) params.message = message;
    return { jsonrpc: "2.0", method, params };
  }

  /**
   * The frame that answers a request.
   * @param {Message} request
   * @param {any} [result]
   */
  result(request, result = { content: [{ type: "text", text: "done" }] }) {
    const stamp = this.era === "modern" ? { resultType: "complete" } : {};
    return { jsonrpc: "2.0", id: request.id, result: { ...result, ...stamp } };
  }

  /**
   * Answers a request with an error.
   * @param {Message} request
   * @param {number} code
   * @param {string} message
   * @param {unknown} [data]
   * @returns {undefined}
   */
  refuse(request, code, message, data) {
    const error = data === undefined ? { code, message } : { code, message, data };
    this.send({ jsonrpc: "2.0", id: request.id, error });
  }

  /**
   * The oldest message of that method that nobody has taken yet; waits for it.
   * @param {string} [method] without one, the oldest response
   * @returns {Promise<Message>}
   */
  next(method) {
    const find = () => this.received.find((message) => message.method === method && !this.#taken.has(message));
    return this.until(`the client to send ${method ?? "a response"}`, find).then((message) => {
      this.#taken.add(message);
      return message;
    });
  }

  /**
   * Waits for a condition, looked at whenever something happens.
   * @template T
   * @param {string} what
   * @param {() => T | undefined | false} find
   * @returns {Promise<T>}
   */
  async until(what, find) {
    const found = find();
    if (found) return found;
    /** @type {() => void} */
    let look = () => {};
    /** @type {Promise<T>} */
    const promise = new Promise((resolve) => {
      look = () => {
        const found = find();
        if (found) resolve(found);
      };
    });
    this.#watchers.add(look);
    try {
      return await within(promise, what);
    } catch (error) {
      return fail(`${/** @type {Error} */ (error).message}; so far it sent ${show(this.received.map((m) => m.method ?? m))}`);
    } finally {
      this.#watchers.delete(look);
    }
  }

  /** The messages of a method that have come so far. @param {string} method */
  all(method) {
    return this.received.filter((message) => message.method === method);
  }

  /** Waits for the end of the connection, if there is such a thing. */
  async gone() {
    if (this.ends) await this.until("the end of the connection", () => this.ended === 1);
  }

  // ---- for the links ----

  /** @param {Message} message */
  take(message) {
    this.received.push(message);
    const answer = message.method !== undefined && message.id !== undefined && this.answers[message.method];
    const result = answer ? answer(message) : undefined;
    if (result) this.send(this.result(message, result));
    this.look();
  }

  look() {
    for (const watcher of this.#watchers) watcher();
  }
}

/**
 * A transport object. The client's messages and ours go through JSON, as on a wire, except what a
 * test sends as an object over `objects`.
 * @param {Peer} peer
 * @param {"objects" | "frames"} channel
 * @returns {Link}
 */
export function objectLink(peer, channel) {
  const onframe = channel === "frames" ? { onframe: undefined } : {};
  const close = async () => {
    if (!transport.open) return;
    transport.open = false;
    peer.ended++;
    transport.onclose?.();
    peer.look();
  };
  /** @type {any} */
  const transport = {
    open: false,
    async start() {
      transport.open = true;
      peer.connections++;
      peer.look();
    },
    async send(/** @type {unknown} */ message) {
      const copy = JSON.parse(JSON.stringify(message));
      // The answer comes when the client has done its own work, as with any real transport.
      queueMicrotask(() => transport.open && peer.take(copy));
    },
    close,
    ...onframe,
  };
  return {
    target: transport,
    send(frames) {
      for (const frame of frames) {
        if (!transport.open) return;
        if (transport.onframe) transport.onframe(text(frame));
        else transport.onmessage?.(typeof frame === "string" ? JSON.parse(frame) : frame);
      }
    },
    hangUp: () => void close(),
    command: () => fail("only the relay takes commands"),
    stop: () => void close(),
  };
}

/**
 * What the relay is told. A rule may have ended while its peer still answers: then it is told nothing.
 * @param {WebSocket} socket
 */
const commands = (socket) => (/** @type {Record<string, unknown>} */ command) => {
  if (socket.readyState <= socket.OPEN) socket.send(JSON.stringify(command));
};

/**
 * A real WebSocket, by way of the relay (`support/scripted-relay.mjs`).
 * @param {Peer} peer
 * @param {string} relay its URL
 * @returns {Promise<Link>}
 */
export function socketLink(peer, relay) {
  const socket = new WebSocket(`${relay}/control`);
  const command = commands(socket);
  return within(
    new Promise((resolve, reject) => {
      socket.onerror = () => reject(new Error(`no relay at ${relay}`));
      socket.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if ("id" in event) {
          resolve({
            target: `${relay}/mcp/${event.id}`,
            send: (frames) => command({ send: frames.map(text) }),
            hangUp: (code) => command({ close: code ?? 1000 }),
            command,
            stop: () => socket.close(),
          });
        } else if ("mode" in event) {
          peer.mode = event.mode;
        } else if ("opened" in event) {
          peer.connections++;
        } else if ("closed" in event) {
          peer.ended++;
        } else {
          peer.take(JSON.parse(event.frame));
        }
        peer.look();
      };
    }),
    "the relay",
  );
}

/**
 * A port whose other end is in the test's hands. Every second frame goes as text.
 * @param {Peer} peer
 * @returns {Link}
 */
export function portLink(peer) {
  const { port1, port2 } = new MessageChannel();
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    peer.ended++;
    port2.close();
    peer.look();
  };
  port2.onmessage = ({ data }) => {
    peer.connections = 1;
    if (data?.mcp === "close") end();
    else peer.take(typeof data === "string" ? JSON.parse(data) : data);
  };
  let asText = false;
  return {
    target: port1,
    send(frames) {
      for (const frame of frames) {
        asText = typeof frame === "string" || !asText;
        port2.postMessage(asText ? text(frame) : frame);
      }
    },
    hangUp(code = 1000) {
      port2.postMessage({ mcp: "close", code });
      end();
    },
    command: ({ control }) => port2.postMessage(control),
    stop() {
      if (!ended) port2.close();
      port1.close();
    },
  };
}

/**
 * The other end of an in-memory pair.
 * @param {Peer} peer
 * @param {[any, any]} pair
 * @returns {Link}
 */
export function pairLink(peer, [target, end]) {
  end.onmessage = (/** @type {Message} */ message) => {
    peer.connections = 1;
    peer.take(message);
  };
  end.onclose = () => {
    peer.ended++;
    peer.look();
  };
  void end.start();
  return {
    target,
    send(frames) {
      for (const frame of frames) end.sendText(text(frame));
    },
    hangUp: () => void end.close(),
    command: () => fail("only the relay takes commands"),
    stop: () => void end.close(),
  };
}

/**
 * Streamable HTTP, by way of the relay: each frame goes to the exchange that it belongs to, as JSON
 * if it is an answer alone, else as events.
 * @param {Peer} peer
 * @param {string} relay its URL
 * @returns {Promise<Link>}
 */
export function httpLink(peer, relay) {
  const socket = new WebSocket(`${relay}/control`);
  const command = commands(socket);
  const { exchanges } = peer;
  // Before 2026-07-28 there is a session.
  peer.ends = false;
  /** Requests without an answer, and the client's listening. @type {Exchange[]} */
  let open = [];
  /** What waits for a stream that could carry it. @type {Frame[]} */
  let waiting = [];
  /** When another stream than that of the answer was written to. */
  let wrote = 0;

  /** @param {Frame} frame */
  const carrier = (frame) => {
    let message = frame;
    try {
      if (typeof frame === "string") message = JSON.parse(frame);
    } catch {}
    const { id, method, params } = Object(message);
    const byId = !method && open.find((one) => one.message?.id === id);
    const byToken = open.find((one) => one.message && one.message.params?._meta?.progressToken === params?.progressToken);
    const own = open.find((one) => one.verb === "GET");
    const any = open.findLast((one) => one.verb === "POST");
    const found = byId || (params?.progressToken !== undefined && byToken) || any || own;
    return { found, answers: Boolean(byId) };
  };

  /** @param {Frame[]} frames */
  const send = (frames) => {
    /** @type {Map<Exchange, { frames: string[], answers: boolean }>} */
    const parts = new Map();
    for (const frame of frames) {
      const { found, answers } = carrier(frame);
      if (!found) {
        waiting.push(frame);
        continue;
      }
      const part = parts.get(found) ?? { frames: [], answers: false };
      parts.set(found, part);
      part.frames.push(text(frame));
      part.answers ||= answers;
    }
    for (const [one, { frames, answers }] of parts) {
      const { exchange, message } = one;
      /** @type {Record<string, string>} */
      const headers = message?.method === "initialize" ? { "mcp-session-id": "session-1" } : {};
      peer.ends ||= message?.method === "initialize";
      if (answers && frames.length === 1 && !one.streams) {
        // Tests that send something and then wait for another answer count on its being late.
        const answer = () => command({ exchange, status: 200, headers: { ...headers, "content-type": "application/json" }, write: frames[0], end: true });
        if (performance.now() - wrote < 50) setTimeout(answer, 20);
        else answer();
      } else {
        wrote = performance.now();
        const write = frames.map((frame) => `event: message\r\ndata: ${frame}\r\n\r\n`).join("");
        if (!one.streams) command({ exchange, status: 200, headers: { ...headers, "content-type": "text/event-stream" } });
        one.streams = true;
        command({ exchange, write, end: answers });
      }
      if (answers) open = open.filter((other) => other !== one);
    }
  };

  /** @param {Exchange} one */
  const take = (one) => {
    const { exchange, verb, message } = one;
    exchanges.push(one);
    if (!peer.connections) peer.connections = 1;
    if (peer.intercept?.(one)) return;
    if (verb === "DELETE") {
      peer.ended++;
      command({ exchange, status: 200, end: true });
    } else if (verb === "GET" && peer.era === "modern") {
      command({ exchange, status: 405, end: true });
    } else if (verb === "GET") {
      one.streams = true;
      command({ exchange, status: 200, headers: { "content-type": "text/event-stream" }, write: ": hello\n\n" });
      open.push(one);
    } else if (message.method && "id" in message) {
      open.push(one);
    } else {
      command({ exchange, status: 202, end: true });
    }
    if (waiting.length && open.length) send(waiting.splice(0));
    if (verb === "POST") peer.take(message);
  };

  return within(
    new Promise((resolve, reject) => {
      socket.onerror = () => reject(new Error(`no relay at ${relay}`));
      socket.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if ("id" in event) {
          resolve({
            target: `${relay.replace("ws", "http")}/mcp/${event.id}`,
            send,
            hangUp() {
              for (const { exchange } of open.splice(0)) command({ exchange, destroy: true });
            },
            command,
            stop: () => socket.close(),
          });
        } else if ("broken" in event) {
          const one = exchanges.find(({ exchange }) => exchange === event.broken);
          if (!one) return;
          one.broken = true;
          // In the modern era, that is how a request is given up.
          if (open.includes(one) && peer.era === "modern") {
            peer.take({ method: "notifications/cancelled", params: { requestId: one.message.id } });
          }
          open = open.filter((other) => other !== one);
        } else if ("exchange" in event) {
          const { frame, ...rest } = event;
          take({ ...rest, message: frame ? JSON.parse(frame) : undefined });
        }
        peer.look();
      };
    }),
    "the relay",
  );
}
