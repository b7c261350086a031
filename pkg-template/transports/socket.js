// WebSocket, one text frame for each message.
import { ClosedError, McpError, ProtocolError, notOpen, part, shown } from "../base/errors.js";
import { throughProxies } from "../base/itself.js";
import { FrameTransport } from "./text.js";

/** How long the other end may take to say goodbye, in milliseconds. */
const GRACE = 1000;

/** The code by which a server ends it with its authorization. */
const EXPIRED = 4401;
/** How long it must have been open for another to take its place, in milliseconds: one that ends sooner would only do so again. */
const SETTLED = 1000;

/** One WebSocket. */
export class WebSocketTransport extends FrameTransport {
  #url;
  #protocols;
  /** @type {WebSocket | undefined} */
  #socket;
  #since = 0;
  /** Whether the server has ended it with its authorization, and there is another to be had. @type {boolean | undefined} */
  expired = false;

  /**
   * @param {string | URL} url
   * @param {{ protocols?: string[], auth?: import("../types/authorizer.js").Authorizer, trace?: (direction: "sent" | "received", text: string) => void, maxMessageSize?: number }} [options]
   */
  constructor(url, { protocols = ["mcp"], auth, ...options } = {}) {
    super(options);
    this.#url = String(url);
    this.#protocols = protocols;
    /** Who lets it in, and the address that this one is asked about. @type {{ auth?: import("../types/authorizer.js").Authorizer, server: string }} */
    this.access = { auth, server: this.#url };
  }

  start() {
    if (typeof WebSocket === "undefined") {
      throw new McpError("UNSUPPORTED", "this platform has no WebSocket: set globalThis.WebSocket, in Node 20 to the one of the package ws");
    }
    return this.access.auth ? part(import("./authorized.js")).then(({ enter }) => enter(this, (more) => this.#open(more))) : this.#open();
  }

  /** @param {string[]} [more] what the server does not select: a ticket is shown to nobody else */
  #open(more = []) {
    const protocols = this.#protocols;
    /** @type {Promise<void>} */
    const opened = new Promise((resolve, reject) => {
      const socket = (this.#socket = new WebSocket(this.#url, [...protocols, ...more]));
      /** @param {Error} error */
      const fail = (error) => {
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
        reject(error);
      };
      socket.onopen = () => {
        // Firefox opens a connection for which the server selected no subprotocol at all.
        if (protocols.length && !protocols.includes(socket.protocol)) {
          const text = `${shown(this.#url)} did not select the subprotocol "${protocols[0]}": is it an MCP server?`;
          return fail(new ProtocolError(text));
        }
        socket.onclose = (event) => this.#closed(event);
        this.#since = performance.now();
        resolve();
      };
      socket.onmessage = (event) => this.#received(event.data);
      socket.onclose = (event) => fail(new ClosedError(refusal(this.#url, event.code, protocols), false));
      socket.onerror = () => {};
    });
    return opened;
  }

  /** @param {string} text */
  post(text) {
    const socket = this.#socket;
    if (socket?.readyState !== 1) throw notOpen("the WebSocket");
    socket.send(text);
  }

  async close() {
    // Whoever asks for a ticket just now need not open anything.
    this.access = { ...this.access };
    const socket = this.#socket;
    if (!socket || socket.readyState === 3) return;
    const closed = new Promise((resolve) => {
      const timer = setTimeout(resolve, GRACE);
      socket.addEventListener("close", () => {
        clearTimeout(timer);
        resolve(undefined);
      });
    });
    socket.close();
    await closed;
  }

  /** @param {unknown} data */
  #received(data) {
    if (typeof data === "string") this.take(data);
    else this.onerror?.(new ProtocolError("the server sent a binary frame, which MCP does not know"));
  }

  /** @param {CloseEvent} event */
  #closed({ code, reason }) {
    this.expired = this.access.auth && code === EXPIRED && performance.now() - this.#since > SETTLED;
    if (!this.expired && code !== 1000 && code !== 1005) {
      this.onerror?.(new ClosedError(`the WebSocket closed with code ${code}${reason ? `: ${reason}` : ""}`, true));
    }
    this.onclose?.();
  }
}

throughProxies(WebSocketTransport);

/**
 * Browsers do not tell scripts why a handshake failed, so this lists the causes.
 * @param {string} url
 * @param {number} code
 * @param {string[]} protocols
 */
function refusal(url, code, protocols) {
  return (
    `could not open ${shown(url)} (close code ${code}): no server there, a wrong path, ` +
    `or a refused origin${protocols.length ? `, or a server without the subprotocol "${protocols.join('" or "')}"` : ""}`
  );
}
