/** What the parts of the package hand each other; no entry exports it. */
import type { ABILITIES, Own } from "../base/abilities.js";
import type { CallTable } from "../client/table.js";
import type { Speaker } from "../transports/first.js";
import type { Authorizer } from "./authorizer.js";
import type { CallOptions } from "./call-options.js";
import type { JsonObject, RequestId } from "./jsonrpc.js";
import type { ClientOptions } from "./options.js";
import type { Implementation, ProtocolVersion, ServerCapabilities } from "./protocol.js";
import type { StreamableHttpOptions, Transport } from "./transports.js";

export type { SendOptions } from "./transports.js";

/** What the core found out about a server. */
export interface Session {
  protocolVersion: ProtocolVersion;
  era: "modern" | "legacy";
  /**
   * For how many milliseconds the server may be taken for one of the legacy era; undefined if it has not shown its
   * era by itself, because that was forced, or is a guess.
   */
  legacyFor?: number;
  /** The method that asks whether the server is there. */
  ping: string;
  serverInfo?: Implementation;
  capabilities?: ServerCapabilities & { tasks?: { requests?: { tools?: { call?: object } } } };
  instructions?: string;
  /** The answer to `server/discover`. */
  discover?: unknown;
}

/** How something failed, as the core says it: the parts of an error, each with its code only. */
export interface Failure {
  code: string;
  message?: string;
  rpcCode?: number;
  data?: unknown;
  clock?: "idle" | "total" | "connect";
  /** Milliseconds. */
  after?: number;
  /** Whether the server may have the message. */
  sent?: boolean;
  cause?: unknown;
  status?: number;
  /** Of the answer, or what an authorizer makes of it. */
  headers?: unknown;
  /** Milliseconds. */
  retryAfter?: number;
  /** The id of the request, for an exchange without a client. */
  id?: RequestId;
}

/** The options of a call, checked: the client's, and above them those that it was given. */
export interface Settings extends Omit<ClientOptions, "progressHandler" | "cache">, CallOptions {
  timeout: number;
  maxTotalTimeout: number;
  stallAfter: number;
  resetTimeoutOnProgress: boolean;
  strict: boolean;
  maxRounds: number;
  listMaxPages: number;
  /** An event of an earlier stream, behind which the answer is asked for; of the SDKs' programs. */
  resumptionToken?: string;
  onresumptiontoken?: (id: string) => void;
  /** Whether what a server cannot do is refused here; of the SDKs' programs. */
  enforceStrictCapabilities?: boolean;
  /** How many pages of a list are wanted. */
  pages?: number;
}

/** The params of a request or a notification, as far as the facade looks at them. */
export interface Params {
  name?: string;
  uri?: string;
  cursor?: string;
  arguments?: unknown;
  task?: object;
  _meta?: { progressToken?: unknown; [key: string]: unknown };
  [key: string]: unknown;
}

/** A message of the server, without the envelope. */
export interface Told {
  method: string;
  params?: JsonObject;
}

/** What may be known of a message that was not read. */
export interface Outline {
  id?: unknown;
  /** Whether it answers a request. */
  answers?: boolean;
}

/** A function that may be marked as this package's own: beside such there is a shorter way than by messages. */
export type Marked<F> = F & { fast?: boolean };

/** A transport as the client uses it: the SDK's interface, and what those of this package have besides. */
export interface Mover extends Omit<Transport, "send" | "onmessage"> {
  send: Marked<(message: object, options?: object) => unknown>;
  onmessage?: Marked<(message: unknown) => void>;
  sendText?(text: string): void;
  setProtocolVersion?(version: string | undefined): void;
  /** Bytes. */
  maxMessageSize?: number;
  /** Whom a call with these options would be sent for. */
  identity?(options: object): string | undefined;
  /** Who lets it in, and the address that this one is asked about. */
  access?: { auth?: Authorizer; server: string };
  /** The client whose transport this is. */
  speaker?: Speaker;
  sessionId?: string;
  protocolVersion?: string;
  /** Whether the server has ended it with its authorization. */
  expired?: boolean;
  [ABILITIES]?: Own;
}

/** What a transport over the network is made with. */
export interface NetOptions extends StreamableHttpOptions {
  /** The address as it was given, which an authorizer is asked about. */
  server?: string;
}

/** Whom a connection works for: who hears of all that is about more than moving messages. */
export interface Owner {
  /** The calls under way. */
  table: CallTable;
  /** Does a step of the core. */
  act(step: number, slot: number, id: number): void;
  /** Hears of what went wrong and failed no call. */
  fault(error: Error): void;
  /** Whether somebody waits for the connection. */
  waits(): boolean;
  /** Hears what is about to fail that; false if nobody waits. */
  blame(cause: unknown): boolean;
  /** Says in words what fails if no call does. */
  what(): string;
  /** Whether frames are worth scanning: not if somebody wants every notification as a message. */
  scans(): boolean;
  /** Hears of odd progress. */
  odd(kind: number, facts: () => object): void;
}

/** The client's methods that are made out of a table. */
export interface TableMethods {
  listTools(params?: Params, options?: CallOptions): Promise<unknown>;
  listResources(params?: Params, options?: CallOptions): Promise<unknown>;
  listResourceTemplates(params?: Params, options?: CallOptions): Promise<unknown>;
  listPrompts(params?: Params, options?: CallOptions): Promise<unknown>;
  getPrompt(params: Params | string, options?: CallOptions): Promise<unknown>;
  readResource(params: Params | string, options?: CallOptions): Promise<unknown>;
}
