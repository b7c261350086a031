// Transports move bytes. They know nothing of JSON-RPC but that a message is a JSON value.
import { ClosedError, McpError, ProtocolError, report, shown } from "./errors.js";
import { fast } from "./handlers.js";
import { itself, throughProxies } from "./itself.js";
import { MAX_MESSAGE_SIZE, outline, oversize } from "./size.js";
import { read, write } from "./text.js";

/** How long the other end may take to say goodbye, in milliseconds. */
const GRACE = 1000;

/** What all channels of text frames have in common, in the shape of the TypeScript SDK's `Transport`. */
export class FrameTransport {
  /** @type {((message: any) => void) | undefined} */
  onmessage;
  /** @type {((text: string) => void) | undefined} */
  onframe;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;
  /** @type {((error: Error, whose: { id?: any, answers?: boolean }) => void) | undefined} */
  onoversize;
  /** The largest message either way, in bytes. */
  maxMessageSize;

  #trace;

  /** @param {{ trace?: (direction: "sent" | "received", text: string) => void, maxMessageSize?: number }} [options] */
  constructor({ trace, maxMessageSize = MAX_MESSAGE_SIZE } = {}) {
    itself(this);
    this.maxMessageSize = maxMessageSize;
    this.#trace = trace;
  }

  /** @param {any} message */
  async send(message) {
    this.sendText(write(message));
  }

  /** @param {string} text */
  sendText(text) {
    const error = oversize(text, this.maxMessageSize);
    if (error) throw error;
    this.post(text);
    this.#tell("sent", text);
  }

  /** Hands a frame to the channel. @param {string} text */
  post(text) {}

  /** What has come is not read. @param {Error} error @param {{ id?: any, answers?: boolean }} whose */
  refuse(error, whose) {
    if (this.onoversize) this.onoversize(error, whose);
    else this.onerror?.(error);
  }

  /** A frame has arrived. @param {string} text */
  take(text) {
    this.#tell("received", text);
    const { onframe, onmessage } = this;
    if (onframe && (!onmessage || /** @type {any} */ (onmessage).fast)) return onframe.call(this, text);
    const error = oversize(text, this.maxMessageSize);
    if (error) return this.refuse(error, outline(text));
    let message;
    try {
      message = read(text);
    } catch (cause) {
      return this.onerror?.(new ProtocolError("the server sent a frame that is not JSON", undefined, { cause }));
    }
    onmessage?.call(this, message);
  }

  /** @param {"sent" | "received"} direction @param {string} text */
  #tell(direction, text) {
    try {
      this.#trace?.(direction, text);
    } catch (error) {
      report(error);
    }
  }
}

/** One WebSocket. */
export class WebSocketTransport extends FrameTransport {
  #url;
  #protocols;
  /** @type {WebSocket | undefined} */
  #socket;

  /**
   * @param {string | URL} url
   * @param {{ protocols?: string[], trace?: (direction: "sent" | "received", text: string) => void, maxMessageSize?: number }} [options]
   */
  constructor(url, { protocols = ["mcp"], ...options } = {}) {
    super(options);
    this.#url = String(url);
    this.#protocols = protocols;
  }

  start() {
    if (typeof WebSocket === "undefined") {
      throw new McpError("UNSUPPORTED", "this platform has no WebSocket: set globalThis.WebSocket, in Node 20 to the one of the package ws");
    }
    const protocols = this.#protocols;
    /** @type {Promise<void>} */
    const opened = new Promise((resolve, reject) => {
      const socket = (this.#socket = new WebSocket(this.#url, protocols));
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
    if (socket?.readyState !== 1) throw new ClosedError("the WebSocket is not open", false);
    socket.send(text);
  }

  async close() {
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

  /** @param {any} data */
  #received(data) {
    if (typeof data === "string") this.take(data);
    else this.onerror?.(new ProtocolError("the server sent a binary frame, which MCP does not know"));
  }

  /** @param {CloseEvent} event */
  #closed({ code, reason }) {
    if (code !== 1000 && code !== 1005) {
      this.onerror?.(new ClosedError(`the WebSocket closed with code ${code}${reason ? `: ${reason}` : ""}`, true));
    }
    this.onclose?.();
  }
}

throughProxies(FrameTransport, WebSocketTransport);
fast(FrameTransport.prototype.send);

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
