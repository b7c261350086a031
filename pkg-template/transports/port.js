// Message ports: workers, frames, extensions, whatever has `postMessage`.
import { ClosedError, ProtocolError, notOpen } from "../base/errors.js";
import { throughProxies } from "../base/itself.js";
import { isWritable, tooLarge } from "../base/size.js";
import { FrameTransport } from "./text.js";

/** @typedef {(direction: "sent" | "received", text: string) => void} Trace */

/**
 * One port. What comes over it counts as no safer than what comes from the network: it takes the
 * way of a frame of text, so that nothing but JSON gets further.
 *
 * Ports do not say that the other end is gone. Ours do, by the control message `close`; control
 * messages are objects with a member `mcp`, and other peers do not miss them.
 */
export class MessagePortTransport extends FrameTransport {
  #port;
  #asText;
  /** Undone when the connection ends. @type {(() => void)[]} */
  #hooks = [];
  /** 0 before the start, 2 after the end. */
  #state = 0;

  /**
   * @param {import("../types/ports.js").PortLike} port
   * @param {{ text?: boolean, trace?: Trace, maxMessageSize?: number }} [options]
   */
  constructor(port, { text = false, ...options } = {}) {
    super(options);
    this.#port = port;
    this.#asText = text;
    // A worker may still be loading its script.
    this.probeTimeout = port.terminate ? undefined : 1000;
  }

  async start() {
    const port = this.#port;
    if (this.#state) throw new ClosedError("the port has been used already: it serves one connection, give another", false);
    this.#state = 1;
    this.#hook(port, "message", ({ data }) => this.receive(data));
    this.#hook(port, "messageerror", () => this.onerror?.(new ProtocolError("the peer sent what cannot be read")));
    // Some platforms do tell.
    this.#hook(port, "close", () => this.#ended());
    // Of a worker: without a message, its script did not load.
    this.#hook(port, "error", ({ message }) => {
      this.onerror?.(new ClosedError(`the worker failed: ${message ?? "its script did not load"}`, false));
      if (message === undefined) this.#ended();
    });
    this.#hook(globalThis, "pagehide", () => void this.close());
    port.start?.();
  }

  /** @param {string} text */
  post(text) {
    if (this.#state !== 1) throw notOpen("the port");
    this.#port.postMessage(this.#asText ? text : JSON.parse(text));
  }

  async close() {
    this.#leave(1000, "");
  }

  /** @param {any} data whatever the other end has posted */
  receive(data) {
    let text = data;
    if (typeof data === "string") {
      // Who sends text reads it, and it is cheaper than a copy of an object.
      this.#asText = true;
    } else if (data?.mcp !== undefined && data.jsonrpc === undefined) {
      return this.control(data);
    } else {
      try {
        if (!isWritable(data, this.maxMessageSize)) {
          const { id, method } = data;
          return this.refuse(tooLarge(this.maxMessageSize), { id, answers: method === undefined });
        }
        text = JSON.stringify(data);
      } catch {
        // Left as it is, an object.
      }
    }
    if (typeof text === "string") this.take(text);
    else this.onerror?.(new ProtocolError("the peer sent what is not JSON"));
  }

  /** A control message; those that are not known mean nothing. @param {{ mcp?: unknown, code?: unknown, reason?: unknown }} message */
  control({ mcp, code, reason }) {
    if (mcp !== "close") return;
    if (Number.isInteger(code) && code !== 1000) {
      this.onerror?.(new ClosedError(`the port closed with code ${code}${reason ? `: ${reason}` : ""}`, true));
    }
    this.#ended();
  }

  /** @param {number} code @param {string} reason */
  #leave(code, reason) {
    if (this.#state === 1) this.#port.postMessage({ mcp: "close", code, reason });
    this.#ended();
  }

  #ended() {
    if (this.#state === 2) return;
    this.#state = 2;
    for (const undo of this.#hooks) undo();
    // Not of a worker's own scope, whose `close` ends the worker.
    if (this.#port.start) /** @type {MessagePort} */ (this.#port).close();
    this.onclose?.();
  }

  /** @param {any} target whatever tells of events, in its platform's way @param {string} type @param {(event: MessageEvent & ErrorEvent) => void} listener */
  #hook(target, type, listener) {
    if (target.addEventListener) {
      target.addEventListener(type, listener);
      this.#hooks.push(() => target.removeEventListener(type, listener));
    } else if (target === this.#port) {
      target["on" + type] = listener;
      this.#hooks.push(() => (target["on" + type] = null));
    }
  }
}

throughProxies(MessagePortTransport);
