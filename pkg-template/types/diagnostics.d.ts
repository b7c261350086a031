/** What a client counts. */

/** What {@link Client.diagnostics} tells. */
export interface Diagnostics {
  /** The server's name. */
  server: string | undefined;
  /** Counts of progress notifications since the client was made. */
  progress: {
    /** Delivered to a call. */
    delivered: number;
    /** For a token that was never handed out. */
    unknown: number;
    /** For a call that had ended. */
    late: number;
    /** Below the value before it. */
    backward: number;
    /** Equal to the value before it. */
    duplicate: number;
    /** Without a usable token, number or message; dropped. */
    malformed: number;
    /**
     * Tokens, and ids of responses, that came as text (`"7"` for `7`), as some servers write them, and
     * were taken for ours; with `strict` they are dropped, and progress with such a token is counted
     * all the same.
     */
    coerced: number;
    /** Gave way to newer ones behind a slow handler. */
    overflowed: number;
    /** Gave way to newer ones by `throttle`. */
    coalesced: number;
  };
  /** The latest odd progress, oldest first: at most ten of each kind. */
  samples: ProgressSample[];
  /** Counts of notifications for subscriptions. */
  subscriptions: {
    /** For a subscription that there is not; dropped. */
    unknown: number;
  };
}

/** A progress notification that was odd, as it came. */
export interface ProgressSample {
  /** What is odd about it, as the counts name it. */
  kind: "unknown" | "late" | "backward" | "duplicate" | "malformed" | "coerced";
  /** When it came: milliseconds since the client began to connect. */
  time: number;
  /** The name of the server that sent it, unless the handshake was still going on. */
  server: string | undefined;
  /** Its token; anything if it is malformed, and cut short if it is long. */
  progressToken: unknown;
  /** Its value; anything if it is malformed. */
  progress: unknown;
  /** Its total, if it has one. */
  total: unknown;
}
