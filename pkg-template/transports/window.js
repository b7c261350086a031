// A private port to a window, a frame or a worker: one side opens it, the other accepts it, and
// each makes sure of who the other is before a message of the protocol passes.
import { ClosedError, McpError, ProtocolError, TimeoutError } from "../base/errors.js";
import { throughProxies } from "../base/itself.js";
import { MessagePortTransport } from "./port.js";

/** @typedef {import("./port.js").Trace} Trace */

/** How many greetings are remembered, and how long one may be. */
const [GREETINGS, LONGEST] = [10_000, 200];

class OpenedPort extends MessagePortTransport {
  #ask;
  #nonce;
  #timeout;
  /** Set while the answer is awaited. @type {((error?: Error) => void) | undefined} */
  #answered;
  #accepted = false;

  /**
   * @param {MessagePort} port
   * @param {() => void} ask
   * @param {string} nonce
   * @param {number} timeout
   * @param {{ trace?: Trace, maxMessageSize?: number }} options
   */
  constructor(port, ask, nonce, timeout, options) {
    super(port, { text: true, ...options });
    this.#ask = ask;
    this.#nonce = nonce;
    this.#timeout = timeout;
  }

  async start() {
    await super.start();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    try {
      await new Promise((resolve, reject) => {
        this.#answered = (error) => (error ? reject(error) : resolve(undefined));
        const text = `opening a port: nobody accepted it within ${this.#timeout} ms (\`timeout\`): does it \`acceptPorts\` from this origin?`;
        timer = setTimeout(() => reject(new TimeoutError(text, "connect", this.#timeout)), Math.min(this.#timeout, 2 ** 31 - 1));
        this.#ask();
      });
    } catch (error) {
      // Who started it is told by the error.
      this.onclose = undefined;
      await super.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#answered = undefined;
    }
  }

  /** @param {{ mcp?: unknown, v?: unknown, nonce?: unknown } | undefined} data */
  receive(data) {
    if (this.#accepted || data?.mcp === "close") super.receive(data);
    else if (data?.mcp === "accepted" && data.v === 1 && data.nonce === this.#nonce) {
      this.#accepted = true;
      this.#answered?.();
    } else this.#answered?.(new ProtocolError("opening a port: the answer is not from who was asked"));
  }

  /** @param {object} message */
  control(message) {
    if (this.#answered) this.#answered(new ProtocolError("opening a port: it was closed instead of accepted"));
    else super.control(message);
  }

  async close() {
    this.#answered?.(new ClosedError("opening a port: it was closed while nobody had accepted it", false));
    await super.close();
  }
}

throughProxies(OpenedPort);

/**
 * @param {import("../types/ports.js").WindowLike | import("../types/ports.js").PortLike} target
 * @param {{ origin?: string, nonce?: string, timeout?: number, trace?: Trace, maxMessageSize?: number }} [options]
 */
export function openPort(target, { origin, nonce = random(), timeout = 10_000, ...options } = {}) {
  const isWindow = /** @type {Partial<import("../types/ports.js").WindowLike> | undefined} */ (target)?.window === target;
  if (isWindow || origin !== undefined) checkOrigin(origin);
  const { port1, port2 } = new MessageChannel();
  const ask = () => {
    const message = { mcp: "connect", v: 1, nonce };
    // A sandboxed frame has no origin to name; whoever holds its window owns the frame.
    if (isWindow) /** @type {Window} */ (target).postMessage(message, /** @type {string} */ (origin === "null" ? "*" : origin), [port2]);
    else /** @type {Worker} */ (target).postMessage(message, [port2]);
  };
  return new OpenedPort(port1, ask, nonce, timeout, options);
}

/**
 * @param {(transport: MessagePortTransport) => unknown} accept
 * @param {{ origins?: string[], source?: unknown, nonce?: string, trace?: Trace, maxMessageSize?: number }} [options]
 * @returns {() => void}
 */
export function acceptPorts(accept, { origins, source, nonce, ...options } = {}) {
  const scope = /** @type {Window} */ (/** @type {unknown} */ (globalThis));
  // A worker hears only pages of its own origin.
  const inWindow = scope.window === scope;
  if (inWindow && !origins?.length) throw new McpError("INVALID_ARGUMENT", "acceptPorts: name the origins to accept ports from");
  origins?.forEach(checkOrigin);
  const from = source ?? (inWindow ? (scope.parent === scope ? scope.opener : scope.parent) : undefined);
  if (inWindow && !from) throw new McpError("INVALID_ARGUMENT", "acceptPorts: nobody opened this page: name the `source` to accept ports from");
  /** The greetings that were taken: each is good once. @type {Set<string>} */
  const greeted = new Set();
  /** @param {MessageEvent} event */
  const listener = ({ data, origin, source, ports }) => {
    if (data?.mcp !== "connect" || data.v !== 1 || typeof data.nonce !== "string" || ports.length !== 1) return;
    if (origins && !origins.includes(origin)) return;
    if (from && source !== from) return;
    if ((nonce !== undefined && data.nonce !== nonce) || greeted.has(data.nonce) || data.nonce.length > LONGEST) return;
    greeted.add(data.nonce);
    // Who can see that many greetings owns the page.
    if (greeted.size > GREETINGS) greeted.delete(/** @type {string} */ (greeted.values().next().value));
    const port = /** @type {MessagePort} */ (ports[0]);
    port.postMessage({ mcp: "accepted", v: 1, nonce: data.nonce });
    accept(new MessagePortTransport(port, { text: true, ...options }));
  };
  scope.addEventListener("message", listener);
  return () => scope.removeEventListener("message", listener);
}

/** @param {string | undefined} origin */
function checkOrigin(origin) {
  if (origin === "null" || (URL.canParse(/** @type {string} */ (origin)) && new URL(/** @type {string} */ (origin)).origin === origin)) return;
  const text = `"${origin}" is not an origin: give scheme, host and port as in "https://example.com", or "null" for a sandboxed frame`;
  throw new McpError("INVALID_ARGUMENT", text);
}

// `randomUUID` is not there on pages without TLS.
const random = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
