// What all channels of text frames have in common. Transports move bytes: they know nothing of JSON-RPC
// but that a message is a JSON value.
import { ProtocolError, attempt } from "../base/errors.js";
import { fast } from "../base/handlers.js";
import { itself, throughProxies } from "../base/itself.js";
import { read, write } from "../base/json.js";
import { MAX_MESSAGE_SIZE, outline, oversize } from "../base/size.js";

/** @typedef {import("../types/inside.js").Outline} Outline */

/** A channel of text frames, in the shape of the TypeScript SDK's `Transport`. */
export class FrameTransport {
  /** @type {import("../types/inside.js").Marked<(message: unknown) => void> | undefined} */
  onmessage;
  /** @type {((text: string) => void) | undefined} */
  onframe;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;
  /** @type {((error: Error, whose: Outline) => void) | undefined} */
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

  /** @param {unknown} message */
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

  /** What has come is not read. @param {Error} error @param {Outline} whose */
  refuse(error, whose) {
    if (this.onoversize) this.onoversize(error, whose);
    else this.onerror?.(error);
  }

  /** A frame has arrived. @param {string} text */
  take(text) {
    this.#tell("received", text);
    const { onframe, onmessage } = this;
    if (onframe && (!onmessage || onmessage.fast)) return onframe.call(this, text);
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
    attempt(() => this.#trace?.(direction, text));
  }
}

throughProxies(FrameTransport);
fast(FrameTransport.prototype.send);
