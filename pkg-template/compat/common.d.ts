/** What the entries for programs of the TypeScript SDKs have in common. */
import type {
  Client as Base,
  ClientOptions,
  ConnectOptions,
  HeaderList,
  Implementation,
  InMemoryTransport as Pair,
  Trace,
  Transport,
} from "../index.js";
import { StreamableHttpTransport, WebSocketTransport } from "../index.js";

/** The SDK's options of its HTTP transport, as far as they are about requests. */
export interface StreamableHTTPClientTransportOptions {
  /** What every request is made with; headers, credentials and the like. */
  requestInit?: { headers?: HeaderList; [member: string]: unknown };
  /**
   * Makes the HTTP requests.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch;
  /** Brings the access token of each request. It is not asked to log in: a 401 is an error. */
  authProvider?: {
    token?(): Promise<string | undefined>;
    tokens?(): Promise<{ access_token: string } | undefined> | { access_token: string } | undefined;
  };
  /** Sees the text of every message. */
  trace?: Trace;
}

/** Streamable HTTP, by the SDK's name and options. */
export class StreamableHTTPClientTransport extends StreamableHttpTransport {
  constructor(url: string | URL, options?: StreamableHTTPClientTransportOptions);
  /** Ends the session and the connection. */
  terminateSession(): Promise<void>;
}

/** A WebSocket, by the SDK's name. */
export class WebSocketClientTransport extends WebSocketTransport {}

/** A pair of transports, by the SDK's name. */
export class InMemoryTransport {
  private constructor();
  /** Two transports that are connected to each other. */
  static createLinkedPair(): [Pair, Pair];
}

/** What the SDK's `connect` can be told, and what ours can. */
export interface CompatConnectOptions extends ConnectOptions {
  /** Milliseconds from the call to the end of the handshake: `connectTimeout`. */
  timeout?: number;
}

/** Our client but for what the SDKs spell otherwise. */
export type Common = Omit<Base, "connect" | "setRequestHandler" | "setNotificationHandler">;

/** Makes one. */
export const Common: new (info?: Implementation, options?: ClientOptions) => Common;

/** What both SDKs' clients have beside. */
export class CommonClient extends Common {
  connect(transport: Transport | string | URL, options?: CompatConnectOptions): Promise<void>;
  /** Tells the server that the folders have changed. */
  sendRootsListChanged(): Promise<void>;
}
