/** Transports over the network. */
import type { Authorizer } from "./authorizer.js";
import type { JSONRPCMessage } from "./jsonrpc.js";

/**
 * Sees the text of every frame.
 *
 * @example
 * ```ts
 * const trace: Trace = (direction, text) => console.log(direction, text);
 * ```
 */
export type Trace = (direction: "sent" | "received", text: string) => void;

/** HTTP headers, in one of the shapes that `fetch` takes. */
export type HeaderList = Headers | Record<string, string> | [string, string][];

/** The TypeScript SDK's transport, so that all of its ecosystem plug in. */
export interface Transport {
  /** Opens the connection. */
  start?(): Promise<void> | void;
  /** Sends one message, a JSON value. */
  send(message: JSONRPCMessage): Promise<void> | void;
  /** Ends the connection. */
  close?(): Promise<void> | void;
  /** Set by the client, behind what is there already: gets each message, parsed. */
  onmessage?: (message: JSONRPCMessage) => void;
  /** Set by the client, behind what is there already: the connection has ended. */
  onclose?: () => void;
  /** Set by the client, behind what is there already: something went wrong. */
  onerror?: (error: Error) => void;
  /**
   * Set by the client if the transport has this property at all, and nobody has set `onmessage`:
   * gets the text of each frame instead of `onmessage`, which is what makes progress fast.
   */
  onframe?: (text: string) => void;
  /**
   * Read by the client: the `probeTimeout` of {@link ConnectOptions} over this transport, if it is
   * not given.
   */
  readonly probeTimeout?: number;
}

/** What every transport of this package can be told. */
export interface ChannelOptions {
  /**
   * Sees the text of every message, as it was sent or received.
   * @default none
   */
  trace?: Trace;
  /**
   * The largest message either way, in bytes, more than 0: a larger one is not sent, or fails the call that it answers.
   * `Infinity` is no limit.
   * @default 67_108_864
   */
  maxMessageSize?: number;
}

/** What a {@link WebSocketTransport} can be told. */
export interface WebSocketOptions extends ChannelOptions {
  /**
   * The subprotocols to offer; the server must select one of them.
   * @default ["mcp"]
   */
  protocols?: string[];
  /**
   * Gives the ticket that lets the connection in, such as `OAuth` of `mcp-wasm/auth`.
   * @default none
   */
  auth?: Authorizer;
}

/** What a {@link StreamableHttpTransport} can be told. With `trace`, reading progress is slower. */
export interface StreamableHttpOptions extends ChannelOptions {
  /**
   * Headers of every request, beside the protocol's own; or a function that gives them, and is asked for each request.
   * @default requestInit.headers
   */
  headers?: HeaderList | (() => HeaderList | Promise<HeaderList>);
  /**
   * Gives the headers that let requests in, such as `OAuth` of `mcp-wasm/auth`.
   * @default none
   */
  auth?: Authorizer;
  /**
   * Makes the requests.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch;
  /**
   * What else `fetch` is given, such as `credentials`; its headers count if there are no `headers` beside it.
   * @default none
   */
  requestInit?: RequestInit;
  /**
   * A session to go on with, in `protocolVersion`; nothing opens another.
   * @default none
   */
  sessionId?: string;
  /**
   * The revision that the session is in.
   * @default "2025-11-25"
   */
  protocolVersion?: string;
  /**
   * Whether `close` leaves the session to a later connection.
   * @default false
   */
  keepSession?: boolean;
  /**
   * How streams that broke off are asked for again.
   * @default {}
   */
  reconnectionOptions?: {
    /**
     * The pause before the first attempt, in milliseconds.
     * @default 1_000
     */
    initialReconnectionDelay?: number;
    /**
     * The longest pause between two attempts, in milliseconds.
     * @default 30_000
     */
    maxReconnectionDelay?: number;
    /**
     * By how much each pause is longer than the one before.
     * @default 2
     */
    reconnectionDelayGrowFactor?: number;
    /**
     * How many attempts may fail, one after the other.
     * @default 10
     */
    maxRetries?: number;
  };
}

/** What one message over Streamable HTTP can be sent with. */
export interface SendOptions {
  /**
   * Headers of this message alone, above those of the transport.
   * @default {}
   */
  headers?: HeaderList;
  /**
   * How long its answer is waited for, in milliseconds: where the stream of it breaks off, it is not asked for again
   * after that.
   * @default 60_000
   */
  timeout?: number;
  /**
   * An event of an earlier stream, behind which the answer is asked for instead.
   * @default none
   */
  resumptionToken?: string;
  /**
   * Hears the id of every event, to go on behind it another time.
   * @default none
   */
  onresumptiontoken?: (id: string) => void;
}

/**
 * One WebSocket: text frames with one JSON-RPC message each.
 *
 * @example
 * ```js
 * const transport = new WebSocketTransport("wss://example.com/mcp", {
 *   trace: (direction, text) => console.log(direction, text),
 * });
 * await client.connect(transport);
 * ```
 */
export class WebSocketTransport implements Transport {
  constructor(url: string | URL, options?: WebSocketOptions);
  start(): Promise<void>;
  send(message: JSONRPCMessage): Promise<void>;
  /** Sends one frame of text. */
  sendText(text: string): void;
  close(): Promise<void>;
  onmessage?: (message: JSONRPCMessage) => void;
  onframe?: (text: string) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
}

/**
 * Streamable HTTP: each message is a POST, each answer JSON or a stream of events.
 *
 * @example
 * ```js
 * const transport = new StreamableHttpTransport("https://example.com/mcp", {
 *   headers: { Authorization: "Bearer …" },
 * });
 * await client.connect(transport);
 * ```
 */
export class StreamableHttpTransport implements Transport {
  constructor(url: string | URL, options?: StreamableHttpOptions);
  start(): Promise<void>;
  /**
   * Sends one message, with the headers of its own that it has; fails when the server does not take it.
   * With `resumptionToken` its answer is asked for behind that event instead.
   */
  send(message: JSONRPCMessage, options?: SendOptions): Promise<void>;
  /** Ends all streams, and the session if there is one. */
  close(): Promise<void>;
  /** Asks the server to end the session, and ends nothing else. Where the server refuses, the session goes on, and `sessionId` is still there. */
  terminateSession(): Promise<void>;
  setProtocolVersion(version: string | undefined): void;
  /** The revision that is spoken. */
  protocolVersion: string | undefined;
  /** The session of a server from before 2026-07-28, if it gave one. */
  readonly sessionId: string | undefined;
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
}
