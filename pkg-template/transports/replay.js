// Frames with their times: recorded from a connection, and played into a client without a server.
import { McpError } from "../base/errors.js";
import { itself, throughProxies } from "../base/itself.js";

/** @typedef {import("../types/inside.js").Mover} Mover */
/** @typedef {[at: number, direction: ">" | "<", text: string]} Entry milliseconds since the first frame */

const now = () => performance.now();

/** Remembers the frames of a connection. */
export class FrameRecorder {
  /** @type {Entry[]} */
  #entries = [];
  #start = NaN;

  constructor() {
    itself(this);
  }

  /** For the option `trace` of `connect`. @param {"sent" | "received"} direction @param {string} text */
  trace = (direction, text) => {
    if (!this.#entries.length) this.#start = now();
    this.#entries.push([Math.round(now() - this.#start), direction === "sent" ? ">" : "<", text]);
  };

  /**
   * Puts the recorder between a client and a transport of one's own.
   * @param {Mover} transport
   */
  wrap(transport) {
    const { trace } = this;
    const send = transport.send.bind(transport);
    /** @type {Mover} */
    const wrapped = {
      onmessage: undefined,
      onclose: undefined,
      onerror: undefined,
      start() {
        transport.onmessage = (/** @type {unknown} */ message) => {
          trace("received", JSON.stringify(message));
          wrapped.onmessage?.(message);
        };
        transport.onclose = () => wrapped.onclose?.();
        transport.onerror = (error) => wrapped.onerror?.(error);
        return transport.start?.();
      },
      send(/** @type {object} */ message) {
        trace("sent", JSON.stringify(message));
        return send(message);
      },
      close: () => transport.close?.(),
      setProtocolVersion: (/** @type {string} */ version) => transport.setProtocolVersion?.(version),
    };
    return wrapped;
  }

  /** The log: a line of JSON for each frame. */
  toString() {
    return this.#entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  }
}

/** @returns {FrameRecorder} */
export const recordFrames = () => new FrameRecorder();

/**
 * A transport that plays a log: what the server said comes again, as long after what the client
 * said before it as it came then.
 * @param {string} log
 * @param {{ speed?: number }} [options] how much faster than it was; Infinity for at once
 */
export function replay(log, { speed = 1 } = {}) {
  const entries = read(log);
  return new ReplayTransport(entries, speed);
}

class ReplayTransport {
  /** @type {((text: string) => void) | undefined} */
  onframe;
  /** @type {((message: unknown) => void) | undefined} */
  onmessage;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {((error: Error) => void) | undefined} */
  onerror;
  #next = 0;
  #ahead = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #entries;
  #speed;

  /** @param {Entry[]} entries @param {number} speed */
  constructor(entries, speed) {
    itself(this);
    this.#entries = entries;
    this.#speed = speed;
  }

  async start() {}

  async send() {
    // The frame after it is timed from here.
    this.#ahead++;
    this.#play();
  }

  async close() {
    clearTimeout(this.#timer);
    this.#next = Infinity;
    this.onclose?.();
  }

  /** The requests of the log after the handshake, sent again. @param {{ request: (request: { method: string, params: object }) => PromiseLike<unknown> }} client @returns {Promise<PromiseSettledResult<unknown>[]>} */
  async drive(client) {
    const calls = [];
    for (const [, direction, text] of this.#entries) {
      if (direction !== ">") continue;
      const { id, method, params } = JSON.parse(text);
      if (id === undefined || !method || method === "initialize" || method === "server/discover") continue;
      const { _meta, ...rest } = params ?? {};
      calls.push(client.request({ method, params: rest }));
    }
    return Promise.allSettled(calls);
  }

  /** Goes on to the next frame of the server, unless the client has to speak first. */
  #play() {
    if (this.#timer !== undefined) return;
    for (; this.#entries[this.#next]?.[1] === ">"; this.#next++) {
      if (!this.#ahead) return;
      this.#ahead--;
    }
    const entry = this.#entries[this.#next];
    if (!entry) return;
    const before = this.#entries[this.#next - 1]?.[0] ?? 0;
    const wait = (entry[0] - before) / this.#speed;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next++;
      if (this.onframe) this.onframe(entry[2]);
      else this.onmessage?.(JSON.parse(entry[2]));
      this.#play();
    }, wait > 0 ? wait : 0);
  }
}

throughProxies(FrameRecorder, ReplayTransport);

/** @param {string} log @returns {Entry[]} */
function read(log) {
  return log.split("\n").filter(Boolean).map((line, index) => {
    let entry;
    try {
      entry = JSON.parse(line);
    } catch {}
    const fits = Array.isArray(entry) && entry[0] >= 0 && (entry[1] === ">" || entry[1] === "<") && typeof entry[2] === "string";
    if (!fits) throw new McpError("INVALID_ARGUMENT", `line ${index + 1} is no frame of a log: give what \`String(recorder)\` gave`);
    return entry;
  });
}
