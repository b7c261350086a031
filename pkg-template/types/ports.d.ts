/** Transports inside the browser: ports, windows, workers, memory. */
import type { JSONRPCMessage } from "./jsonrpc.js";
import type { ChannelOptions, Transport } from "./transports.js";

/**
 * What a {@link MessagePortTransport} talks over: a `MessagePort`, a `Worker`, a worker's own scope.
 * For a window use {@link openPort}.
 */
export interface PortLike {
  postMessage(message: unknown): void;
  onmessage?: ((event: MessageEvent) => unknown) | null;
  addEventListener?(type: string, listener: (event: Event) => void): void;
  removeEventListener?(type: string, listener: (event: Event) => void): void;
  start?(): void;
  close?(): void;
  terminate?(): unknown;
}

/** A window or a frame's `contentWindow`. */
export interface WindowLike {
  postMessage(message: unknown, targetOrigin: string, transfer?: unknown[]): void;
  readonly window: unknown;
}

/** What a {@link MessagePortTransport} can be told. */
export interface MessagePortOptions extends ChannelOptions {
  /**
   * Sends JSON text from the start.
   * @default false
   */
  text?: boolean;
}

/** What {@link openPort} can be told. */
export interface OpenPortOptions extends ChannelOptions {
  /**
   * The origin that a window must have to get the port; `"null"` for a sandboxed frame of your
   * own. Required for windows, meaningless for workers.
   * @default none
   */
  origin?: string;
  /**
   * What the other side has to repeat.
   * @default random
   */
  nonce?: string;
  /**
   * Milliseconds that the other side may take to accept.
   * @default 10_000
   */
  timeout?: number;
}

/** What {@link acceptPorts} can be told. */
export interface AcceptPortsOptions extends ChannelOptions {
  /**
   * The origins to accept from; `"null"` for sandboxed frames. Required in windows.
   * @default none
   */
  origins?: string[];
  /**
   * The window to accept from.
   * @default the parent of a frame, else the opener
   */
  source?: WindowLike | null;
  /**
   * What the other side has to know; without it, it may say anything.
   * @default none
   */
  nonce?: string;
}

/**
 * One port, with one JSON-RPC message per `postMessage`: as an object, or as JSON text to a peer
 * that sends text. Both are read. What arrives is checked as if it came from the network.
 *
 * Ports do not say that the other end is gone, so this one sends `{ mcp: "close" }` when it closes
 * and when its page is left; who terminates a worker or removes a frame closes the client as well.
 * `client.connect(port)` makes one.
 *
 * @example
 * ```js
 * const worker = new Worker(new URL("server.js", import.meta.url), { type: "module" });
 * await client.connect(new MessagePortTransport(worker));
 * ```
 */
export class MessagePortTransport implements Transport {
  constructor(port: PortLike, options?: MessagePortOptions);
  start(): Promise<void>;
  send(message: JSONRPCMessage): Promise<void>;
  /** Sends one message that is JSON text already. */
  sendText(text: string): void;
  close(): Promise<void>;
  onmessage?: (message: JSONRPCMessage) => void;
  onframe?: (text: string) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly probeTimeout: number | undefined;
}

/**
 * A transport to a window, a frame or a worker in which {@link acceptPorts} listens. The two talk
 * over a port of their own, handed over when the transport starts.
 *
 * @param target such as `iframe.contentWindow` after the frame's `load` event
 *
 * @example
 * ```js
 * await client.connect(openPort(iframe.contentWindow, { origin: "https://tools.example.com" }));
 * ```
 */
export function openPort(target: WindowLike | PortLike, options?: OpenPortOptions): MessagePortTransport;

/**
 * Takes the ports that {@link openPort} hands to this window or worker, from then on. Others than
 * those named are not answered.
 *
 * @param accept gets a transport, not yet started, for each port
 * @returns ends it; ports already taken stay
 *
 * @example
 * ```js
 * // In a frame: its parent, if it is the page that it should be.
 * acceptPorts((transport) => client.connect(transport), { origins: ["https://app.example.com"] });
 * ```
 */
export function acceptPorts(
  accept: (transport: MessagePortTransport) => unknown,
  options?: AcceptPortsOptions,
): () => void;

/**
 * Two transports that are connected to each other. Messages are copied, stay in order, and arrive
 * in a later microtask, once the receiving end has been started. Closing one end closes both.
 *
 * @example
 * ```js
 * const [here, there] = createInMemoryPair();
 * await Promise.all([server.connect(there), client.connect(here)]);
 * ```
 */
export function createInMemoryPair(): [InMemoryTransport, InMemoryTransport];

/** One end of {@link createInMemoryPair}. */
export interface InMemoryTransport extends Transport {
  start(): Promise<void>;
  send(message: JSONRPCMessage): Promise<void>;
  /** Sends one message that is JSON text already. */
  sendText(text: string): void;
  close(): Promise<void>;
}
