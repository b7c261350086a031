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
  constructor(
    url: string | URL,
    options?: {
      /**
       * The subprotocols to offer; the server must select one of them.
       * @default ["mcp"]
       */
      protocols?: string[];
      /** Gives the ticket that lets the connection in, such as `OAuth` of `mcp-wasm/auth`. */
      auth?: Authorizer;
      /** Sees the text of every frame. */
      trace?: Trace;
      /**
       * The largest message either way, in bytes: a larger one fails the call that it answers.
       * @default 67_108_864
       */
      maxMessageSize?: number;
    },
  );
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
  constructor(
    url: string | URL,
    options?: {
      /** Headers of every request, beside the protocol's own; or a function that gives them. */
      headers?: HeaderList | (() => HeaderList | Promise<HeaderList>);
      /** Gives the headers that let requests in, such as `OAuth` of `mcp-wasm/auth`. */
      auth?: Authorizer;
      /**
       * Makes the requests.
       * @default globalThis.fetch
       */
      fetch?: typeof globalThis.fetch;
      /** Sees the text of every message; reading progress is slower with it. */
      trace?: Trace;
      /**
       * The largest message either way, in bytes: a larger one fails the call that it answers.
       * @default 67_108_864
       */
      maxMessageSize?: number;
      /** What else `fetch` is given, such as `credentials`; its headers count if there are no `headers` beside it. */
      requestInit?: RequestInit;
      /** A session to go on with, in `protocolVersion`; nothing opens another. */
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
      /** How streams that broke off are asked for again; times in milliseconds. */
      reconnectionOptions?: {
        /** @default 1_000 */
        initialReconnectionDelay?: number;
        /** @default 30_000 */
        maxReconnectionDelay?: number;
        /** @default 2 */
        reconnectionDelayGrowFactor?: number;
        /** @default 10 */
        maxRetries?: number;
      };
    },
  );
  start(): Promise<void>;
  /**
   * Sends one message, with the headers of its own that it has; fails when the server does not take it.
   * With `resumptionToken` its answer is asked for behind that event instead.
   */
  send(
    message: JSONRPCMessage,
    options?: { headers?: HeaderList; timeout?: number; resumptionToken?: string; onresumptiontoken?: (id: string) => void },
  ): Promise<void>;
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
