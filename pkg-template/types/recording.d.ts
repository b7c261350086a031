/** Recording a connection, and playing it again. */
import type { Client } from "./client.js";
import type { JsonObject } from "./jsonrpc.js";
import type { Trace, Transport } from "./transports.js";

/**
 * Remembers the frames of a connection, with their times.
 *
 * @example
 * ```js
 * const recorder = recordFrames();
 * await client.connect(recorder.wrap(transport));
 * ```
 */
export class FrameRecorder {
  /** For the option `trace` of `connect`. */
  readonly trace: Trace;
  /** Puts the recorder between a client and a transport of one's own. */
  wrap(transport: Transport): Transport;
  /** The log: a line of JSON for each frame. It holds all that was said, secrets too. */
  toString(): string;
}

/**
 * A recorder of frames.
 *
 * @example
 * ```js
 * const recorder = recordFrames();
 * const client = await Client.connect(url, { trace: recorder.trace });
 * // …
 * console.log(String(recorder));
 * ```
 */
export function recordFrames(): FrameRecorder;

/** A server that says again what a log holds. */
export interface ReplayTransport extends Transport {
  /** Sends the requests of the log again; what becomes of each. */
  drive(client: Client): Promise<PromiseSettledResult<JsonObject>[]>;
}

/**
 * A transport that plays a log without a server: each frame comes as long after what the client
 * said before it as it came then.
 *
 * @param log what {@link FrameRecorder.toString} gave
 * @throws {McpError} `INVALID_ARGUMENT` if it is no log
 *
 * @example
 * ```js
 * const transport = replay(log, { speed: Infinity });
 * const client = await Client.connect(transport, { progressHandler: console.log });
 * await transport.drive(client);
 * ```
 */
export function replay(
  log: string,
  options?: {
    /**
     * How much faster than it was; `Infinity` for at once.
     * @default 1
     */
    speed?: number;
  },
): ReplayTransport;
